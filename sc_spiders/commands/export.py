"""`scrapy export`: writes a data set in the format of another tool."""

import argparse
from difflib import get_close_matches
from pathlib import Path

from scrapy.exceptions import UsageError

from sc_spiders.dataset import default_output
from sc_spiders.dataset.command import DataCommand
from sc_spiders.dataset.latest import latest_output
from sc_spiders.export import FORMATS, cards
from sc_spiders.export.metadata import METADATA


class Command(DataCommand):
    words = (*FORMATS, *METADATA)  # for completion

    def syntax(self) -> str:
        return "[INPUT...] FORMAT [-o PATH]"

    def short_desc(self) -> str:
        return "Export a data set, or metadata of it: " + ", ".join([*FORMATS, *METADATA])

    def long_desc(self) -> str:
        formats = "; ".join(f"{one.name} ({one.description})" for one in FORMATS.values())
        metadata = "; ".join(f"{one.name} ({one.description})" for one in METADATA.values())
        return (
            f"Writes files and folders of records, or the latest crawl in output/, as one of these: {formats}. "
            f"Or writes metadata beside a folder or file, made from its card (datapackage.json): {metadata}."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("-o", "--output", metavar="PATH", help="default: beside INPUT, with its name")
        parser.add_argument("--partitioned", action="store_true", help="parquet: a folder per kind, relation and month")
        self.add_key(parser)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        self._check(args, opts)
        *inputs, name = args
        inputs = inputs or [str(latest_output())]
        if name in METADATA:
            self._write_metadata(inputs, name, opts)
        else:
            self._write(inputs, name, opts)

    def _check(self, args: list[str], opts: argparse.Namespace) -> None:
        """Raises UsageError."""
        if not args or args[-1] not in self.words:
            raise UsageError(f"export takes files or folders, then one of {', '.join(self.words)}{self._near(args)}")
        if opts.output == "-":
            raise UsageError("export writes files; for the standard output there is `query 'FROM edge' --csv`")
        if opts.partitioned and args[-1] != "parquet":
            raise UsageError("--partitioned is for parquet")

    def _write(self, inputs: list[str], name: str, opts: argparse.Namespace) -> None:
        options = {"partitioned": True} if opts.partitioned else {}
        output = Path(opts.output or default_output(inputs, FORMATS[name].suffix))
        with self.open(inputs, output, opts, keeps_lines=False) as data:
            told = FORMATS[name].write(data, output, **options)
            self.left = f"{output} is whole, and perhaps without a card"
            cards.write(data, output, name)
            for line in (*data.notes(), f"{output}: {data.content}", *told):
                self.tell(line)
            if not data.completeness.is_complete:
                self.tell(next(data.completeness.lines()))

    def _near(self, args: list[str]) -> str:
        """The end of a message: the format that the last word is most like, if any is."""
        near = get_close_matches(args[-1].lower(), self.words, 1) if args else []
        return "".join(f"; did you mean {one}?" for one in near)

    def _write_metadata(self, inputs: list[str], name: str, opts: argparse.Namespace) -> None:
        if opts.pseudonyms:
            raise UsageError(f"{name} is made from a card, which has no names: leave --pseudonyms out")
        if opts.output or len(inputs) > 1:
            raise UsageError(f"{name} is written beside one folder or file: it takes no -o; merge several first")
        self.tell(str(METADATA[name].write(Path(inputs[0]))))
