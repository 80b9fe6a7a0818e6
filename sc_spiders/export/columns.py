"""The columns of each kind and their types, from the schemas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import orjson

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.fitting import WHOLE, is_time
from sc_spiders.dataset.identity import names
from sc_spiders.dataset.reading import types_of
from sc_spiders.records import FIELDS, schema

Type = Literal["integer", "number", "boolean", "string", "time", "strings", "json"]
"""`time`: ISO 8601, UTC. `strings`: a list of strings. `json`: any other list or object, as JSON text."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: Type
    required: bool
    """Never null, even in records of other programs."""


def columns(data: Dataset, kind: str) -> list[Column]:
    """The columns of a kind: its schema's fields, and `raw` if the crawl kept the API's objects."""
    found = [_column(kind, name) for name in FIELDS[kind]]
    if any("raw" in row for row in _first(data.records(kind))):
        found.append(Column("raw", "json", required=False))
    return found


def used(data: Dataset, kind: str) -> list[Column]:
    """The columns of a kind that hold a value in at least one record."""
    found: set[str] = set()
    for row in data.records(kind):
        found.update([name for name, value in row.items() if value is not None])
    return [column for column in columns(data, kind) if column.name in found]


def json_text(value: Any) -> str | None:
    """A list or object as JSON text. A string stays as it is."""
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def flat(row: dict[str, Any], of: Iterable[Column]) -> list[Any]:
    """The values of a row in the order of the columns, lists and objects as JSON text."""
    return [
        json_text(row.get(column.name)) if column.type in ("json", "strings") else row.get(column.name) for column in of
    ]


def _first(rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    # The first record is enough: a crawl keeps `raw` for all records or for none.
    return islice(rows, 1)


def _column(kind: str, name: str) -> Column:
    declared = schema(kind)["properties"][name]
    types = types_of(declared)
    given = [one for one in types if one != "null"]
    sure = kind in WHOLE or name in names(kind)
    return Column(name, _type(given, declared), required=sure and "null" not in types)


def _type(given: list[str], declared: dict[str, Any]) -> Type:
    if given == ["string"] and is_time(declared):
        return "time"
    if given == ["array"] and declared.get("items", {}).get("type") == "string":
        return "strings"
    match given:
        case ["integer"] | ["number"] | ["boolean"]:
            return given[0]  # type: ignore[return-value]
        case ["integer", "number"] | ["number", "integer"]:
            return "number"
    if {"array", "object"} & set(given):
        return "json"
    return "string"  # also for an id that is a number in some records and text in others
