"""What a value that its schema refuses can be read as.

Only spellings are read: a number written as a text, a text written as a number, a whole number with a point (12.0), a
truth value as 0, 1 or a word, the name of a kind in other letter case, no value as "". Nothing is cut, rounded or
guessed; what a value is read as must fit the schema as any other.
"""

from __future__ import annotations

import re
from typing import Any

from .schemas import NAMES

__all__ = ["number_of", "readable", "types_of"]

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_REAL = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,19})?([eE][-+]?[0-9]{1,3})?")
_WORDS = {"true": True, "false": False}
_MAX = 2**63


def types_of(field: dict[str, Any]) -> tuple[str, ...]:
    """The JSON types of a field, as its schema declares them."""
    declared = field["type"]
    return (declared,) if isinstance(declared, str) else tuple(declared)


def readable(value: Any, field: dict[str, Any]) -> Any:
    """What `value` can be read as where that `field` (its schema) refuses it; else the value itself."""
    types = types_of(field)
    if type(value) is str:
        named = "const" in field and NAMES.get(value.lower()) == field["const"]
        return field["const"] if named else _of_text(value, types)
    if type(value) is float and "integer" in types and value.is_integer():
        return int(value) if abs(value) < _MAX else value
    if type(value) is int and "boolean" in types:
        return bool(value) if value in (0, 1) else value
    if type(value) in (int, float) and "string" in types and abs(value) < _MAX:
        return str(value)
    return value


def _of_text(value: str, types: tuple[str, ...]) -> Any:
    if not value and "null" in types:
        return None
    if "integer" in types and _WHOLE.fullmatch(value):
        return int(value)
    if "number" in types and _REAL.fullmatch(value):
        return float(value)
    return _WORDS.get(value, value) if "boolean" in types else value


def number_of(number: Any, prefix: str) -> Any:
    """The integer that an id in another spelling is: 7.0, "7", or its own URN. Anything else as it is; "" is None."""
    if type(number) is float and number.is_integer() and abs(number) < 2**53:
        return int(number)  # JSON's 1.0 is an integer
    if type(number) is not str:
        return number
    if not number:
        return None
    digits = number.removeprefix(prefix)
    plain = digits.isascii() and digits.isdigit() and len(digits) < 20 and digits[0] != "0"
    return int(digits) if plain and prefix else number
