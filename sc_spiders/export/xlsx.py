"""Excel: one sheet per kind. Rows are written as they are read, so that a large data set needs little memory."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from io import BufferedWriter, FileIO
from pathlib import Path
from traceback import clear_frames
from typing import Any

from sc_spiders.dataset import Dataset, OutputRefused
from sc_spiders.dataset.columns import Column, quoted
from sc_spiders.dataset.libraries import library

ROWS = 1_048_575
"""Records that a sheet holds below its header."""
LONGEST = 32_767
"""Characters that a cell holds, in UTF-16."""

_EXACT = 10**15  # Excel shows fifteen digits of a number, and zeros for the others
_FIRST = datetime(1899, 12, 30)  # Excel counts days from here, right from March 1900 on
_RIGHT_FROM = 61
_DAY = timedelta(days=1)
_RUN = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # how text begins that becomes a formula when somebody edits it
_CUT = "…"


def export(data: Dataset, path: Path) -> list[str]:
    """Writes all kinds. Returns where the form of a value differs from that of the records.

    Raises OutputRefused if a kind has more records than a sheet has rows, MissingLibrary, InputError, OSError.
    """
    xlsxwriter = library("xlsxwriter", "the Excel export")
    for kind, count in sorted(data.counts.items()):
        if count > ROWS:
            raise OutputRefused(
                f"{count:,} {kind} records are more than a sheet of Excel holds ({ROWS:,}): export csv, parquet or "
                "duckdb, or only a part of the data"
            )
    try:
        cut = _write(data, path, xlsxwriter.Workbook)
    except xlsxwriter.exceptions.FileCreateError as e:
        raise OSError(*e.args[0].args) from None
    told = ["times are UTC; numbers of more than 15 digits are text"]
    if cut:
        told.append(
            f"{_named(cut)}: cut after {LONGEST:,} characters, which is all that a cell holds; other formats cut none"
        )
    return told


def _named(cut: Counter[str]) -> str:
    """How many texts of which columns: `2 texts (track.description)`."""
    count = cut.total()
    return f"{count:,} text{'s' * (count > 1)} ({', '.join(sorted(cut))})"


def _write(data: Dataset, path: Path, workbook: Any) -> Counter[str]:
    """Writes all sheets. Returns how many texts of which columns were cut."""
    with _File(path, "wb") as file, BufferedWriter(file) as buffered:
        book = workbook(buffered, {"constant_memory": True, "tmpdir": str(path.parent)})
        try:
            with book:
                book.use_zip64()
                book.set_properties({"comments": data.origin.words})
                writer = _Writer(book)
                for kind in data.kinds:
                    writer.sheet(data, kind)
                return writer.cut
        except Exception as e:
            file.has_failed = True
            _let_go(book, e)
            raise


def _let_go(book: Any, error: BaseException) -> None:
    """Closes what the library leaves open after an error: the sheets' temporary files, and the archive.

    The archive writes its end when it is let go of. So that must be while its file is open.
    """
    for sheet in book.worksheets():
        with suppress(OSError):
            sheet.row_data_fh.close()
    cause: BaseException | None = error
    while cause:
        clear_frames(cause.__traceback__)
        cause = cause.__context__


class _File(FileIO):
    """A file that takes everything and keeps nothing when the export has failed."""

    has_failed = False

    def write(self, data: Any) -> int:
        if self.has_failed:
            return len(data)
        return super().write(data)


class _Writer:
    """Writes sheets. Every text is written as text, so no cell is a formula or a link. `cut`: how many texts of which
    columns were too long for a cell."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self.cut: Counter[str] = Counter()
        self._head = book.add_format({"bold": True})
        self._whole = book.add_format({"num_format": "0"})
        self._time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._quoted = book.add_format({"quote_prefix": True})

    def sheet(self, data: Dataset, kind: str) -> None:
        of_kind = data.columns(kind)
        sheet = self._book.add_worksheet(kind)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, data.counts[kind], len(of_kind) - 1)
        for number, column in enumerate(of_kind):
            sheet.set_column(number, number, 20)
            sheet.write_string(0, number, column.name, self._head)
        rows = data.rows(f"SELECT {', '.join(map(_value, of_kind))} FROM {quoted(kind)}")
        for line, row in enumerate(rows, 1):
            for number, value in enumerate(row):
                if self._cell(sheet, line, number, value):
                    self.cut[f"{kind}.{of_kind[number].name}"] += 1

    def _cell(self, sheet: Any, line: int, number: int, value: Any) -> bool:
        """Writes a cell. Returns whether its text was cut."""
        match value:
            case None:
                pass
            case bool():
                sheet.write_boolean(line, number, value)
            case int() if abs(value) < _EXACT:
                sheet.write_number(line, number, value, self._whole)
            case float():
                sheet.write_number(line, number, value)
            case datetime() if (days := (value - _FIRST) / _DAY) >= _RIGHT_FROM:
                sheet.write_number(line, number, days, self._time)
            case datetime():
                sheet.write_string(line, number, f"{value.isoformat()}Z")
            case _:
                text = _shortened(str(value))
                sheet.write_string(line, number, text, self._quoted if text.startswith(_RUN) else None)
                return text != str(value)
        return False


def _value(column: Column) -> str:
    return quoted(column.name) if column.type == "time" else column.as_text


def _shortened(text: str) -> str:
    units = text.encode("utf-16-le")  # as Excel counts characters
    if len(units) <= 2 * LONGEST:
        return text
    return units[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore") + _CUT
