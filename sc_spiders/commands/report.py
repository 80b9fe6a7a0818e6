"""`scrapy report`: shows a crawl on one page of HTML."""

import argparse
from pathlib import Path

from scrapy.exceptions import UsageError

from sc_spiders import report
from sc_spiders.dataset import OutputRefused, default_output
from sc_spiders.dataset.command import DataCommand


class Command(DataCommand):
    def syntax(self) -> str:
        return "INPUT... [-o FILE.html]"

    def short_desc(self) -> str:
        return "Show a crawl on one page of HTML"

    def long_desc(self) -> str:
        return (
            "Reads files and folders of records and writes one page of HTML that needs no network: what was asked, "
            "what came, what is missing, and pictures of it."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("-o", "--output", metavar="FILE.html", help="default: beside INPUT, with its name")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args:
            raise UsageError("report takes files or folders", print_help=False)
        output = Path(opts.output or default_output(args, ".html"))
        if output.suffix not in (".html", ".htm"):
            raise OutputRefused(f"{output}: a report ends in .html")
        with self.open(args, output) as data:
            report.write(data, output)
            for line in (*data.notes(), f"{output}: open it in a browser", next(data.completeness.lines())):
                self.tell(line)
