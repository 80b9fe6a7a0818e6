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
from sc_spiders.redaction.possessive import ONCE
from sc_spiders.redaction.values import without_signatures

codecs.lookup("utf-8-sig")  # loaded now: later, no file descriptor may be free

__all__ = ["BadBody", "Unwritable", "decode", "mark", "read_leniently"]

Pairs = Callable[[list[tuple[str, Any]]], dict[str, Any]]


class Unwritable(str):
    """A value that cannot be written to a file: a string with a lone surrogate, NaN, a number that is too large.

    No schema accepts it: jsonschema_rs knows no such type.
    """


_SURROGATE = re.compile("[\ud800-\udfff]")


def _is_unwritable(value: object) -> bool:
    return isinstance(value, str) and not value.isascii() and _SURROGATE.search(value) is not None


def mark(value: Any) -> Any:
    """A JSON value with its unwritable strings marked. Objects and lists are changed in place."""
    top = [value]
    todo: list[Any] = [top]
    for node in todo:
        for place, child in _members(node):
            if isinstance(child, (dict, list)):
                todo.append(child)
            elif _is_unwritable(child):
                node[place] = Unwritable(child)
    return top[0]


def _members(node: Any) -> list[tuple[Any, Any]]:
    if isinstance(node, dict):
        return list(node.items())
    return list(enumerate(node))


# A value that is too deep for the standard library is cut at this level. No real answer has so many levels.
_LEVELS = 200
# No schema accepts a record with a lone surrogate.
_LEFT_OUT = rf'"\ud800 (left out: nested beyond {_LEVELS} levels)"'
# An unterminated string takes the rest of the text: the search does not backtrack.
_STRUCTURE = re.compile(rf'"(?:[^"\\]++|\\.)*{ONCE}(?:"|\\?\Z)|[\[{{\]}}]', re.DOTALL)
_LONGEST = 8_000_000  # characters of a text that is searched; the largest recorded answer has 700,000
_DIGITS = 4000  # int() accepts hardly more


def _integer(digits: str) -> int | str:
    if len(digits) > _DIGITS:
        return Unwritable(digits)
    return int(digits)


def _real(digits: str) -> float | str:
    value = float(digits)
    if isfinite(value):
        return value
    return Unwritable(digits)


def _flattened(text: str) -> str:
    """The text, with each part that is nested too deeply replaced by a string. Raises BadBody."""
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
    """The JSON value of `body`, by the standard library. `pairs` makes its objects. Raises ValueError."""
    text = bytes(body).decode("utf-8-sig")
    try:
        return _lenient(text, pairs)
    except RecursionError:
        return _lenient(_flattened(text), pairs)


def decode(body: bytes) -> Any:
    """The JSON value of `body` (UTF-8), without the signatures of addresses. Raises only BadBody.

    orjson refuses some things that JSON allows (lone surrogates, depth beyond 1024, huge numbers), and some that it
    does not (a byte order mark, NaN, infinities). `decode` returns them, or something in their place that no schema
    accepts. So one odd value costs its record and not the page.
    """
    try:
        return without_signatures(orjson.loads(body), body)
    except orjson.JSONDecodeError as error:
        reason = str(error)
    if not body:
        reason = "empty"
    try:
        return without_signatures(read_leniently(body), body)
    except BadBody:
        raise
    except ValueError:
        raise BadBody(reason) from None
