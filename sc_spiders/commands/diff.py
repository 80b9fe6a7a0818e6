"""`scrapy diff`: tells what changed between two data sets, or between two dates of one."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from scrapy.exceptions import UsageError

from sc_spiders.dataset import Dataset, OutputRefused, replacing
from sc_spiders.dataset.command import DataCommand
from sc_spiders.dataset.moments import moment


class Command(DataCommand):
    def syntax(self) -> str:
        return "A B | OUTPUT --from DATE [--to DATE]"

    def short_desc(self) -> str:
        return "Tell what changed between two data sets, or between two dates of one"

    def long_desc(self) -> str:
        return (
            "Reads two files or folders of records, the earlier one first, or one with the crawls of several dates. "
            "Tells by relation, kind and account what was gained and lost; what is unknown, because the list that "
            "would tell was not walked completely; and which numbers have changed."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--from", dest="since", metavar="DATE", help="compare OUTPUT as it was on that day")
        parser.add_argument("--to", metavar="DATE", help="with OUTPUT as it was on that day (default: now)")
        parser.add_argument("--json", action="store_true", help="write all numbers as one JSON object")
        parser.add_argument("--html", metavar="FILE.html", help="write a page that shows the changes")
        parser.add_argument("--changes", metavar="FILE", help="write the changes one by one: .jsonl or .csv")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        # Imported here: Scrapy imports all command modules for each command.
        from sc_spiders.dataset.diff import compare
        from sc_spiders.dataset.diff_lines import lines

        for given, suffixes in ((opts.html, (".html", ".htm")), (opts.changes, (".jsonl", ".csv"))):
            if given and Path(given).suffix not in suffixes:
                raise OutputRefused(f"{given}: its name must end in {' or '.join(suffixes)}")
        before, after = _data_sets(args, opts)
        with compare(before, after) as diff:
            if opts.changes:
                with replacing(Path(opts.changes)) as new:
                    diff.write_changes(new)
                self.left = f"{opts.changes} is whole"
            if opts.html:
                from sc_spiders.report.changes import write

                write(diff, Path(opts.html))
            if opts.json:
                self.tell(json.dumps(diff.as_json()))
                return
            for line in lines(diff):
                self.tell(line)


def _data_sets(args: list[str], opts: argparse.Namespace) -> tuple[Dataset, Dataset]:
    """The earlier and the later data set. Raises UsageError, InputError."""
    if not opts.since:
        if opts.to:
            raise UsageError("--to is the later of two dates: give --from, too")
        if len(args) != 2:
            raise UsageError(
                f"diff takes two data sets, the earlier one first, or one with --from DATE; {len(args)} given"
            )
        return Dataset(args[:1], keeps_lines=False), Dataset(args[1:], keeps_lines=False)
    if len(args) != 1:
        raise UsageError(f"diff --from DATE takes one output, with the crawls of several dates; {len(args)} given")
    since, until = moment(opts.since), None
    if opts.to:
        until = moment(opts.to)
        if until <= since:
            raise UsageError(f"--to {opts.to} is not later than --from {opts.since}")
    return Dataset(args, until=since, keeps_lines=False), Dataset(args, until=until, keeps_lines=False)
