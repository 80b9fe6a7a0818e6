"""The exporters that write rows of a page at once, and the files of feeds."""

from __future__ import annotations

import csv
import errno
import io
import os
from contextlib import suppress
from io import BytesIO
from itertools import chain
from pathlib import Path
from types import NoneType
from typing import IO, TYPE_CHECKING, Any, Self
from zlib import crc32

import orjson
from itemadapter import ItemAdapter
from scrapy.exporters import CsvItemExporter, JsonLinesItemExporter
from scrapy.extensions.feedexport import FileFeedStorage
from scrapy.utils.serialize import ScrapyJSONEncoder

from sc_spiders import records
from sc_spiders.errors import OutputError
from sc_spiders.feeds.spreadsheets import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from _typeshed import ReadableBuffer
    from scrapy import Spider
    from scrapy.crawler import Crawler

    from sc_spiders.pages.page import Row

_BUFFER = 4 * 1024 * 1024  # bytes; a page of 200 has about half a megabyte

CSV_DIALECT = frozenset({"delimiter", "doublequote", "escapechar", "quotechar", "quoting", "skipinitialspace"})

_UTF_8 = frozenset({None, "utf-8", "utf8", "UTF-8"})

# In CSV, these are written as JSON: other tools read `true` and `false`, and few read Python's words.
_AS_JSON = (bool, list, dict, tuple, set)

_WORDS = {True: "true", False: "false", None: ""}

_EMPTY = '""'  # a line of one empty cell: readers of CSV skip empty lines

# Writes other types, which a pipeline may have put into a record, as Scrapy does.
_other = ScrapyJSONEncoder().default


class JsonLinesPageExporter(JsonLinesItemExporter):
    """Writes one JSON object a line: the rows of a page at once, or item by item as Scrapy does."""

    def export_rows(self, rows: Iterable[Row]) -> None:
        lines = bytearray()
        for row in rows:
            try:
                lines += orjson.dumps(row, _other, orjson.OPT_APPEND_NEWLINE)
            except TypeError:
                lines += _json(row) + b"\n"
        self.file.write(lines)


class CsvPageExporter(CsvItemExporter):
    """Writes CSV: the rows of a page at once, or item by item as Scrapy does. Lists, objects and booleans become JSON.

    A file has one header, and later crawls and runs keep it. `safe`: cells that a spreadsheet would run as formulas are
    written as text.
    """

    def __init__(self, file: BytesIO, *, safe: bool = False, include_headers_line: bool = True, **kwargs: Any) -> None:
        header = _header(file, kwargs)
        super().__init__(file, include_headers_line=include_headers_line and not header, **kwargs)
        self._bytes = file
        self._chosen = bool(self.fields_to_export)
        self._columns = dict.fromkeys(header)
        self._cell = _cell
        if safe:
            self._cell = _safe_cell

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        return cls(*args, safe=crawler.settings.getbool("SC_CSV_SAFE"), **kwargs)

    def export_rows(self, rows: Sequence[Row]) -> None:
        """Raises OutputError if a row has a field for which the file has no column."""
        shapes = dict.fromkeys(map(tuple, rows))
        begins = not self._columns
        self._fit(dict.fromkeys(chain.from_iterable(shapes)))
        columns = map(self._texts, self._values(rows, shapes))
        lines = list(map(_line, zip(*columns, strict=True)))
        if begins:
            lines.insert(0, _line(_quoted(list(self._columns))))
        self._bytes.write("\r\n".join([*lines, ""]).encode())

    def _values(self, rows: Sequence[Row], shapes: Iterable[tuple[str, ...]]) -> Iterator[Sequence[Any]]:
        """The values of each column."""
        if list(shapes) == [tuple(self._columns)]:  # nearly always: all rows have these fields
            yield from zip(*map(dict.values, rows), strict=True)
        else:
            for name in self._columns:
                yield [row.get(name) for row in rows]

    def export_item(self, item: Any) -> None:
        """Raises OutputError if the item has a field for which the file has no column, unless the feed chose fields."""
        if not self._chosen:
            self._fit(dict.fromkeys(ItemAdapter(item).field_names()))
            self.fields_to_export = list(self._columns)
        super().export_item(item)

    def serialize_field(self, field: Any, name: str, value: Any) -> Any:
        """The cell for a field of an item."""
        if isinstance(value, _AS_JSON):
            return self._cell(value)
        return self._cell(super().serialize_field(field, name, value))

    def _texts(self, values: Sequence[Any]) -> Sequence[str]:
        """The cells of a column, as the csv module would write them.

        The module takes three times as long, because it writes row by row.
        """
        types = set(map(type, values)) - {NoneType}
        if not types:
            return [""] * len(values)
        if types == {bool}:
            return [_WORDS[value] for value in values]
        if self._cell is not _cell or types - {str, int}:
            values = list(map(self._cell, values))
        if types != {str} or None in values:
            values = ["" if value is None else str(value) for value in values]
        if types == {int}:
            return values
        return _quoted(values)

    def finish_exporting(self) -> None:
        """Detach the file, unless it was closed after an error."""
        with suppress(ValueError):
            super().finish_exporting()

    def _fit(self, fields: dict[str, None]) -> None:
        """Make the first fields the columns. Raises OutputError if later fields have no column."""
        if not self._columns:
            self._columns = fields
        elif novel := fields.keys() - self._columns.keys():
            raise OutputError(
                f"{getattr(self._bytes, 'name', 'the CSV output')} has no column for {', '.join(sorted(novel))}, and "
                "would lose it: name all columns in the feed's `fields`, or write JSON Lines"
            )


def _header(file: BytesIO, options: dict[str, Any]) -> list[str]:
    """The columns of a CSV file that has a header already. `options`: the exporter's."""
    if not file.seekable() or not file.tell():
        return []
    dialect = {name: options[name] for name in CSV_DIALECT & options.keys()}
    return header_of(Path(str(file.name)), options.get("encoding"), **dialect)


def header_of(file: Path, encoding: str | None, **dialect: Any) -> list[str]:
    """The header of a CSV file; [] if it is empty."""
    if encoding in _UTF_8:
        encoding = "utf-8-sig"  # Excel may have put a mark before the text
    with file.open(encoding=encoding, errors="replace", newline="") as text:
        return next(csv.reader(text, **dialect), [])


def _cell(value: Any) -> Any:
    if isinstance(value, _AS_JSON):
        return _json(value).decode()
    return value


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value, _other)
    except TypeError:  # orjson cannot write some rejected objects, and what pipelines may put into records
        return records.dumps(value)


def _safe_cell(value: Any) -> Any:
    return harmless(_cell(value))


def _line(cells: Sequence[str]) -> str:
    return ",".join(cells) or _EMPTY


def _quoted(texts: Sequence[str]) -> Sequence[str]:
    """These texts, those in quotation marks that would not be read as one cell."""
    if _is_plain("".join(texts)):
        return texts
    return [text if _is_plain(text) else '"' + text.replace('"', '""') + '"' for text in texts]


def _is_plain(text: str) -> bool:
    return not ('"' in text or "," in text or "\r" in text or "\n" in text)  # a loop takes four times as long


class SummedFile(io.BufferedWriter):
    """A file with `sum`: the CRC-32 of all that the job wrote to it, in earlier runs too.

    The buffer holds a whole page. So the new length of the file is known before the page reaches the disk.
    """

    def __init__(self, path: Path, mode: str, sum_: int) -> None:
        super().__init__(io.FileIO(path, mode), _BUFFER)
        self.sum = sum_

    def write(self, data: ReadableBuffer) -> int:
        self.sum = crc32(data, self.sum)
        return super().write(data)


class PageFileStorage(FileFeedStorage):
    """A feed's file on this machine.

    `sum`: the CRC-32 of all that earlier runs of the job have written to it. `is_stream`: it is a pipe or a device.
    `can_cut_back`: after a page that failed, the file is cut back; streams and the files of batches are not.
    """

    sum = 0

    def __init__(self, uri: str, *, feed_options: dict[str, Any]) -> None:
        super().__init__(uri, feed_options=feed_options)
        path = Path(self.path)
        self.is_stream = path.is_fifo() or path.is_char_device()
        self.can_cut_back = not (self.is_stream or feed_options.get("batch_item_count"))

    def open(self, spider: Spider) -> IO[bytes]:
        """Raises OutputError for a pipe that nobody reads, OSError."""
        path = Path(self.path)
        if self.is_stream:
            return _open_stream(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        return SummedFile(path, self.write_mode, self.sum)


def _open_stream(path: Path) -> IO[bytes]:
    try:
        file = os.open(path, os.O_WRONLY | os.O_NONBLOCK)  # without it, open would wait for a reader and ignore Ctrl-C
    except OSError as e:
        if e.errno != errno.ENXIO:
            raise
        raise OutputError(f"{path} is a pipe that nobody reads: start its reader first") from None
    os.set_blocking(file, True)
    return os.fdopen(file, "wb")


def is_by_page(options: dict[str, Any], exporter: type) -> bool:
    """Whether a feed gets the rows of each page at once. A feed with options of its own gets items, one by one."""
    own = ("fields", "item_classes", "item_filter", "item_export_kwargs", "batch_item_count")
    plain = not any(options.get(name) for name in own)
    return plain and options["encoding"] in _UTF_8 and hasattr(exporter, "export_rows")
