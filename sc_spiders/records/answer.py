"""Bytes of an answer -> JSON value. An answer is refused if its outermost object has two members with the same name.

Of two such members, JSON parsers keep the last. So a second `collection` would empty a page, a second
`next_href` would end its list, and nobody would notice.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

import orjson

from sc_spiders.errors import Ambiguous
from sc_spiders.redaction.values import without_signatures

from .decode import decode, read_leniently

__all__ = ["decode_answer"]

# The beginning of the rows. They are most of an answer, and contain no member of the outermost object.
_ROWS = re.compile(rb'"(collection|tracks)"\s*:\s*(?=\[)')
_HEAD = 4096  # bytes that are searched for the beginning of the rows
_ENDS = 20  # how many closing brackets are tried as the end of the rows, the last one first
_PLACE = secrets.token_hex(16)  # stands for the rows; no server knows it


class _Counting:
    """Counts the members of the object that was read last. That is the outermost one."""

    def __init__(self) -> None:
        self.members = 0

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self.members = len(pairs)
        return dict(pairs)

    def check(self, data: dict[str, Any]) -> None:
        if self.members != len(data):
            raise Ambiguous("a name occurs twice in the outermost object")


class _Looking:
    """Stores whether any object had two members with the same name."""

    def __init__(self) -> None:
        self.is_ambiguous = False

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        self.is_ambiguous |= len(made) < len(pairs)
        return made


def decode_answer(body: bytes, *, nested: bool = False) -> Any:
    """The JSON value of `body`, as `decode` returns it. Raises BadBody and its subclass Ambiguous.

    It takes no longer than `decode`: it reads the rows once, and only the text around them twice. `nested`: the rows
    contain lists themselves. Then it also checks each object in them; such pages are few and small.
    """
    if nested:
        return _decode_all(body)
    found = _in_parts(body)
    if found is not None:
        return without_signatures(found, body)
    data = decode(body)
    if isinstance(data, dict) and _written(data) != body:
        counting = _Counting()
        read_leniently(body, counting)
        counting.check(data)
    return data


def _decode_all(body: bytes) -> Any:
    data = decode(body)
    looking = _Looking()
    read_leniently(body, looking)
    if looking.is_ambiguous:
        raise Ambiguous("a name occurs twice in an object")
    return data


def _written(data: dict[str, Any]) -> bytes | None:
    """The value as orjson writes it; None if it cannot. A body that equals this has no name twice."""
    try:
        return orjson.dumps(data)
    except TypeError:
        return None


def _in_parts(body: bytes) -> dict[str, Any] | None:
    """The object, made from its rows and the text around them; None if it is unclear where the rows end."""
    begin = _ROWS.search(body, 0, _HEAD)
    if begin is None:
        return None
    start, end = begin.end(), len(body)
    for _ in range(_ENDS):
        end = body.rfind(b"]", start, end)
        if end < 0:
            return None
        if around := _around(body[:start], body[end + 1 :]):
            return _filled(around, begin[1].decode(), memoryview(body)[start : end + 1])
    return None


def _around(head: bytes, tail: bytes) -> dict[str, Any] | None:
    """Decode the text around the rows, with `_PLACE` instead of the rows; None if that is no object."""
    text = b'%b"%b"%b' % (head, _PLACE.encode(), tail)
    counting = _Counting()
    try:
        json.loads(text.decode(), object_pairs_hook=counting)
        data = orjson.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    counting.check(data)
    return data


def _filled(around: dict[str, Any], name: str, rows: memoryview) -> dict[str, Any] | None:
    """Put the rows back into the object; None if `_PLACE` is not in the outermost object, or the rows are not JSON."""
    if around.get(name) != _PLACE:
        return None
    try:
        around[name] = orjson.loads(rows)
    except orjson.JSONDecodeError:
        return None
    return around
