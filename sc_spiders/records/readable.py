"""Reads other spellings of values that their schema refuses.

These are: a number written as text, text written as a number, a whole number with a point (12.0), a
boolean as 0, 1 or a word, the name of a kind in other letter case, "" for no value. Nothing is cut, rounded or guessed.
The schema must accept the result like any other value.
"""

from __future__ import annotations

import re
from typing import Any

from .schemas import NAMES

__all__ = ["is_number", "number_of", "readable", "types_of"]

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_REAL = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,19})?([eE][-+]?[0-9]{1,3})?")
_WORDS = {"true": True, "false": False}
_MAX = 2**63
_DIGITS = 19  # of an id


def types_of(field: dict[str, Any]) -> tuple[str, ...]:
    """The JSON types of a field, as its schema declares them."""
    declared = field["type"]
    if isinstance(declared, str):
        return (declared,)
    return tuple(declared)


def readable(value: Any, field: dict[str, Any]) -> Any:
    """`value` in the spelling that the schema `field` accepts; unchanged if that is not clear."""
    types = types_of(field)
    if type(value) is str:
        if "const" in field and NAMES.get(value.lower()) == field["const"]:
            return field["const"]
        return _of_text(value, types)
    if type(value) in (int, float) and abs(value) < _MAX:
        return _of_number(value, types)
    return value


def _of_number(value: float, types: tuple[str, ...]) -> Any:
    if type(value) is float and value.is_integer() and "integer" in types:
        return int(value)
    if type(value) is int and "boolean" in types:
        return {0: False, 1: True}.get(value, value)
    if "string" in types:
        return str(value)
    return value


def _of_text(value: str, types: tuple[str, ...]) -> Any:
    if not value and "null" in types:
        return None
    if "integer" in types and _WHOLE.fullmatch(value):
        return int(value)
    if "number" in types and _REAL.fullmatch(value):
        return float(value)
    if "boolean" in types:
        return _WORDS.get(value, value)
    return value


def number_of(number: Any, prefix: str) -> Any:
    """The integer of an id in another spelling: 7.0, "7", or its own URN. "" is None; anything else as it is."""
    if type(number) is float and number.is_integer() and abs(number) < 2**53:
        return int(number)  # JSON's 1.0 is an integer
    if type(number) is not str:
        return number
    if not number:
        return None
    digits = number.removeprefix(prefix)
    if prefix and is_number(digits) and digits[0] != "0":
        return int(digits)
    return number


def is_number(text: str) -> bool:
    """Whether it is all digits, and not longer than an id."""
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS
