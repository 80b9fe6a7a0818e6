"""Excel: one sheet per kind. Rows are written as they are read, so that a large data set needs little memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sc_spiders.dataset import Dataset, OutputRefused
from sc_spiders.dataset.libraries import library

from .columns import Column, columns, json_text

ROWS = 1_048_575
"""Records that a sheet holds below its header."""
LONGEST = 32_767
"""Characters that a cell holds, in UTF-16."""

_EXACT = 10**15  # Excel shows fifteen digits of a number, and zeros for the others
_FIRST = datetime(1899, 12, 30, tzinfo=UTC)  # Excel counts days from here, right from March 1900 on
_RIGHT_FROM = 61
_DAY = timedelta(days=1)
_RUN = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # how text begins that becomes a formula when somebody edits it
_CUT = "…"


def export(data: Dataset, path: Path) -> None:
    """Raises OutputRefused if a kind has more records than a sheet has rows, MissingLibrary, InputError, OSError."""
    xlsxwriter = library("xlsxwriter", "the Excel export")
    for kind, count in sorted(data.counts.items()):
        if count > ROWS:
            raise OutputRefused(
                f"{count:,} {kind} records are more than a sheet of Excel holds ({ROWS:,}): export csv, parquet or "
                "duckdb, or only a part of the data"
            )
    with xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(path.parent)}) as book:
        book.use_zip64()
        book.set_properties({"comments": data.origin.words})
        writer = _Writer(book)
        for kind in sorted(data.counts):
            writer.sheet(data, kind)


def advice(path: Path, data: Dataset) -> list[str]:
    """Where the form of a value differs from that of the records."""
    return [
        f"times are UTC; numbers of more than 15 digits are text; text is cut after {LONGEST:,} characters, "
        "which is all that a cell holds"
    ]


class _Writer:
    """Writes sheets. Every text is written as text, so no cell is a formula or a link."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._head = book.add_format({"bold": True})
        self._whole = book.add_format({"num_format": "0"})
        self._time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._quoted = book.add_format({"quote_prefix": True})

    def sheet(self, data: Dataset, kind: str) -> None:
        of_kind = columns(data, kind)
        sheet = self._book.add_worksheet(kind)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, data.counts[kind], len(of_kind) - 1)
        for number, column in enumerate(of_kind):
            sheet.set_column(number, number, 20)
            sheet.write_string(0, number, column.name, self._head)
        for line, row in enumerate(data.records(kind), 1):
            for number, column in enumerate(of_kind):
                self._cell(sheet, line, number, column, row.get(column.name))

    def _cell(self, sheet: Any, line: int, number: int, column: Column, value: Any) -> None:
        match value:
            case None:
                pass
            case bool():
                sheet.write_boolean(line, number, value)
            case int() if abs(value) < _EXACT:
                sheet.write_number(line, number, value, self._whole)
            case float():
                sheet.write_number(line, number, value)
            case str() if column.type == "time" and (days := _days(value)):
                sheet.write_number(line, number, days, self._time)
            case _:
                text = _text(value)
                sheet.write_string(line, number, text, self._quoted if text.startswith(_RUN) else None)


def _days(value: str) -> float | None:
    """The moment in UTC as Excel counts, with the parts of a second; None if Excel has no such date."""
    try:
        moment = datetime.fromisoformat(value)
        days = (moment.replace(tzinfo=moment.tzinfo or UTC) - _FIRST) / _DAY
    except (ValueError, OverflowError):
        return None
    if days < _RIGHT_FROM:
        return None
    return days


def _text(value: Any) -> str:
    text = str(value)
    if isinstance(value, list | dict):
        text = json_text(value) or ""
    units = text.encode("utf-16-le")  # as Excel counts characters
    if len(units) <= 2 * LONGEST:
        return text
    return units[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore") + _CUT
