"""The columns of each kind and their types: the fields of its schema, and fields that the records have beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

from sc_spiders.errors import InputError
from sc_spiders.records import FIELDS, schema

from .fields import Field, fields

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

Added = Mapping[str, Mapping[str, Type]]
"""The types of fields that no schema declares, by kind: those that item pipelines add, and `raw`."""
NONE: Added = MappingProxyType({})


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

    @property
    def as_text(self) -> str:
        """SQL for a value as it is in the record: times in ISO 8601, lists and objects as JSON text."""
        name = quoted(self.name)
        match self.type:
            case "time":
                return f"replace({name}::VARCHAR, ' ', 'T') || 'Z'"
            case "strings":
                return f"to_json({name})::VARCHAR"
            case "json":
                return f"{name}::VARCHAR"
        return name


def columns_of(kind: str, added: Added = NONE) -> list[Column]:
    """The columns of a kind: its schema's fields, then the added ones.

    Raises InputError for a name that no column can have, and for two that differ only in case: in SQL they are one.
    """
    names = {name.lower(): name for name in FIELDS[kind]}
    for name in added.get(kind, ()):
        if not name or not name.isprintable():
            raise InputError(f"the {kind} records have a field {name!r}, which no column can be named; rename it")
        other = names.setdefault(name.lower(), name)
        if other != name:
            raise InputError(
                f"the {kind} records have the fields {other!r} and {name!r}, which are one name in SQL; rename one"
            )
    further = [Column(name, type_, required=False) for name, type_ in added.get(kind, {}).items()]
    return [*_declared(kind), *further]


def loadable(kind: str, added: Added) -> list[Column]:
    """The columns of a kind that a table can have: if an added one cannot, none of them."""
    try:
        return columns_of(kind, added)
    except InputError:
        return columns_of(kind)


def describe(kind: str) -> str:
    """What the records of a kind are, from the schema."""
    return str(schema(kind)["description"])


def quoted(name: str) -> str:
    """The name, quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text, quoted for SQL."""
    return "'" + text.replace("'", "''").replace("\0", "") + "'"


@cache
def _declared(kind: str) -> list[Column]:
    return [
        Column(one.name, _type(one), required=one.is_required, description=one.declared["description"])
        for one in fields(kind).values()
    ]


def _type(field: Field) -> Type:
    match sorted(field.types):
        case ["string"] if field.is_time:
            return "time"
        case ["array"] if field.declared.get("items", {}).get("type") == "string":
            return "strings"
        case ["integer"]:
            return "integer"
        case ["number"] | ["integer", "number"]:
            return "number"
        case ["boolean"]:
            return "boolean"
    if {"array", "object"} & set(field.types):
        return "json"
    return "string"  # also for an id that is a number in some records and text in others
