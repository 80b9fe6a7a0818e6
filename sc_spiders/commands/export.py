"""`scrapy export`: writes a data set in the format of another tool."""

import argparse
from pathlib import Path

from scrapy.exceptions import UsageError

from sc_spiders.dataset import default_output
from sc_spiders.dataset.command import DataCommand
from sc_spiders.dataset.latest import latest_output
from sc_spiders.export import FORMATS


class Command(DataCommand):
    words = tuple(FORMATS)  # for completion

    def syntax(self) -> str:
        return "[INPUT...] FORMAT [-o PATH]"

    def short_desc(self) -> str:
        return "Export a data set: " + ", ".join(FORMATS)

    def long_desc(self) -> str:
        formats = "; ".join(f"{one.name} ({one.description})" for one in FORMATS.values())
        return f"Writes files and folders of records, or the latest crawl in output/, as one of these: {formats}."

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("-o", "--output", metavar="PATH", help="default: beside INPUT, with its name")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args or args[-1] not in FORMATS:
            raise UsageError(f"export takes files or folders, then one of {', '.join(FORMATS)}", print_help=False)
        *inputs, name = args
        inputs = inputs or [str(latest_output())]
        output = Path(opts.output or default_output(inputs, FORMATS[name].suffix))
        with self.open(inputs, output) as data:
            advice = FORMATS[name].write(data, output)
            for line in (*data.notes(), f"{output}: {data.content}", *advice):
                self.tell(line)
            if not data.completeness.is_complete:
                self.tell(next(data.completeness.lines()))
