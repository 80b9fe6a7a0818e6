"""`scrapy query`: asks a data set in SQL."""

import argparse
import sys
from pathlib import Path

from scrapy.exceptions import UsageError

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.command import DataCommand
from sc_spiders.dataset.latest import latest_output
from sc_spiders.dataset.query import answer


class Command(DataCommand):
    def syntax(self) -> str:
        return "[INPUT...] QUERY [--csv | --jsonl]"

    def short_desc(self) -> str:
        return "Ask a data set in SQL"

    def long_desc(self) -> str:
        return (
            "Reads files and folders of records, or the latest crawl in output/, and answers a query in SQL, as DuckDB "
            "has it. Each kind (user, track, edge, listing, ...) and each relation (follows, likes, ...) is a table. "
            "Shows the first rows as a table; --csv and --jsonl write all of them."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--csv", action="store_true", help="write all rows as CSV")
        form.add_argument("--jsonl", action="store_true", help="write all rows as JSON Lines")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args:
            raise UsageError("query takes files or folders, and a query: INPUT... 'SELECT ...'")
        *inputs, query = args
        if _is_path(query):
            raise UsageError(f"{query} is no query: put one behind it, such as 'FROM edge'")
        with Dataset(inputs or [latest_output()], keeps_lines=False) as data, answer(data, query) as found:
            for note in data.notes():
                print(note, file=sys.stderr)
            if opts.csv:
                found.write_csv(sys.stdout)
            elif opts.jsonl:
                found.write_jsonl(sys.stdout)
            else:
                found.show()


def _is_path(query: str) -> bool:
    """Whether there is a file or folder of that name."""
    try:
        return bool(query) and Path(query).exists()
    except OSError:  # it is too long to be a name
        return False
