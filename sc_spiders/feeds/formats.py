"""How pages are written to feeds: which feeds accept a page, the exporters of its records, and their files."""

from __future__ import annotations

import csv
import io
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from zlib import crc32

import orjson
from scrapy.exporters import CsvItemExporter, JsonLinesItemExporter
from scrapy.extensions.feedexport import FileFeedStorage, ItemFilter

from sc_spiders import records
from sc_spiders.feeds.spreadsheets import harmless
from sc_spiders.pages.page import Page

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from scrapy import Spider

_BUFFER = 4 * 1024 * 1024  # bytes; a page of 200 has about half a megabyte


class KindFilter(ItemFilter):
    """Accepts pages with records of the feed's kinds. Other items are handled by Scrapy."""

    def accepts(self, item: Any) -> bool:
        if not isinstance(item, Page):
            return super().accepts(item)
        kinds = (self.feed_options or {}).get("item_export_kwargs", {}).get("kinds", ())
        return not item.rows.keys().isdisjoint(kinds)


class JsonLinesPageExporter(JsonLinesItemExporter):
    """Writes a page's records of the feed's kinds, one JSON object a line. Other items are handled by Scrapy."""

    def __init__(self, file: BytesIO, kinds: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(file, **kwargs)
        self.kinds = kinds

    def export_item(self, item: Any) -> None:
        if not isinstance(item, Page):
            super().export_item(item)
            return
        lines = bytearray()
        for kind in self.kinds:
            for row in item.rows.get(kind, ()):
                try:
                    lines += orjson.dumps(row, None, orjson.OPT_APPEND_NEWLINE)
                except TypeError:  # orjson cannot write some rejected objects
                    lines += records.dumps(row) + b"\n"
        self.file.write(lines)


class CsvPageExporter(CsvItemExporter):
    """Writes a page's records of the feed's one kind, lists and objects as JSON text. A file has one header.

    `safe`: cells that a spreadsheet would run as formulas are written as text.
    """

    def __init__(self, file: BytesIO, kinds: tuple[str, ...] = (), *, safe: bool = False, **kwargs: Any) -> None:
        super().__init__(file, **kwargs)
        self.kinds = kinds
        self._safe = safe
        self._cell = _cell
        if safe:
            self._cell = _safe_cell
        self._page_file = file

    def export_item(self, item: Any) -> None:
        if not isinstance(item, Page):
            super().export_item(item)
            return
        cell = self._cell
        text = io.StringIO(newline="")
        for kind in self.kinds:
            fields = records.FIELDS[kind]
            writer = csv.writer(text, lineterminator="\r\n")
            if self._page_file.tell() == 0:
                writer.writerow(fields)
            writer.writerows([[cell(row[name]) for name in fields] for row in item.rows.get(kind, ())])
        self._page_file.write(text.getvalue().encode())

    def serialize_field(self, field: Any, name: str, value: Any) -> Any:
        """The cell for a field of an item that is no page."""
        serialized = super().serialize_field(field, name, value)
        if self._safe:
            return harmless(serialized)
        return serialized

    def finish_exporting(self) -> None:
        """Does nothing: each page was written at once."""


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    return value


def _safe_cell(value: Any) -> Any:
    return harmless(_cell(value))


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
    """A feed's file on this machine. `sum`: the CRC-32 of all that earlier runs of the job have written to it."""

    sum = 0

    def open(self, spider: Spider) -> IO[bytes]:
        path = Path(self.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        return SummedFile(path, self.write_mode, self.sum)
