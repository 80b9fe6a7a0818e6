"""Table Schemas, as Frictionless Data Packages have them (version 2), made from the schemas of records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sc_spiders.records import FIELDS

from .fields import Field, fields, key, names

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
    if primary := _primary_key(kind, is_merged):
        found["primaryKey"] = primary
    return found


def _field(kind: str, name: str, is_text: bool) -> dict[str, Any]:
    if name == "raw":
        return _RAW
    field = fields(kind).get(name)
    if field is None:  # a pipeline added it
        return {"name": name, "type": "any"}
    type_ = _type(field)
    found = {"name": name, "type": type_, "description": field.declared["description"]}
    may_be_empty = is_text and type_ == "string" and name not in names(kind)
    if constraints := dict(_constraints(field, type_, may_be_empty)):
        found["constraints"] = constraints
    return found


def _type(field: Field) -> str:
    if field.is_time:
        return "datetime"
    if len(field.types) == 1:
        return field.types[0]
    return "any"


def _constraints(field: Field, type_: str, may_be_empty: bool) -> Iterable[tuple[str, Any]]:
    declared = field.declared
    if not field.is_nullable and not may_be_empty:
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
    found = list(key(kind))
    if any(fields(kind)[name].is_nullable for name in found):
        return []
    if "partial" in fields(kind) and not is_merged:
        found.append("partial")
    return found
