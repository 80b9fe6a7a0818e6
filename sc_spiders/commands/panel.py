"""`scrapy panel`: writes the numbers of each account, track and list in each crawl, as one table."""

import argparse
from pathlib import Path

from scrapy.exceptions import UsageError

from sc_spiders.dataset import OutputRefused
from sc_spiders.dataset.command import DataCommand


class Command(DataCommand):
    def syntax(self) -> str:
        return "OUTPUT... -o FILE.parquet|FILE.csv"

    def short_desc(self) -> str:
        return "Write the numbers of each account, track and list in each crawl, as one table"

    def long_desc(self) -> str:
        return (
            "Reads the crawls of several dates, files or folders, and writes one row for each user, track, playlist "
            "and list, and each crawl that met it: followers, plays, likes and what else is counted, over time."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("-o", "--output", metavar="FILE", help="the file to write; an older one is replaced")
        parser.add_argument("--html", metavar="FILE.html", help="write a page with the curves that grew most")
        self.add_key(parser)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        # Imported here: Scrapy imports all command modules for each command.
        from sc_spiders.dataset import panel

        if not args or not opts.output:
            raise UsageError("panel takes files or folders, and the file to write: OUTPUT... -o FILE.parquet")
        output = Path(opts.output)
        if output.suffix not in panel.SUFFIXES:
            raise OutputRefused(f"{output}: a panel ends in {' or '.join(panel.SUFFIXES)}")
        if opts.html and Path(opts.html).suffix not in (".html", ".htm"):
            raise OutputRefused(f"{opts.html}: its name must end in .html or .htm")
        with self.open(args, output, opts, every=True, keeps_lines=False) as data:
            told = panel.write(data, output)
            self.left = f"{output} is whole"
            if opts.html:
                from sc_spiders.report.growth import write

                write(data, Path(opts.html))
            for note in data.notes():
                self.tell(note)
            self.tell(f"{output}: {told}")
