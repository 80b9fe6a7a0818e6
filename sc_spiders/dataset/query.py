"""Answers queries in SQL, as text: a table, CSV or JSON Lines."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TextIO

import orjson

from sc_spiders.errors import InputError

from .dataset import Dataset
from .libraries import library, translated

_ROWS = 40  # of a table on a terminal
_BOOLEANS = {True: "true", False: "false"}


class Answer:
    """The answer to a query, made by `answer`."""

    def __init__(self, data: Dataset, query: str) -> None:
        self._relation = data.sql(query)
        self._rows = data.rows(query)

    def show(self) -> None:
        """Prints the first rows as a table as wide as the terminal, with their number."""
        self._relation.show(max_rows=_ROWS, max_width=shutil.get_terminal_size().columns)

    def write_csv(self, file: TextIO) -> None:
        """Writes all rows as CSV, in the form of a crawl's CSV files."""
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(self._relation.columns)
        writer.writerows(map(_cell, row) for row in self._rows)

    def write_jsonl(self, file: TextIO) -> None:
        """Writes all rows as JSON Lines, in the form of a crawl's records."""
        columns = self._relation.columns
        json = {number for number, type_ in enumerate(self._relation.types) if str(type_) == "JSON"}
        for row in self._rows:
            values = [orjson.Fragment(value) if number in json and value else value for number, value in enumerate(row)]
            file.write(_dumps(dict(zip(columns, values, strict=True))) + "\n")


@contextmanager
def answer(data: Dataset, query: str) -> Iterator[Answer]:
    """The answer to one query, to be read here. Raises InputError for a query that is wrong, also while it is read.

    From then on, queries to this data set can read no file, and change no setting.
    """
    duckdb = library("duckdb", "a query")
    data.connection.execute("SET enable_external_access = false")
    data.connection.execute("SET lock_configuration = true")
    with translated():
        try:
            statements = duckdb.extract_statements(query)
            if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
                raise InputError("a query is one statement that reads: SELECT, FROM, WITH, DESCRIBE or SUMMARIZE")
            yield Answer(data, query)
        except duckdb.OperationalError:  # such as a full disk: not the query's fault
            raise
        except duckdb.Error as e:
            message = str(e).partition("\n\n")[0]  # what follows shows the query again
            raise InputError(" ".join(message.split())) from None


def _cell(value: Any) -> Any:
    match value:
        case bool():
            return _BOOLEANS[value]
        case datetime():
            return _plain(value)
        case list() | dict() | tuple():
            return _dumps(value)
    return value


def _dumps(value: Any) -> str:
    return orjson.dumps(value, _plain, orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS).decode()


def _plain(value: Any) -> str:
    """A value that JSON does not have, as text. Times are as in records."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat() + "Z"
    return str(value)
