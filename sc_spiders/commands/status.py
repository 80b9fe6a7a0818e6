"""`sc-spiders status`: shows how crawls stand: those of this machine, or those that workers share."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from scrapy.exceptions import UsageError

from sc_spiders.config.project_command import ProjectCommand

if TYPE_CHECKING:
    from redis import Redis

_BAD_ARGUMENTS, _INTERRUPTED = 2, 130
_LONGEST = 3600  # seconds


class _Seen(Protocol):
    """A crawl at one moment."""

    @property
    def runs(self) -> bool: ...

    def lines(self) -> Iterator[str]: ...

    def as_json(self) -> dict[str, Any]: ...


_Look = Callable[[], list[_Seen]]
"""Looks at crawls; their pages are counted meanwhile."""


class Command(ProjectCommand):
    def syntax(self) -> str:
        return "[options] [CRAWL...]"

    def short_desc(self) -> str:
        return "Tell how crawls stand: percentage, rate, faults, who waits for what"

    def long_desc(self) -> str:
        return (
            "Without SC_REDIS_URL: the crawls in output/ here, or those whose output folders are named. With it: the "
            "crawls that workers share, or those named (else SC_CRAWL's), and each worker."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--watch", action="store_true", help="again and again, until all have ended; Ctrl-C stops")
        parser.add_argument("--json", action="store_true", help="one JSON object a crawl and line")
        parser.add_argument(
            "--seconds", type=float, default=1, help="for which pages are counted, and between two looks (default: 1)"
        )
        parser.add_argument("--forget", action="store_true", help="remove the named crawls from Redis, for good")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Imported here: Scrapy imports all command modules for each command, and only this one needs the Redis client.
        from sc_spiders.errors import ArgumentError, InputError, MissingLibrary

        assert self.settings is not None
        self._check_options(args, opts)
        try:
            if self.settings["SC_REDIS_URL"]:
                self._shared(args, opts)
            else:
                self._local(args, opts)
        except (ArgumentError, InputError, MissingLibrary) as e:
            self._fail(str(e))
        except BrokenPipeError:  # the reader has seen enough, as `head` has
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except KeyboardInterrupt:
            self.exitcode = _INTERRUPTED

    def _check_options(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if opts.forget and not self.settings["SC_REDIS_URL"]:
            raise UsageError("--forget removes crawls from Redis: set SC_REDIS_URL", print_help=False)
        if opts.forget and not args:
            raise UsageError("--forget takes the names of the crawls to remove", print_help=False)
        if opts.forget and opts.watch:
            raise UsageError("give --forget or --watch", print_help=False)
        if not 0 <= opts.seconds <= _LONGEST:
            raise UsageError(f"--seconds takes a number from 0 to {_LONGEST}", print_help=False)

    # The crawls of this machine

    def _local(self, args: list[str], opts: argparse.Namespace) -> None:
        from sc_spiders.extensions.local_status import local_crawls, look

        folders = [Path(name) for name in args] or local_crawls()
        if not folders:
            print("no crawl runs in output/ here; for crawls that workers share, set SC_REDIS_URL")
        self._tell(lambda: [look(folder) for folder in folders], opts, pause=opts.seconds)

    # The crawls that workers share

    def _shared(self, args: list[str], opts: argparse.Namespace) -> None:
        from sc_spiders.errors import needs

        assert self.settings is not None
        with needs("redis", "SC_REDIS_URL"):
            from sc_spiders.frontier.redis.status import opened
        with opened(self.settings["SC_REDIS_URL"]) as redis:
            wanted = self._wanted(redis, args)
            if opts.forget:
                for name in wanted:
                    self._forget(redis, name)
            else:
                self._tell(lambda: list(self._look(redis, wanted, opts.seconds)), opts)

    def _wanted(self, redis: "Redis", args: list[str]) -> list[str]:
        """The crawls to show: those named, else SC_CRAWL, else all."""
        from sc_spiders.frontier.redis.status import names, none_at

        assert self.settings is not None
        if args:
            return args
        if own := self.settings["SC_CRAWL"]:
            return [own]
        found = names(redis)
        if not found:
            print(none_at(self.settings["SC_REDIS_URL"]))
        return found

    def _look(self, redis: "Redis", wanted: list[str], seconds: float) -> Iterator[_Seen]:
        from sc_spiders.errors import Damaged
        from sc_spiders.frontier.redis.status import look

        for name in wanted:
            try:
                status = look(redis, name, seconds)
            except Damaged as e:
                self._fail(f"{name}: {e}; remove it with `sc-spiders status {name} --forget`")
                continue
            if status is None:
                self._fail(f"there is no crawl {name!r}")
            else:
                yield status

    def _forget(self, redis: "Redis", name: str) -> None:
        from sc_spiders.errors import Damaged
        from sc_spiders.frontier.redis.status import forget, look

        workers = 0
        try:
            status = look(redis, name)
        except Damaged:
            pass
        else:
            if status is None:
                self._fail(f"there is no crawl {name!r}")
                return
            if status.runs:
                workers = len(status.workers)
        if workers:
            self._fail(f"{workers} workers still run {name!r}: stop them first")
        else:
            print(f"{name}: {forget(redis, name):,} keys removed")

    # Words

    def _tell(self, look: _Look, opts: argparse.Namespace, pause: float = 0) -> None:
        """Show crawls, once or until all of them have ended. `pause`: seconds between two looks that take no time."""
        from sc_spiders.extensions.watch import screen

        if not opts.watch:
            for seen in look():
                self._print(seen, opts)
            return
        with screen() as show:
            while True:
                every = look()
                if opts.json:
                    for seen in every:
                        self._print(seen, opts)
                else:
                    show(list(chain.from_iterable(seen.lines() for seen in every)))
                if not any(seen.runs for seen in every):
                    return
                time.sleep(pause)

    def _print(self, seen: _Seen, opts: argparse.Namespace) -> None:
        if opts.json:
            print(json.dumps(seen.as_json()), flush=True)
        else:
            print("\n".join(seen.lines()), flush=True)

    def _fail(self, message: str) -> None:
        print(f"status: {message}", file=sys.stderr)
        self.exitcode = _BAD_ARGUMENTS
