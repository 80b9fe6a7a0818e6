"""Validation of all records of a page at once: the valid rows, and the refused ones with reasons.

jsonschema_rs validates a page as a whole. Only if it refuses the page, each row is validated by itself. The reasons for
a refused row are jsonschema's own, in the words that scrapy-jsonschema would give.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import orjson

from sc_spiders.errors import Unfit
from sc_spiders.redaction.values import redact, strip

from .convert import convert, groups, identity, pair
from .readable import readable
from .schemas import FIELDS, schema

if TYPE_CHECKING:
    import jsonschema

__all__ = ["Rejected", "check", "fitting", "mended", "reasons", "without_odd"]

_REQUIRED = re.compile(r"\A'(.+?)' is a required property")
_LONGEST = 500  # characters of a message, which quotes the value


@dataclass(slots=True)
class Rejected:
    """An object that failed its schema."""

    kind: str
    """The kind whose schema it failed."""
    object: Any
    """The whole object, redacted. `dumps` can always write it."""
    reasons: list[dict[str, str]]
    """`field` (dotted path, "" for the object itself) and `message`."""


def _exact(field: dict[str, Any]) -> dict[str, Any]:
    """The schema of a field for `jsonschema_rs.Draft4Validator`. To draft 4, 12.0 is no integer; it ignores `const`.

    The drafts differ in nothing else that our schemas use.
    """
    if "const" in field:
        return {**field, "enum": [field["const"]]}
    return field


@cache
def _fields(kind: str) -> dict[str, dict[str, Any]]:
    return {name: _exact(field) for name, field in schema(kind)["properties"].items()}


@cache
def _page_validator(kind: str) -> jsonschema_rs.Draft4Validator:
    rows = {**schema(kind), "properties": _fields(kind)}
    del rows["$schema"]  # it names Draft 7
    return jsonschema_rs.Draft4Validator({"type": "array", "items": rows})


@cache
def _stock_validator(kind: str) -> jsonschema.Draft7Validator:
    import jsonschema  # takes long, and few crawls refuse a record

    return jsonschema.Draft7Validator(schema(kind))


def valid(kind: str, rows: Sequence[Any]) -> bool:
    """Whether all rows are valid. Also False if jsonschema_rs cannot read them."""
    try:
        return _page_validator(kind).is_valid(rows)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False


@cache
def _taken(kind: str, api: str) -> tuple[Callable[[Any], Any], jsonschema_rs.Draft4Validator]:
    """A function that returns a row's values of the fields from the API, as a tuple; and a validator of such tuples."""
    properties = schema(kind)["properties"]
    names = [name for name, one in properties.items() if name == "kind" or _is_taken(one, api)]
    names += [one["pair"]["id"] for one in properties.values() if "pair" in one and one["pair"]["id"] not in names]
    each = {"type": "array", "items": [_fields(kind)[name] for name in names]}
    return itemgetter(*names), jsonschema_rs.Draft4Validator({"type": "array", "items": each})


def _is_taken(field: dict[str, Any], api: str) -> bool:
    """Whether the field's values come from the objects of that API. Others come from the request."""
    return "pair" in field or bool(field.get("subject")) or field.get("source", {}).get(api) is not None


def projected_valid(kind: str, api: str, rows: Sequence[dict[str, Any]]) -> bool:
    """The same as `valid`, for rows that one projection made of objects of `api`. It takes half the time.

    Values that are not taken from the object are the same in all rows. So the first row is validated whole. Of the
    others, only the values from the object are validated, without their names.
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
    if len(message) > _LONGEST:
        return f"{message[:_LONGEST]}…"
    return message


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
    """`value` or its other spelling, if the schema of `kind` accepts it for that field; otherwise None."""
    if fits(kind, field, value):
        return value
    value = readable(value, schema(kind)["properties"][field])
    if fits(kind, field, value):
        return value
    return None


def mended(kind: str, row: dict[str, Any]) -> dict[str, Any] | None:
    """A refused row with each odd value in its other spelling; None if it is still refused. Raises Unfit."""
    properties = schema(kind)["properties"]
    if row.keys() != properties.keys():
        return None
    read = dict(row)
    for name, value in row.items():
        if not fits(kind, name, value):
            read[name] = readable(value, properties[name])
    for name, field in properties.items():
        if "pair" in field:
            _pair(read, name, field["pair"])
    if valid(kind, [read]):
        return read
    return None


def _pair(row: dict[str, Any], name: str, declared: dict[str, str]) -> None:
    """Make a URN and its id from each other. Raises Unfit."""
    number = declared["id"]
    make = pair
    if number == "id":
        make = identity
    row[number], row[name] = make(row[number], row[name], declared["prefix"])


def without_odd(kind: str, row: dict[str, Any]) -> dict[str, Any] | None:
    """A refused row with null for each odd value; None if one of them cannot be null."""
    left = {name: row[name] for name in row if name in FIELDS[kind]}
    for name, value in left.items():
        if not fits(kind, name, value):
            left[name] = None
    if valid(kind, [left]):
        return left
    return None


_groups = cache(groups)


def check(kind: str, rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[Rejected]]:
    """The rows (of our own making) that the schema of `kind` accepts, in order, and the others with their reasons.

    It converts values in place as the schema declares: dates in an API's own form, share tokens in a caption.
    """
    with suppress(Unfit):  # the loop below finds which row it is
        convert(rows, _groups(kind))
        if valid(kind, rows):
            return list(rows), []
    good: list[dict[str, Any]] = []
    bad: list[Rejected] = []
    for row in rows:
        if why := _refusal(kind, row):
            bad.append(Rejected(kind, redact(row), why))
        else:
            good.append(row)
    return good, bad


def _refusal(kind: str, row: dict[str, Any]) -> list[dict[str, str]]:
    """Why a row is refused; empty if it is valid, perhaps with its odd values in another spelling."""
    try:
        convert([row], _groups(kind))
        if valid(kind, [row]):
            return []
        if read := mended(kind, row):
            row |= read
            return []
    except Unfit as error:
        return [{"field": error.field, "message": _cut(str(error))}]
    return reasons(kind, row)
