"""A page of records at once: valid rows, and what was refused with the reasons.

jsonschema_rs says whether a page is valid. Only where it is not, each row is asked, and the reasons of a refused row
come from jsonschema itself, as scrapy-jsonschema would give them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

import jsonschema
import jsonschema_rs
import orjson

from sc_spiders.errors import Unfit
from sc_spiders.redaction.values import redact, strip

from .convert import convert, groups, identity, pair
from .readable import readable
from .schemas import FIELDS, schema

__all__ = ["Rejected", "check", "fitting", "mended", "reasons", "without_odd"]

_REQUIRED = re.compile(r"\A'(.+?)' is a required property")
_LONGEST = 500  # characters of a message, which quotes the value


@dataclass(slots=True)
class Rejected:
    """An object that failed its schema."""

    kind: str
    """The kind it was taken for."""
    object: Any
    """The whole object, redacted. `dumps` always writes it."""
    reasons: list[dict[str, str]]
    """What was wrong: `field` (dotted path, "" for the object itself) and `message`."""


def _exact(field: dict[str, Any]) -> dict[str, Any]:
    """The schema of a field for `jsonschema_rs.Draft4Validator`, to which 12.0 is no integer, and `const` says nothing.

    Our schemas use nothing else in which the drafts differ.
    """
    return {**field, "enum": [field["const"]]} if "const" in field else field


@cache
def _fields(kind: str) -> dict[str, dict[str, Any]]:
    return {name: _exact(field) for name, field in schema(kind)["properties"].items()}


@cache
def _page_validator(kind: str) -> jsonschema_rs.Draft4Validator:
    rows = {**schema(kind), "properties": _fields(kind)}
    del rows["$schema"]  # which would say Draft 7 again
    return jsonschema_rs.Draft4Validator({"type": "array", "items": rows})


@cache
def _stock_validator(kind: str) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(schema(kind))


def valid(kind: str, rows: Sequence[Any]) -> bool:
    """Whether all rows are valid. False too for what jsonschema_rs cannot take in."""
    try:
        return _page_validator(kind).is_valid(rows)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False


@cache
def _taken(kind: str, api: str) -> tuple[Callable[[Any], Any], jsonschema_rs.Draft4Validator]:
    """The fields that come from the API, as a tuple of their values, and a validator of such tuples."""
    properties = schema(kind)["properties"]
    names = [
        name
        for name, one in properties.items()
        if name == "kind" or "pair" in one or one.get("subject") or one.get("source", {}).get(api) is not None
    ]
    names += [one["pair"]["id"] for one in properties.values() if "pair" in one and one["pair"]["id"] not in names]
    each = {"type": "array", "items": [_fields(kind)[name] for name in names]}
    return itemgetter(*names), jsonschema_rs.Draft4Validator({"type": "array", "items": each})


def projected_valid(kind: str, api: str, rows: Sequence[dict[str, Any]]) -> bool:
    """The same as `valid`, for rows that one projection made of objects of `api`.

    The first stands for what all have in common: which fields there are, and those that are not taken from the
    object. Of the others only what is, and that without the names, which takes half the time.
    """
    values, validator = _taken(kind, api)
    try:
        return valid(kind, rows[:1]) and validator.is_valid(list(map(values, rows)))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False


def _field(error: jsonschema.ValidationError) -> str:
    path = [str(part) for part in error.absolute_path]
    if match := _REQUIRED.match(error.message):
        path.append(match[1])
    elif error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {})
        path.append(",".join(str(key) for key in error.instance if key not in known))
    return ".".join(path)


def _cut(message: str) -> str:
    message = strip(message)
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"


def reasons(kind: str, row: Any) -> list[dict[str, str]]:
    """Why `row` is refused, in jsonschema's own words; at least one reason."""
    try:
        errors = [
            {"field": _field(error), "message": _cut(error.message)}
            for error in _stock_validator(kind).iter_errors(redact(row))
        ]
    except (RecursionError, ValueError, TypeError) as error:
        errors = [{"field": "", "message": _cut(f"beyond validation: {error}")}]
    if errors:
        return errors
    try:
        orjson.dumps(row)
    except (TypeError, RecursionError) as error:
        return [{"field": "", "message": _cut(f"no JSON: {error}")}]
    return [{"field": "", "message": "refused by jsonschema_rs"}]


@cache
def _field_validator(kind: str, field: str) -> jsonschema_rs.Draft4Validator:
    return jsonschema_rs.Draft4Validator(_fields(kind)[field])


def fits(kind: str, field: str, value: Any) -> bool:
    """Whether the schema of `kind` accepts `value` for that field."""
    try:
        return _field_validator(kind, field).is_valid(value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False


def fitting(kind: str, field: str, value: Any) -> Any:
    """`value`, or what it can be read as, where the schema of `kind` accepts that for that field; else None."""
    if not fits(kind, field, value):
        value = readable(value, schema(kind)["properties"][field])
    return value if fits(kind, field, value) else None


def mended(kind: str, row: dict[str, Any]) -> dict[str, Any] | None:
    """A refused row with each odd value read for what it is; None where it is still refused. Raises Unfit."""
    properties = schema(kind)["properties"]
    if row.keys() != properties.keys():
        return None
    read = {
        name: value if fits(kind, name, value) else readable(value, properties[name]) for name, value in row.items()
    }
    for name, field in properties.items():
        if "pair" in field:
            number, prefix = field["pair"]["id"], field["pair"]["prefix"]
            made = identity if number == "id" else pair
            read[number], read[name] = made(read[number], read[name], prefix)
    return read if valid(kind, [read]) else None


def without_odd(kind: str, row: dict[str, Any]) -> dict[str, Any] | None:
    """A refused row with null for each odd value; None where one of these cannot be null."""
    left = {name: value if fits(kind, name, value) else None for name, value in row.items() if name in FIELDS[kind]}
    return left if valid(kind, [left]) else None


_groups = cache(groups)


def _mend(kind: str, row: dict[str, Any]) -> bool:
    """Whether a refused row will do when its odd values are read for what they are, as they then are, in place."""
    read = mended(kind, row)
    row |= read or {}
    return read is not None


def check(kind: str, rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[Rejected]]:
    """The rows (of our own making) that the schema of `kind` accepts, in order, and the others with their reasons.

    Values are converted in place as the schema declares: dates in an API's own form, share tokens in a caption.
    """
    with suppress(Unfit):  # which one it is, and why, is told below
        convert(rows, _groups(kind))
        if valid(kind, rows):
            return list(rows), []
    good: list[dict[str, Any]] = []
    bad: list[Rejected] = []
    for row in rows:
        try:
            convert([row], _groups(kind))
            why = [] if valid(kind, [row]) or _mend(kind, row) else reasons(kind, row)
        except Unfit as error:
            why = [{"field": error.field, "message": _cut(str(error))}]
        if why:
            bad.append(Rejected(kind, redact(row), why))
        else:
            good.append(row)
    return good, bad
