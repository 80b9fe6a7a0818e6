"""The columns of each kind and their types: the fields of its schema, and fields that the records have beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from sc_spiders.dataset import Dataset, InputError
from sc_spiders.dataset.fitting import WHOLE, is_time
from sc_spiders.dataset.identity import names
from sc_spiders.dataset.reading import types_of
from sc_spiders.records import FIELDS, schema

Type = Literal["integer", "number", "boolean", "string", "time", "strings", "json"]
"""`time`: ISO 8601, UTC. `strings`: a list of strings. `json`: any other list or object, and values of several
types, as JSON text."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: Type
    required: bool
    """Never null, even in records of other programs."""


def columns(data: Dataset, kind: str) -> list[Column]:
    """The columns of a kind: its schema's fields, then the added ones. Raises InputError."""
    return [*(_column(kind, name) for name in FIELDS[kind]), *added(data, kind)]


def added(data: Dataset, kind: str) -> list[Column]:
    """The columns of fields that no schema declares. Raises InputError for a name that no format can hold."""
    found = data.added.of(kind)
    for name in found:
        if not name or not name.isprintable():
            raise InputError(f"the {kind} records have a field {name!r}, which no column can be named; rename it")
    return [Column(name, type_, required=False) for name, type_ in found.items()]


def used(data: Dataset, kind: str) -> list[Column]:
    """The columns of a kind that hold a value in at least one record."""
    found: set[str] = set()
    for row in data.records(kind):
        found.update([name for name, value in row.items() if value is not None])
    return [column for column in columns(data, kind) if column.name in found]


def json_text(value: Any) -> str | None:
    """A value as JSON text. Null stays null."""
    if value is None:
        return None
    return orjson.dumps(value).decode()


def flat(row: dict[str, Any], of: Iterable[Column]) -> list[Any]:
    """The values of a row in the order of the columns, those of `json` and `strings` as JSON text."""
    return [
        json_text(row.get(column.name)) if column.type in ("json", "strings") else row.get(column.name) for column in of
    ]


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
