"""`scrapy merge`: merges the outputs of workers, or of several runs, into one file."""

import argparse
from pathlib import Path

from scrapy.exceptions import UsageError

from sc_spiders.dataset import OutputRefused
from sc_spiders.dataset.command import DataCommand
from sc_spiders.dataset.merge import merge
from sc_spiders.export import cards


class Command(DataCommand):
    def syntax(self) -> str:
        return "INPUT... -o OUT.jsonl"

    def short_desc(self) -> str:
        return "Merge outputs into one data set and say whether it is complete"

    def long_desc(self) -> str:
        return (
            "Reads files and folders of records (.jsonl, .jl, <kind>.csv, exports to Parquet) and writes the state "
            "last seen: every node and edge once, the fuller record of two, else the later; and without what a later "
            "complete walk of its list no longer had. A last line that was cut off is dropped. The exit code is 0 "
            "also where the data set is incomplete."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("-o", "--output", metavar="OUT.jsonl", help="the file to write; an older one is replaced")
        self.add_key(parser)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args or not opts.output:
            raise UsageError("merge takes files or folders, and the file to write: INPUT... -o OUT.jsonl")
        output = Path(opts.output)
        if output.suffix != ".jsonl":
            raise OutputRefused(f"{output}: a merged file ends in .jsonl; for another format merge, then export")
        with self.open(args, output, opts) as data:
            merge(data, output)
            self.left = f"{output} is whole, and perhaps without a card"
            cards.write(data, output, "jsonl")
            for note in data.notes():
                self.tell(note)
            told = f"of {len(data.files):,} files; {data.repeated:,} records repeated others"
            if data.gone:
                told += f"; without {data.gone:,} that later walks no longer had"
            self.tell(f"{output}: {data.content} ({told})")
            for line in data.completeness.lines():
                self.tell(line)
