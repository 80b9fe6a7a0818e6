"""Describes one file that a crawl has written, for the crawl's card."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from sc_spiders import records
from sc_spiders.dataset.card import FileFacts, resource
from sc_spiders.dataset.table_schema import table_schema
from sc_spiders.feeds.formats import CSV_DIALECT

_FORMATS = {"jsonlines": "jsonl", "jl": "jsonl"}
_MEDIA_TYPES = {
    "jsonl": "application/jsonl",
    "csv": "text/csv",
    "json": "application/json",
    "xml": "application/xml",
}
_COMPRESSIONS = {"GzipPlugin": "gz", "Bz2Plugin": "bz2", "LZMAPlugin": "xz"}
# The properties of a CSV dialect: their names in Python and Scrapy, and in a Table Dialect.
_DIALECT = {
    "delimiter": "delimiter",
    "doublequote": "doubleQuote",
    "escapechar": "escapeChar",
    "include_headers_line": "header",
    "lineterminator": "lineTerminator",
    "quotechar": "quoteChar",
    "skipinitialspace": "skipInitialSpace",
}

_LONGEST_CELL = 64 << 20  # characters; a description may have a million

# A record of a user, track or playlist as far as its URN.
_BEGINNING = re.compile(
    rb'\{"kind":"\w+","fetched_at":"[\w:-]+","api":"\w+","id":(?:\d+|"[\w:-]+"),"urn":"(?P<urn>[\w:-]+)"'
)


class Written:
    """A file of a feed, after the crawl has ended.

    `options`: the feed's. `counts`: records that this crawl has written, by kind. `is_changed`: item pipelines may have
    changed the records. `facts`: what is known of the file. Call `facts.read` before any other property is used.
    """

    def __init__(self, file: Path, options: Mapping[str, Any], counts: Counter[str], *, is_changed: bool) -> None:
        self._file = file
        self._options = options
        self._counts = counts
        self._is_typed = not (is_changed or isinstance(options["fields"], dict))  # a dict renames fields
        self._format = _FORMATS.get(options["format"], options["format"])
        self._encoding = options["encoding"] or "utf-8"
        self._plugins: Sequence[Any] = options.get("postprocessing") or ()
        self._kinds = [kind for kind in options["kinds"] if counts[kind]]
        self.facts = FileFacts(file, is_quoted=self._format == "csv")

    def resource(self) -> dict[str, Any]:
        """The file's Data Resource. Raises OSError."""
        described: dict[str, Any] = {
            "format": self._format,
            "mediatype": _MEDIA_TYPES.get(self._format),
            "encoding": self._encoding,
            "compression": self._compression(),
            "rows": self._rows,
        }
        is_filtered = self._options.get("item_filter") or self._options.get("item_classes")
        if self._is_table:
            described |= {"type": "table", "dialect": self._dialect(), "schema": self._schema()}
        elif self._format == "jsonl" and not is_filtered:
            described["kinds"] = {kind: self._of_kind(kind) for kind in self._kinds if kind != records.ITEM}
        return resource(self._file.name, self.facts, **described)

    @property
    def kind(self) -> str | None:
        """The only kind of the file's records; None if there are several, or others than this crawl made."""
        if self._is_alone and self._is_table and self._is_typed:
            return self._only_kind
        return None

    def values(self, names: Sequence[str]) -> Iterator[Sequence[Any]]:
        """The values of these fields in each record of a file of one kind. Raises OSError."""
        if self._format == "csv":
            with self._file.open(encoding=self._encoding, newline="") as text:
                yield from _of_table(text, names)
        else:
            with self._file.open("rb") as lines:  # to decode all of their text would take as long as the rest
                yield from (self._of_line(line, names) for line in lines)

    def _of_line(self, line: bytes, names: Sequence[str]) -> Sequence[Any]:
        if names == ["urn"] and (match := _BEGINNING.match(line)):  # to decode the record takes twenty times as long
            return [match["urn"].decode()]
        record = orjson.loads(line.decode(self._encoding))
        return [record.get(name) for name in names]

    @property
    def _only_kind(self) -> str | None:
        if len(self._kinds) != 1 or self._kinds == [records.ITEM]:
            return None
        kind: str = self._kinds[0]
        return kind

    @property
    def _is_table(self) -> bool:
        """Whether all records have the same fields, and no plugin is needed to read the file."""
        if self._plugins:
            return False
        return self._format == "csv" or (self._format == "jsonl" and self._only_kind is not None and self._is_alone)

    @property
    def _is_alone(self) -> bool:
        """Whether the file has the records of this crawl, and no others."""
        return self._rows == sum(self._counts[kind] for kind in self._kinds)

    @property
    def _rows(self) -> int | None:
        """The number of records, those of earlier crawls included. None if lines do not tell the number."""
        if self._plugins or not '"\n'.encode(self._encoding).endswith(b'"\n'):
            return None
        if self._format == "jsonl":
            return self.facts.lines
        if self._format == "csv" and not self._options["item_export_kwargs"]:  # these may change quotes and header
            return self.facts.lines - 1
        return None

    def _compression(self) -> str | None:
        if len(self._plugins) != 1:
            return None
        name = str(getattr(self._plugins[0], "__name__", self._plugins[0]))  # a class, or its path
        return _COMPRESSIONS.get(name.rpartition(".")[2])

    def _dialect(self) -> dict[str, Any] | None:
        given = self._options["item_export_kwargs"]
        return {ours: given[name] for name, ours in _DIALECT.items() if name in given} or None

    def _schema(self) -> dict[str, Any]:
        if self._only_kind is None or not self._is_typed:
            return {"fields": [{"name": name, "type": "any"} for name in self._columns()], "fieldsMatch": "partial"}
        return self._typed(self._only_kind, self._columns())

    def _typed(self, kind: str, columns: list[str]) -> dict[str, Any]:
        made = table_schema(kind, columns, is_text=self._format == "csv", is_merged=False)
        if not self._is_alone:  # another crawl may have written the same thing
            made.pop("primaryKey", None)
        return made

    def _columns(self) -> list[str]:
        """The fields of the first record. All others have the same, unless item pipelines change them."""
        with suppress(ValueError, csv.Error), self._file.open(encoding=self._encoding, newline="") as text:
            if self._format == "csv":
                given = self._options["item_export_kwargs"]
                return next(csv.reader(text, **{name: given[name] for name in CSV_DIALECT & given.keys()}), [])
            return list(dict(orjson.loads(text.readline())))
        return []  # another program has written its beginning

    def _of_kind(self, kind: str) -> dict[str, Any]:
        """What a file of several kinds has of one."""
        found: dict[str, Any] = {}
        if self._is_typed:
            found["schema"] = {**self._typed(kind, []), "fieldsMatch": "partial"}
        if self._is_alone:
            found["rows"] = self._counts[kind]
        return found


def _of_table(text: Iterable[str], names: Sequence[str]) -> Iterator[Sequence[Any]]:
    """The cells of these columns of CSV; None for a column that the table lacks."""
    csv.field_size_limit(_LONGEST_CELL)
    rows = csv.reader(text)
    places = {name: place for place, name in enumerate(next(rows))}
    for row in rows:
        yield [row[places[name]] if name in places else None for name in names]
