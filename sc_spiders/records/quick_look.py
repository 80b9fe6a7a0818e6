"""A quick check whether a page has nobody who is on the list of SC_NEVER, as is so for nearly every page.

It looks for the page's ids, URNs and names in one set. A page that does not pass may still be about others only:
`OptOut` then checks each record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from itertools import product
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from .people import People
from .schemas import FIELDS, schema

__all__ = ["QuickLook"]

Row = dict[str, Any]

_KINDS = frozenset({"user", "track", "playlist", "comment", "edge"})
"""Other kinds name people in further ways. They are rare."""
_NESTED = frozenset({"user", "track", "playlist"})
# The members of objects that are looked at: of users, and of all others.
_MEMBERS = {"user": frozenset({"id", "urn", "permalink"})}
_FURTHER_MEMBERS = _NESTED | {"id", "urn", "permalink", "user_id", "user_urn", "track_id", "track_urn"}
_OTHERS = frozenset({"sender", "sender_id", "sender_urn", "origin", "origin_urn", "seed", "last_message", "reposter"})
"""Further members of objects that can tell whom these are about."""
_OF_NO_USER = (_OTHERS | _FURTHER_MEMBERS) - _MEMBERS["user"]
_STATION = "-stations:"
_NAMING = ('"permalink":', '"kind":"track"')  # in JSON: members that name somebody, and tracks of unknown owners
_MARKS = ("soundcloud.com/", "@")  # a text that mentions somebody has a name after one of these
_NUMBER = re.compile(r"\d{1,19}")
_WORD = re.compile(r"[\w-]*")


class QuickLook:
    """Looks for these people. `is_on`: the list has the words themselves for all of them, not only hashes."""

    def __init__(self, people: People) -> None:
        self.is_on = True
        self._people = people
        self._size = (-1, -1)
        self._ids: set[int | str] = set()
        self._names: set[str] = set()
        self._are_ascii = True

    def passes_records(self, kind: str, rows: Sequence[Row]) -> bool:
        """Whether these records are surely not about anybody on the list and do not name anybody on it."""
        if not (self.is_on and kind in _KINDS):
            return False
        self._learn()
        ids, texts = _looked_at(kind)
        if not self._are_ascii or any(len(row) != len(FIELDS[kind]) for row in rows):
            return False
        try:
            are_others = all(self._ids.isdisjoint(map(itemgetter(name), rows)) for name in ids)
            return are_others and not self._is_mentioned(rows, texts)
        except (KeyError, TypeError, AttributeError):  # records of another form
            return False

    def passes_objects(self, kind: str, objects: Sequence[Any]) -> bool:
        """Whether surely none of these objects of an API is on the list, or belongs to somebody on it."""
        if not (self.is_on and kind in _KINDS):
            return False
        self._learn()
        try:
            return not objects or self._passes(kind, objects)
        except (TypeError, AttributeError):  # objects of a form that no API gives
            return False

    def _passes(self, kind: str, objects: Sequence[Any]) -> bool:
        others = _OF_NO_USER if kind == "user" else _OTHERS
        looked_at = _MEMBERS.get(kind, _FURTHER_MEMBERS)
        absent = looked_at.difference(objects[0])
        if _have_none(objects, others | absent):  # nearly always, all have the same members
            looked_at -= absent
        elif not _have_none(objects, others):
            return False
        if self._names and kind != "user" and self._is_addressed(objects):
            return False
        return all(self._passes_member(kind, name, _members(objects, name)) for name in looked_at)

    def _is_addressed(self, objects: Sequence[Row]) -> bool:
        """Whether the address of an object whose owner has no permalink may be that of somebody on the list."""
        addresses = [one.get("permalink_url") for one in objects if not (one.get("user") or {}).get("permalink")]
        return self._has_mention("\n".join(filter(None, addresses)))

    def _passes_member(self, kind: str, name: str, values: list[Any]) -> bool:
        if name == "permalink":
            return not (self._names and self._are_known(values))
        if name in _NESTED:
            nested = list(filter(None, values))
            return not nested or self._passes(name, nested)
        is_station = kind == "playlist" and any(_STATION in str(one) for one in values)
        return self._ids.isdisjoint(values) and not is_station

    def _are_known(self, permalinks: Iterable[str | None]) -> bool:
        return not self._names.isdisjoint("\n".join(filter(None, permalinks)).lower().split("\n"))

    def _is_mentioned(self, rows: Sequence[Row], fields: _Texts) -> bool:
        """Whether a permalink is on the list, or a value may be about somebody on it, or a text may mention one."""
        texts = ("\n".join({one for row in rows if (one := row[name])}) for name in fields.plain)
        if any(map(self._has_mention, texts)) or self._is_in(rows, fields.nested):
            return True
        return any(self._are_known(map(itemgetter(name), rows)) for name in fields.permalinks)

    def _is_in(self, rows: Sequence[Row], nested: Iterable[str]) -> bool:
        for name in nested:
            text = orjson.dumps([one for row in rows if (one := row[name])]).decode()
            if not self._ids.isdisjoint(map(int, _NUMBER.findall(text))) or self._has_mention(text):
                return True
            if any(map(text.__contains__, _NAMING)):
                return True
        return False

    def _has_mention(self, text: str) -> bool:
        """Whether the first word of a person's path follows a mark."""
        if not self._names or not ("@" in text or "/" in text):
            return False
        text = text.lower()
        for mark in _MARKS:
            words = map(_WORD.match, text.split(mark)[1:])
            if any(word and word[0] in self._names for word in words):
                return True
        return False

    def _learn(self) -> None:
        """Bring the sets up to date: the list only grows."""
        size = len(self._people.urns), len(self._people.names)
        if size == self._size:
            return
        self._size = size
        numbers = {urn.rpartition(":")[2] for urn in self._people.urns}
        of_all = product(("artist", "track"), numbers)
        stations = (f"soundcloud:system-playlists:{of}-stations:{one}" for of, one in of_all)
        # An answer may have an id as text.
        self._ids = {*self._people.urns, *stations, *numbers, *(int(one) for one in numbers if one.isdecimal())}
        self._names = {name.partition("/")[0] for name in self._people.names}
        # A whole text in lower case may have other words than its words in lower case. Permalinks are ASCII.
        self._are_ascii = all(map(str.isascii, self._names))


def _have_none(objects: Sequence[Any], names: frozenset[str]) -> bool:
    return all(object_.keys().isdisjoint(names) for object_ in objects)


def _members(objects: Sequence[Any], name: str) -> list[Any]:
    """The member of that name of each object, None for those without one."""
    if name in objects[0]:
        with suppress(KeyError):  # nearly always all have it, and this takes half the time
            return list(map(itemgetter(name), objects))
    return [object_.get(name) for object_ in objects]


class _Texts(NamedTuple):
    """Fields that may name or mention somebody. `plain`: with texts. `nested`: with lists, objects or numbers.
    `permalinks`: those of `plain` that name somebody by the whole value."""

    plain: list[str]
    nested: list[str]
    permalinks: list[str]


@cache
def _looked_at(kind: str) -> tuple[list[str], _Texts]:
    """The fields of a kind with ids, and its fields with texts."""
    fields = schema(kind)["properties"]
    ids = [name for name, field in fields.items() if field["personal"] == "id"]
    texts = [name for name, field in fields.items() if field["personal"] not in ("id", "no")]
    plain = [
        name for name in texts if set(fields[name]["type"]) <= {"string", "null"} or fields[name]["type"] == "string"
    ]
    nested = [name for name in texts if name not in plain]
    return ids, _Texts(plain, nested, [name for name in plain if name.endswith("permalink")])
