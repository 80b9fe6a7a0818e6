"""Adds the missing fields of records as null, and checks the types of their values.

Records of this project need neither. Records of other scripts, of older versions, or edited by hand may.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema_rs

from sc_spiders.errors import InputError
from sc_spiders.records import FIELDS, dumps, schema

from .fields import WHOLE, Field, fields
from .reading import Numbered, Record, place

Row = dict[str, Any]

_BATCH = 100
_LARGEST = 2**63 - 1
_LONGEST = 200  # characters of an error message, which may quote a long value


def fitted(records: Iterator[Numbered], file: Path) -> Iterator[Record]:
    """The records with null for missing fields, and with 3 for 3.0 in integer fields.

    Raises InputError, with file and line, for a value of the wrong type, or for a record without its
    identifying fields.
    """
    while batch := list(islice(records, _BATCH)):
        fit: list[Record] = []
        of_kind: dict[str, list[Row]] = {}
        for _, row, line in batch:
            kind = row["kind"]
            if changes := _changes(kind, row):
                row |= changes
                line = dumps(row)
            of_kind.setdefault(kind, []).append(row)
            fit.append((row, line))
        for kind, rows in of_kind.items():
            if not _are_valid(kind, rows):  # checking the whole batch first is faster
                wrong = next(row for row in rows if not _are_valid(kind, [row]))
                number = next(number for number, row, _ in batch if row is wrong)
                raise InputError(f"{place(file, number)}: {_reason(kind, wrong)}")
        yield from fit


def _changes(kind: str, row: Row) -> Row:
    changes: Row = {name: None for name in FIELDS[kind] if name not in row}
    for name in _integers(kind):
        value = row.get(name)
        if type(value) is float and value.is_integer():  # pandas writes integers this way if some are null
            changes[name] = int(value)
    return changes


@cache
def _integers(kind: str) -> list[str]:
    return [one.name for one in fields(kind).values() if "integer" in one.types and "number" not in one.types]


@cache
def _shape(kind: str) -> dict[str, Any]:
    """The types of a kind's schema. Only identifying fields must not be null."""
    if kind in WHOLE:
        return schema(kind) | {"additionalProperties": True}  # item pipelines may add fields
    return {"type": "object", "properties": {name: _limits(field) for name, field in fields(kind).items()}}


def _limits(field: Field) -> dict[str, Any]:
    limits: dict[str, Any] = {"type": [*field.types, *(() if field.is_required else ("null",))]}
    if field.is_time:
        limits["pattern"] = field.declared["pattern"]
    if "integer" in field.types:
        limits |= {"minimum": -_LARGEST, "maximum": _LARGEST}
    return limits


@cache
def _validator(kind: str) -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator({"type": "array", "items": _shape(kind)})


def _are_valid(kind: str, rows: list[Row]) -> bool:
    try:
        return bool(_validator(kind).is_valid(rows))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False


def _reason(kind: str, row: Row) -> str:
    import jsonschema  # takes long, and few data sets have a wrong record

    error = next(jsonschema.Draft7Validator(_shape(kind)).iter_errors(row), None)
    if error is None:
        return f"the {kind} record holds a value that cannot be read"
    field = ".".join(map(str, error.absolute_path))
    if field in FIELDS[kind] and row[field] is None:
        return f"the {kind} record has no {field}"
    message = error.message
    if len(message) > _LONGEST:
        message = f"{message[:_LONGEST]}…"
    return f"the {kind} record's {field} is wrong: {message}"
