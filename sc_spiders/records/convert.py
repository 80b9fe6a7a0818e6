"""The conversions that a schema may declare for a field.

Hardly any value needs one. So `convert` checks a page's values of all fields with the same conversion together, and
converts them only if one of them may need it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from sc_spiders.errors import Unfit
from sc_spiders.redaction.values import may_hold_secrets, redact, strip, suspicious

from .readable import is_number, number_of
from .schemas import schema

__all__ = ["CONVERSIONS", "Group", "Unfit", "anything", "convert", "groups", "identity", "iso_date", "pair"]

_SLASHES = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) \+0000")
_OTHERS = ("%Y/%m/%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z")
_LONGEST = 1_000_000  # bytes of the JSON of a list
_FIRST = 1_167_609_600  # seconds since 1970; 2007-01-01T00:00:00Z, the year that SoundCloud began
_LAST = 253_402_300_799  # 9999-12-31T23:59:59Z


def iso_date(value: Any) -> Any:
    """ISO 8601 in UTC, to the second, of a date in any of the APIs' forms.

    `2025/09/16 01:23:36 +0000` (public), ISO 8601 with an offset or a fraction, or an integer since 1970. The integer
    is in milliseconds (`played_at`), or in seconds if milliseconds would give a date before SoundCloud began.
    Anything else is returned as it is, for the schema to judge.
    """
    if type(value) is str and len(value) > 20:
        if match := _SLASHES.fullmatch(value):
            year, month, day, time = match.groups()
            return f"{year}-{month}-{day}T{time}Z"
        for form in _OTHERS:
            try:
                return datetime.strptime(value, form).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            except (ValueError, OverflowError):
                continue
    elif type(value) is int:
        seconds = value
        if value >= _FIRST * 1000:
            seconds //= 1000
        if _FIRST <= seconds <= _LAST:
            return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def integer(value: Any) -> Any:
    """The integer of a string of digits: the public API's specification declares some numbers as strings."""
    if type(value) is str and is_number(value):
        return int(value)
    return value


def anything(value: Any) -> Any:
    """A JSON value, redacted. Raises Unfit."""
    value = redact(value)
    try:
        orjson.dumps([[[value]]], option=orjson.OPT_PASSTHROUGH_SUBCLASS)  # three levels for the record around it
    except (TypeError, RecursionError) as error:
        raise Unfit(str(error)) from None
    return value


def few(value: Any) -> Any:
    """The same for a field with a list, of at most one megabyte. Raises Unfit."""
    value = anything(value)
    if len(orjson.dumps(value)) > _LONGEST:
        raise Unfit("a list of more than 1 MB")
    return value


def _always(values: Sequence[Any]) -> bool:
    return True


def _has_secrets(values: Sequence[Any]) -> bool:
    try:
        text = orjson.dumps([[[values]]]).decode()
    except (TypeError, RecursionError):
        return True
    return len(text) > _LONGEST or may_hold_secrets(text)


def _has_tokens(values: Sequence[Any]) -> bool:
    try:
        return suspicious("\n".join(values))
    except TypeError:
        return True


def _has_odd_dates(values: Sequence[Any]) -> bool:
    try:
        text = "\n".join([*values, ""])
    except TypeError:
        return True
    if not text.count("Z\n") == text.count("\n") == len(values):  # one may have an offset
        return True
    return "/" in text or "+" in text or "." in text


@dataclass(frozen=True)
class Conversion:
    """`needed`: whether `convert` may change one of these values. There is at least one, and none is null."""

    needed: Callable[[Sequence[Any]], bool]
    convert: Callable[[Any], Any]


CONVERSIONS = {
    "any": Conversion(_always, anything),
    "date": Conversion(_has_odd_dates, iso_date),
    "integer": Conversion(_always, integer),
    "link": Conversion(_has_tokens, strip),
    "list": Conversion(_has_secrets, few),
}
"""Conversions by their names in schemas."""

Group = tuple[Conversion, tuple[str, ...]]
"""A conversion and the fields it applies to."""


def groups(kind: str, api: str | None = None) -> tuple[Group, ...]:
    """The conversions that the schema of `kind` declares; with `api`, only for fields that it gives."""
    fields: dict[str, list[str]] = {}
    for name, field in schema(kind)["properties"].items():
        given = api is None or field.get("subject") or api in field.get("source", ())
        if given and "convert" in field:
            fields.setdefault(field["convert"], []).append(name)
    return tuple((conversion, tuple(fields[how])) for how, conversion in CONVERSIONS.items() if how in fields)


def convert(rows: Iterable[dict[str, Any]], declared: Iterable[Group]) -> None:
    """Convert the values of a page's rows in place. Raises Unfit."""
    for conversion, names in declared:
        # One comprehension, because all values of all pages go through it.
        values = [value for row in rows for name in names if (value := row.get(name)) is not None]
        if values and conversion.needed(values):
            for row in rows:
                _convert(row, names, conversion.convert)


def _convert(row: dict[str, Any], names: Iterable[str], convert: Callable[[Any], Any]) -> None:
    for name in names:
        if row.get(name) is not None:
            row[name] = convert(row[name])


def pair(number: Any, urn: Any, prefix: str) -> tuple[Any, Any]:
    """An id and its URN. If one is missing, it is made from the other; "" counts as missing.

    A URN that ends in no number (a system playlist's) is the id, too.
    """
    number = number_of(number, prefix)
    if urn == "":
        urn = None
    if urn is None:
        urn = _urn(number, prefix)
    elif number is None and type(urn) is str:
        number = _id(urn, prefix)
    return number, urn


def _urn(number: Any, prefix: str) -> str | None:
    if type(number) is int:
        return f"{prefix}{number}"
    if type(number) is str and number.startswith("soundcloud:"):
        return number
    return None


def _id(urn: str, prefix: str) -> int | str:
    digits = urn.removeprefix(prefix)
    if digits != urn and is_number(digits):
        return int(digits)
    return urn


def identity(number: Any, urn: Any, prefix: str) -> tuple[Any, Any]:
    """The same for an object's own id. Raises Unfit if the two name different things: one of them must be wrong."""
    number, urn = pair(number, urn, prefix)
    named = number
    if type(number) is int and 0 < number < 2**63:
        named = f"{prefix}{number}"
    if type(urn) is str and type(named) is str and urn != named and named.startswith("soundcloud:"):
        raise Unfit(f"{urn} is not the URN of {number}", "urn")
    return number, urn
