"""The columns of each kind and their types: the fields of its schema, and fields that the records have beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from sc_spiders.errors import InputError
from sc_spiders.records import FIELDS, schema

from .added import Added
from .fitting import WHOLE, is_time
from .identity import names as identifying
from .reading import types_of

Type = Literal["integer", "number", "boolean", "string", "time", "strings", "json"]
"""`time`: ISO 8601, UTC. `strings`: a list of strings. `json`: any other list or object, and values of several
types, as JSON text."""

SQL_TYPES: Mapping[Type, str] = MappingProxyType(
    {
        "integer": "BIGINT",
        "number": "DOUBLE",
        "boolean": "BOOLEAN",
        "string": "VARCHAR",
        "time": "TIMESTAMP",  # UTC; with a time zone, Python needs another package to read it
        "strings": "VARCHAR[]",
        "json": "JSON",
    }
)
"""The types in DuckDB."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: Type
    required: bool
    """Never null, even in records of other programs."""
    description: str = ""
    """Its meaning, from the schema."""

    @property
    def sql_type(self) -> str:
        """Its type in DuckDB."""
        return SQL_TYPES[self.type]


def columns_of(kind: str, added: Added) -> list[Column]:
    """The columns of a kind: its schema's fields, then the added ones.

    Raises InputError for a name that no column can have, and for two that differ only in case: in SQL they are one.
    """
    return [*(_column(kind, name) for name in FIELDS[kind]), *added_columns(kind, added)]


def added_columns(kind: str, added: Added) -> list[Column]:
    """The columns of fields that no schema declares. Raises InputError as `columns_of` does."""
    found = added.of(kind)
    names = {name.lower(): name for name in FIELDS[kind]}
    for name in found:
        if not name or not name.isprintable():
            raise InputError(f"the {kind} records have a field {name!r}, which no column can be named; rename it")
        other = names.setdefault(name.lower(), name)
        if other != name:
            raise InputError(
                f"the {kind} records have the fields {other!r} and {name!r}, which are one name in SQL; rename one"
            )
    return [Column(name, type_, required=False) for name, type_ in found.items()]


def loadable(kind: str, added: Added) -> list[Column]:
    """The columns of a kind that a table can have: if an added one cannot, none of them."""
    try:
        return columns_of(kind, added)
    except InputError:
        return [_column(kind, name) for name in FIELDS[kind]]


def describe(kind: str) -> str:
    """What the records of a kind are, from the schema."""
    return str(schema(kind)["description"])


def quoted(name: str) -> str:
    """The name, quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text, quoted for SQL."""
    return "'" + text.replace("'", "''").replace("\0", "") + "'"


def _column(kind: str, name: str) -> Column:
    declared = schema(kind)["properties"][name]
    types = types_of(declared)
    given = [one for one in types if one != "null"]
    sure = kind in WHOLE or name in identifying(kind)
    return Column(
        name, _type(given, declared), required=sure and "null" not in types, description=declared["description"]
    )


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
