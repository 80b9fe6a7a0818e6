"""The conversions that a schema may declare for a field."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import orjson

from .redact import redact, strip

__all__ = ["CONVERSIONS", "Unfit", "iso_date", "pair"]

_SLASHES = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) \+0000")
_LAST = 253_402_300_799  # seconds; 9999-12-31T23:59:59Z


class Unfit(ValueError):
    """A value that no record can hold: too deep, or with numbers or strings beyond what output files can."""


def iso_date(value: Any) -> Any:
    """ISO 8601 in UTC, to the second, of a date in any of the APIs' forms.

    `2025/09/16 01:23:36 +0000` (public), ISO 8601 with an offset, or an integer (ms since 1970, as `played_at`).
    Anything else, ISO 8601 with Z too, comes back as it is; the schema then says whether it will do.
    """
    if type(value) is str:
        if match := _SLASHES.fullmatch(value):
            year, month, day, time = match.groups()
            return f"{year}-{month}-{day}T{time}Z"
        for form in ("%Y/%m/%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"):
            if len(value) > 20 and value.isascii():
                try:
                    return datetime.strptime(value, form).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                except (ValueError, OverflowError):
                    continue
    elif type(value) is int and 0 <= value // 1000 <= _LAST:
        return datetime.fromtimestamp(value // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def integer(value: Any) -> Any:
    """The integer of a string of digits; the public API's specification calls some numbers strings."""
    if type(value) is str and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    return value


def anything(value: Any) -> Any:
    """A JSON value as it is, redacted. Raises Unfit."""
    value = redact(value)
    try:
        orjson.dumps([[[value]]])  # with room for the record around it
    except (TypeError, RecursionError) as error:
        raise Unfit(str(error)) from None
    return value


def plain_list(value: Any) -> Any:
    """The same as `anything`, but quick for what holds no secret, which is nearly every list. Raises Unfit."""
    if not value:
        return value
    try:
        text = orjson.dumps([[[value]]])
    except (TypeError, RecursionError):
        return anything(value)
    if (
        b"secret_" in text
        or b"_token" in text
        or b"/s-" in text
        or b"client_" in text
        or b"track_auth" in text
        or b"date_of_b" in text
        or b"2Fs-" in text
    ):
        return anything(value)
    return value


CONVERSIONS = {"date": iso_date, "integer": integer, "link": strip, "list": plain_list, "any": anything}
"""By the name that schemas use."""


def pair(number: Any, urn: Any, prefix: str) -> tuple[Any, Any]:
    """An id and its URN, each taken from the other where it is missing.

    The id of a thing whose URN ends in no number (a system playlist) is the URN.
    """
    if type(number) is float and number.is_integer() and abs(number) < 2**53:
        number = int(number)  # JSON's 1.0 is an integer
    if urn is None:
        if type(number) is int:
            urn = f"{prefix}{number}"
        elif type(number) is str and number.startswith("soundcloud:"):
            urn = number
    elif number is None and type(urn) is str:
        tail = urn.removeprefix(prefix)
        number = int(tail) if tail is not urn and tail.isascii() and tail.isdigit() and len(tail) < 20 else urn
    return number, urn
