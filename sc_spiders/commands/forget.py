"""`scrapy forget`: takes people, tracks and playlists out of an output."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from contextlib import nullcontext
from pathlib import Path

from scrapy.exceptions import UsageError

from sc_spiders.dataset import InputError
from sc_spiders.dataset.command import DataCommand
from sc_spiders.errors import needs

_NAMED = 20  # files
_NOT_ALL = 1  # exit code

_JOB = ".job"  # the job directory in an output folder


class Command(DataCommand):
    def syntax(self) -> str:
        return "OUTPUT FILE"

    def short_desc(self) -> str:
        return "Take people, tracks and playlists out of an output"

    def long_desc(self) -> str:
        return (
            "Takes those whom FILE names (ids of users, URNs, addresses, one a line) out of all files of an output, a "
            "folder or a file: their records, edges, comments, tracks and playlists, and what names them in other "
            "records. A crawl that can go on goes on, and never writes about them again. What was made from the output "
            "is deleted: exports, reports. Cards are made anew. "
            "Any other file is named and left alone; the exit code is 1 then."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--job", metavar="JOBDIR", help="the job directory, if it is not in the output folder")
        parser.add_argument("--pseudonyms", metavar="KEY", help="the key, if the output has pseudonyms")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        # Imported here: Scrapy imports all command modules for each command.
        from sc_spiders.config.privacy import people_of
        from sc_spiders.dataset.forget import described, forget, not_searched
        from sc_spiders.errors import ArgumentError
        from sc_spiders.export.cards import make_anew
        from sc_spiders.frontier.directory import STORE
        from sc_spiders.frontier.forget import ForgettingJob

        if len(args) != 2:
            raise UsageError("forget takes an output (a folder or a file), and the file that names whom to forget")
        output = Path(args[0])
        if not output.exists():
            raise InputError(f"{output}: no such file or folder")
        folder = Path(opts.job or output / _JOB)
        if opts.job and not folder.is_dir():
            raise InputError(f"{folder}: no such folder")
        try:
            with_card = described(output)
            people = people_of(args[1], opts.pseudonyms)
            if not people.words():
                raise InputError(f"{args[1]}: names nothing; it takes ids of users, URNs and addresses, one a line")
            self.left = "some files may be without them already: the same command finishes it"
            has_job = bool(opts.job) or (folder / STORE).is_file()
            with ForgettingJob(folder) if has_job else nullcontext() as job:
                for line in forget(output, people, job, self._check_shared):
                    self.tell(line)
            for path in with_card:
                self.tell(f"{make_anew(path)}: made anew")
            others = [path for path in not_searched(output) if not path.samefile(args[1])]
            for path in others[:_NAMED]:
                self.tell(f"{path}: not searched, because it is no file of records")
            if len(others) > _NAMED:
                self.tell(f"{len(others) - _NAMED:,} other files in it were not searched either")
            if others:
                self.exitcode = _NOT_ALL
        except ArgumentError as e:
            raise InputError(str(e)) from None

    def _check_shared(self, starts: Collection[str]) -> None:
        """Raises InputError if a crawl that began at one of these times can go on in the Redis of SC_REDIS_URL."""
        url = self.settings and self.settings.get("SC_REDIS_URL")
        if not url:
            return
        with needs("redis", "SC_REDIS_URL"):
            from sc_spiders.frontier.redis.status import opened, unfinished
        with opened(url) as redis:
            for name in unfinished(redis, starts):
                raise InputError(
                    f"the crawl {name!r} in Redis can go on, and would write about them again: let it finish, or "
                    f"remove it with `sc-spiders status {name} --forget`"
                )
