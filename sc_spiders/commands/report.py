"""`scrapy report`: shows a crawl on one page of HTML."""

import argparse
from importlib import import_module
from pathlib import Path

from sc_spiders.dataset import OutputRefused, joint_output
from sc_spiders.dataset.command import DataCommand
from sc_spiders.dataset.latest import latest_output
from sc_spiders.errors import needs


class Command(DataCommand):
    def syntax(self) -> str:
        return "[INPUT...] [-o FILE.html]"

    def short_desc(self) -> str:
        return "Show a crawl on one page of HTML"

    def long_desc(self) -> str:
        return (
            "Reads files and folders of records, or the latest crawl in output/, and writes one page of HTML that "
            "needs no network: what was asked, what came, what is missing, and pictures of it."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "-o", "--output", metavar="FILE.html", help="default: beside INPUT, with its name, or the names of several"
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        from sc_spiders import report  # Scrapy imports all commands for each command

        inputs = args or [str(latest_output())]
        output = Path(opts.output or joint_output(inputs, ".html"))
        if output.suffix not in (".html", ".htm"):
            raise OutputRefused(f"{output}: a report ends in .html")
        with needs("report", "the report"):  # this extra has what reading a data set needs, too
            import_module("duckdb")
        with self.open(inputs, output) as data:
            report.write(data, output)
            for line in (*data.notes(), f"{output}: open it in a browser", next(data.completeness.lines())):
                self.tell(line)
