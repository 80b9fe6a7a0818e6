"""Table Schemas, as Frictionless Data Packages have them (version 2), made from the schemas of records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sc_spiders.records import FIELDS, schema

from .fitting import is_time
from .identity import names
from .reading import types_of

_SAME = frozenset({"integer", "number", "boolean", "string", "array", "object"})
_LIMITS = {
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "string": ("minLength", "maxLength"),
}

_RAW = {"name": "raw", "type": "object", "description": "The API's object, without credentials and birth dates."}
_REJECTED = [
    {"name": "kind", "type": "string", "description": "The kind that the object should have been."},
    {"name": "reasons", "type": "array", "description": "What its schema refuses: fields and messages."},
    {"name": "object", "type": "any", "description": "The API's object, without credentials and birth dates."},
    {"name": "endpoint", "type": "string", "description": "Name of the endpoint that gave it."},
    {"name": "subject", "type": "string", "description": "URN or query whose list it was in; null if there is none."},
    {"name": "fetched_at", "type": "datetime", "description": "When it was fetched. ISO 8601, UTC."},
    {"name": "api", "type": "string", "description": "The API that gave it."},
]


def table_schema(
    kind: str, columns: Iterable[str] = (), *, is_text: bool = False, is_merged: bool = True
) -> dict[str, Any]:
    """The Table Schema of the records of a kind, or of the `rejected` objects.

    `columns`: names of the columns in their order, if they are not those of the kind's schema. `is_text`: the file is
    CSV, in which null is an empty cell. `is_merged`: each node is there once. A crawl may write one once in part and
    once in full.
    """
    if kind == "rejected":
        return {"fields": _REJECTED, "missingValues": []}
    found: dict[str, Any] = {"fields": [_field(kind, name, is_text) for name in tuple(columns) or FIELDS[kind]]}
    if not is_text:
        found["missingValues"] = []  # an empty string is a value
    if key := _primary_key(kind, is_merged):
        found["primaryKey"] = key
    return found


def _field(kind: str, name: str, is_text: bool) -> dict[str, Any]:
    declared = schema(kind)["properties"].get(name)
    if name == "raw":
        return _RAW
    if declared is None:  # a pipeline added it
        return {"name": name, "type": "any"}
    type_ = _type(declared)
    field = {"name": name, "type": type_, "description": declared["description"]}
    may_be_empty = is_text and type_ == "string" and name not in names(kind)
    if constraints := dict(_constraints(declared, type_, may_be_empty)):
        field["constraints"] = constraints
    return field


def _type(declared: dict[str, Any]) -> str:
    if is_time(declared):
        return "datetime"
    given = {one for one in types_of(declared) if one != "null"}
    if len(given) == 1 and given <= _SAME:
        return given.pop()
    return "any"


def _constraints(declared: dict[str, Any], type_: str, may_be_empty: bool) -> Iterable[tuple[str, Any]]:
    if "null" not in types_of(declared) and not may_be_empty:
        yield "required", True
    if "const" in declared:
        yield "enum", [declared["const"]]
    elif "enum" in declared:
        yield "enum", [one for one in declared["enum"] if one is not None]
    for limit in _LIMITS.get(type_, ()):
        if limit in declared:
            yield limit, declared[limit]


def _primary_key(kind: str, is_merged: bool) -> list[str]:
    """The fields that tell the records of a kind apart. Empty if one of them may be null."""
    declared = schema(kind)["properties"]
    key = [name for name in names(kind) if name != "kind"]
    if any("null" in types_of(declared[name]) for name in key):
        return []
    if "partial" in declared and not is_merged:
        key.append("partial")
    return key
