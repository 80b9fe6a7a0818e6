"""The conversions that a schema may declare for a field.

Hardly any value needs one. So a page's values of all fields with the same conversion are looked at together, and only
where that raises a suspicion is each of them converted.
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

from .readable import number_of
from .schemas import schema

__all__ = ["CONVERSIONS", "Group", "Unfit", "anything", "convert", "groups", "identity", "iso_date", "pair"]

_SLASHES = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) \+0000")
_OTHERS = ("%Y/%m/%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z")
_LONGEST = 1_000_000  # bytes of the JSON of a list
_FIRST = 1_167_609_600  # seconds since 1970; 2007-01-01T00:00:00Z, the year that SoundCloud began
_LAST = 253_402_300_799  # 9999-12-31T23:59:59Z


def iso_date(value: Any) -> Any:
    """ISO 8601 in UTC, to the second, of a date in any of the APIs' forms.

    `2025/09/16 01:23:36 +0000` (public), ISO 8601 with an offset or a fraction, or an integer since 1970: milliseconds,
    as `played_at`, or seconds, where as milliseconds it would be before SoundCloud's time. Anything else comes back as
    it is; the schema then says whether it will do.
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
        seconds = value if value < _FIRST * 1000 else value // 1000
        if _FIRST <= seconds <= _LAST:
            return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def integer(value: Any) -> Any:
    """The integer of a string of digits; the public API's specification calls some numbers strings."""
    if type(value) is str and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    return value


def anything(value: Any) -> Any:
    """A JSON value, redacted. Raises Unfit."""
    value = redact(value)
    try:
        orjson.dumps([[[value]]], option=orjson.OPT_PASSTHROUGH_SUBCLASS)  # with room for the record around it
    except (TypeError, RecursionError) as error:
        raise Unfit(str(error)) from None
    return value


def few(value: Any) -> Any:
    """The same for a list that is a field: of a megabyte at most. Raises Unfit."""
    value = anything(value)
    if len(orjson.dumps(value)) > _LONGEST:
        raise Unfit("a list of more than 1 MB")
    return value


def _always(values: Sequence[Any]) -> bool:
    return bool(values)


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
        text = "".join(values)
    except TypeError:
        return True
    return "/" in text or "+" in text or "." in text


@dataclass(frozen=True)
class Conversion:
    """`needed` tells of values, none of them null, whether `convert` might change one."""

    needed: Callable[[Sequence[Any]], bool]
    convert: Callable[[Any], Any]


CONVERSIONS = {
    "any": Conversion(_always, anything),
    "date": Conversion(_has_odd_dates, iso_date),
    "integer": Conversion(_always, integer),
    "link": Conversion(_has_tokens, strip),
    "list": Conversion(_has_secrets, few),
}
"""By the name that schemas use."""

Group = tuple[Conversion, tuple[str, ...]]
"""A conversion and the fields it goes for."""


def groups(kind: str, api: str | None = None) -> tuple[Group, ...]:
    """The conversions that the schema of `kind` declares; with `api`, only for fields that it gives."""
    properties = {
        name: field
        for name, field in schema(kind)["properties"].items()
        if api is None or field.get("subject") or api in field.get("source", ())
    }
    return tuple(
        (conversion, names)
        for how, conversion in CONVERSIONS.items()
        if (names := tuple(name for name, field in properties.items() if field.get("convert") == how))
    )


def convert(rows: Iterable[dict[str, Any]], declared: Iterable[Group]) -> None:
    """Converts the values of a page's rows in place. Raises Unfit."""
    for conversion, names in declared:
        if conversion.needed([value for row in rows for name in names if (value := row.get(name)) is not None]):
            for row in rows:
                for name in names:
                    if row.get(name) is not None:
                        row[name] = conversion.convert(row[name])


def pair(number: Any, urn: Any, prefix: str) -> tuple[Any, Any]:
    """An id and its URN, each taken from the other where it is missing; "" is as good as missing.

    The id of a thing whose URN ends in no number (a system playlist) is the URN.
    """
    number, urn = number_of(number, prefix), urn if urn != "" else None
    if urn is None:
        if type(number) is int:
            urn = f"{prefix}{number}"
        elif type(number) is str and number.startswith("soundcloud:"):
            urn = number
    elif number is None and type(urn) is str:
        tail = urn.removeprefix(prefix)
        number = int(tail) if tail != urn and tail.isascii() and tail.isdigit() and len(tail) < 20 else urn
    return number, urn


def identity(number: Any, urn: Any, prefix: str) -> tuple[Any, Any]:
    """The same for an object's own id. Raises Unfit where the two name different things: one of them must be wrong."""
    number, urn = pair(number, urn, prefix)
    named = f"{prefix}{number}" if type(number) is int and 0 < number < 2**63 else number
    if type(urn) is str and type(named) is str and urn != named and named.startswith("soundcloud:"):
        raise Unfit(f"{urn} is not the URN of {number}", "urn")
    return number, urn
