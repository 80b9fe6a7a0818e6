"""`sc-spiders status`: shows the state of the crawls that workers share."""

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from sc_spiders.config.project_command import ProjectCommand

if TYPE_CHECKING:
    from redis import Redis

_BAD_ARGUMENTS, _INTERRUPTED = 2, 130
_LONGEST = 3600  # seconds


class Command(ProjectCommand):
    def syntax(self) -> str:
        return "[options] [CRAWL...]"

    def short_desc(self) -> str:
        return "Tell of the crawls that workers share by SC_REDIS_URL"

    def long_desc(self) -> str:
        return (
            "Of each crawl, or of those named (else SC_CRAWL's): its workers, pages a second, listings queued, leased, "
            "done, complete and failed, records so far."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="one JSON object a crawl and line")
        parser.add_argument("--seconds", type=float, default=1, help="for which pages are counted (default: 1)")
        parser.add_argument("--forget", action="store_true", help="remove the named crawls from Redis, for good")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Imported here: Scrapy imports all command modules for each command, and only this one needs the Redis client.
        from sc_spiders.errors import ArgumentError, MissingLibrary, needs

        assert self.settings is not None
        url = self.settings["SC_REDIS_URL"]
        self._check_options(url, args, opts)
        try:
            with needs("redis", "SC_REDIS_URL"):
                from sc_spiders.frontier.redis.status import opened
            with opened(url) as redis:
                for name in self._wanted(redis, args):
                    self._answer(redis, name, opts)
        except (ArgumentError, MissingLibrary) as e:
            self._fail(str(e))
        except BrokenPipeError:  # the reader has seen enough, as `head` has
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except KeyboardInterrupt:
            self.exitcode = _INTERRUPTED

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

    def _check_options(self, url: str, args: list[str], opts: argparse.Namespace) -> None:
        if not url:
            raise UsageError("set SC_REDIS_URL to the Redis of the crawl: redis://[:password@]host", print_help=False)
        if opts.forget and not args:
            raise UsageError("--forget takes the names of the crawls to remove", print_help=False)
        if not 0 <= opts.seconds <= _LONGEST:
            raise UsageError(f"--seconds takes a number from 0 to {_LONGEST}", print_help=False)

    def _answer(self, redis: "Redis", name: str, opts: argparse.Namespace) -> None:
        if opts.forget:
            self._forget(redis, name)
        else:
            self._tell(redis, name, opts)

    def _tell(self, redis: "Redis", name: str, opts: argparse.Namespace) -> None:
        from sc_spiders.errors import Damaged
        from sc_spiders.frontier.redis.status import look

        try:
            status = look(redis, name, opts.seconds)
        except Damaged as e:
            self._fail(f"{name}: {e}; remove it with `sc-spiders status {name} --forget`")
            return
        if status is None:
            self._fail(f"there is no crawl {name!r}")
        elif opts.json:
            print(json.dumps(status.as_json()), flush=True)
        else:
            print("\n".join(status.lines()), flush=True)

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
            if status.state == "running":
                workers = len(status.workers)
        if workers:
            self._fail(f"{workers} workers still run {name!r}: stop them first")
        else:
            print(f"{name}: {forget(redis, name):,} keys removed")

    def _fail(self, message: str) -> None:
        print(f"status: {message}", file=sys.stderr)
        self.exitcode = _BAD_ARGUMENTS
