"""Records as all else relies on them: with all their fields, and values of the fields' types.

Our own always are. Those of other people's scripts, of an older data set, or edited by hand, may not be.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs

from sc_spiders.errors import InputError
from sc_spiders.records import FIELDS, dumps, schema

from .identity import names
from .reading import Numbered, Record, place

Row = dict[str, Any]

WHOLE = frozenset({"listing", "crawl"})
"""Kinds that much is concluded from: they must be as their schemas say."""
_BATCH = 100
_LARGEST = 2**63 - 1
_LONGEST = 200  # characters of a message, which quotes the value


def fitted(records: Iterator[Numbered], file: Path) -> Iterator[Record]:
    """The records with null for what they lack, 3 for 3.0 where a field is an integer.

    Raises InputError, with file and line, where a value is not of its field's type, or nothing tells what it is of.
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
            if not _are_valid(kind, rows):
                wrong = next(row for row in rows if not _are_valid(kind, [row]))
                number = next(number for number, row, _ in batch if row is wrong)
                raise InputError(f"{place(file, number)}: {_reason(kind, wrong)}")
        yield from fit


def _changes(kind: str, row: Row) -> Row:
    fields, integers = _fields(kind)
    changes = {} if fields.issubset(row) else {name: None for name in FIELDS[kind] if name not in row}
    for name in integers:
        value = row.get(name)
        if type(value) is float and value.is_integer():  # as pandas writes integers of which some are null
            changes[name] = int(value)  # type: ignore[assignment]
    return changes


@cache
def _fields(kind: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """All fields, and those that are integers."""
    properties = schema(kind)["properties"]
    integers = [name for name in FIELDS[kind] if {"integer", "number"} & set(_types(properties[name])) == {"integer"}]
    return frozenset(properties), tuple(integers)


def _types(declared: dict[str, Any]) -> list[str]:
    types: str | list[str] = declared["type"]
    return [types] if isinstance(types, str) else types


@cache
def _shape(kind: str) -> dict[str, Any]:
    """The schema of a kind as far as it says what types values have. What does not name the thing may be null."""
    if kind in WHOLE:
        return schema(kind)
    properties = {}
    for name, declared in schema(kind)["properties"].items():
        types = _types(declared)
        shape: dict[str, Any] = {"type": types if name in names(kind) else sorted({*types, "null"})}
        if is_time(declared):
            shape["pattern"] = declared["pattern"]
        if "integer" in types:
            shape |= {"minimum": -_LARGEST, "maximum": _LARGEST}
        properties[name] = shape
    return {"type": "object", "properties": properties}


def is_time(declared: dict[str, Any]) -> bool:
    """Whether a field holds a moment: ISO 8601, UTC."""
    pattern = declared.get("pattern", "")
    return bool(pattern.startswith("^[0-9]{4}-") and pattern.endswith("Z$"))


@cache
def _validator(kind: str) -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator({"type": "array", "items": _shape(kind)})


def _are_valid(kind: str, rows: list[Row]) -> bool:
    try:
        return bool(_validator(kind).is_valid(rows))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False


def _reason(kind: str, row: Row) -> str:
    error = next(jsonschema.Draft7Validator(_shape(kind)).iter_errors(row), None)
    if error is None:
        return f"the {kind} record holds what cannot be read"
    field = ".".join(map(str, error.absolute_path))
    if field in FIELDS[kind] and row[field] is None:
        return f"the {kind} record has no {field}"
    message = error.message if len(error.message) <= _LONGEST else f"{error.message[:_LONGEST]}…"
    return f"the {kind} record's {field} is wrong: {message}"
