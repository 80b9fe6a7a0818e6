"""Bytes of an answer -> JSON value."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from math import isfinite
from typing import Any

import orjson

from sc_spiders.errors import BadBody
from sc_spiders.redaction.values import without_signatures

codecs.lookup("utf-8-sig")  # loaded now: when the first odd answer comes, no file may be there to be opened

__all__ = ["BadBody", "Unwritable", "decode", "mark", "read_leniently"]

Pairs = Callable[[list[tuple[str, Any]]], dict[str, Any]]


class Unwritable(str):
    """What stands for a value that no file can hold: a string with a lone surrogate, which UTF-8 has not, or a number
    that is none or beyond reason, as it was written. No schema accepts it: jsonschema_rs knows no such type.
    """


def _is_unwritable(value: object) -> bool:
    return isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value)


def mark(value: Any) -> Any:
    """A JSON value with its unwritable strings marked; in place, where it has members."""
    top = [value]
    todo: list[Any] = [top]
    for node in todo:
        for place, child in list(node.items() if isinstance(node, dict) else enumerate(node)):
            if isinstance(child, (dict, list)):
                todo.append(child)
            elif _is_unwritable(child):
                node[place] = Unwritable(child)
    return top[0]


# Levels that are kept of what the standard library cannot follow: more than any answer has.
_LEVELS = 200
# The surrogate makes the record that holds it one that no schema accepts.
_LEFT_OUT = rf'"\ud800 (left out: nested beyond {_LEVELS} levels)"'
# A string that never ends is one as well, and what is left of the text with it: nothing is looked through twice.
_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[{\]}]', re.DOTALL)
_LONGEST = 8_000_000  # characters that are looked through for that; the largest recorded answer has 700,000
_DIGITS = 4000  # Python reads no longer numbers


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _DIGITS else Unwritable(digits)


def _real(digits: str) -> float | str:
    return value if isfinite(value := float(digits)) else Unwritable(digits)


def _flattened(text: str) -> str:
    """The text with a string in the place of each part that is nested too deeply. Raises BadBody."""
    parts = []
    depth = kept = 0
    if len(text) > _LONGEST:
        raise BadBody("nested too deeply")
    for match in _STRUCTURE.finditer(text):
        if match[0] in "[{":
            depth += 1
            if depth == _LEVELS:
                parts += [text[kept : match.start()], _LEFT_OUT]
        elif match[0] in "]}":
            if depth == _LEVELS:
                kept = match.end()
            depth -= 1
    if depth:
        raise BadBody("nested too deeply")
    return "".join([*parts, text[kept:]])


def _lenient(text: str, pairs: Pairs | None) -> Any:
    value = json.loads(text, parse_constant=Unwritable, parse_int=_integer, parse_float=_real, object_pairs_hook=pairs)
    return mark(value)


def read_leniently(body: bytes, pairs: Pairs | None = None) -> Any:
    """The JSON value of `body` with the standard library; `pairs` makes its objects. Raises ValueError."""
    text = bytes(body).decode("utf-8-sig")
    try:
        return _lenient(text, pairs)
    except RecursionError:
        return _lenient(_flattened(text), pairs)


def decode(body: bytes) -> Any:
    """The JSON value of `body` (UTF-8), without what signs addresses. Raises BadBody, and nothing else.

    orjson refuses a few things that JSON allows: lone surrogates, depth beyond 1024, numbers beyond reason; and some
    that it does not: a byte order mark, NaN, infinities. They are returned all the same, or something in their place
    that no schema accepts, so that one odd value costs its record and not the page.
    """
    try:
        return without_signatures(orjson.loads(body), body)
    except orjson.JSONDecodeError as error:
        reason = str(error)
    try:
        return without_signatures(read_leniently(body), body)
    except BadBody:
        raise
    except ValueError:
        raise BadBody(reason if body else "empty") from None
