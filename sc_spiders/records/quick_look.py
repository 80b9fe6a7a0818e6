"""A quick check whether a page has nobody who is on the list of SC_NEVER, as is so for nearly every page.

It looks for the page's ids, URNs and names in one set. A page that does not pass may still be about others only:
`OptOut` then checks each record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import product
from operator import itemgetter
from typing import Any

from .people import People
from .schemas import FIELDS, schema

__all__ = ["QuickLook"]

Row = dict[str, Any]

_KINDS = frozenset({"user", "track", "playlist", "comment", "edge"})
"""Other kinds name people in further ways. They are rare."""
_IDS = {"user": ("id", "urn")}
_FURTHER_IDS = ("id", "urn", "user_id", "user_urn", "track_id", "track_urn")  # of all but users
_NESTED = ("user", "track", "playlist")
_OTHERS = frozenset({"sender", "sender_id", "sender_urn", "origin", "origin_urn", "seed", "last_message", "reposter"})
"""Further members of objects that can tell whom these are about."""
_OF_NO_USER = _OTHERS.union(_NESTED, _FURTHER_IDS).difference(_IDS["user"])
_STATION = "-stations:"
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

    def passes_records(self, kind: str, rows: Sequence[Row]) -> bool:
        """Whether these records are surely not about anybody on the list and do not name anybody on it."""
        if not (self.is_on and kind in _KINDS):
            return False
        self._learn()
        ids, texts = _looked_at(kind)
        if any(len(row) != len(FIELDS[kind]) for row in rows):
            return False
        try:
            are_others = all(self._ids.isdisjoint(map(itemgetter(name), rows)) for name in ids)
            return are_others and not self._is_mentioned(rows, texts)
        except (KeyError, TypeError, AttributeError):  # records of another form
            return False

    def passes_objects(self, kind: str, objects: Sequence[Any]) -> bool:
        """Whether these objects of an API are surely not on the list and do not belong to anybody on it."""
        if not (self.is_on and kind in _KINDS):
            return False
        self._learn()
        try:
            return self._passes(kind, objects)
        except (TypeError, AttributeError):  # objects of a form that no API gives
            return False

    def _passes(self, kind: str, objects: Sequence[Any]) -> bool:
        others = _OF_NO_USER if kind == "user" else _OTHERS
        if not all(object_.keys().isdisjoint(others) for object_ in objects):
            return False
        for name in _IDS.get(kind, _FURTHER_IDS):
            ids = {object_.get(name) for object_ in objects}
            if not self._ids.isdisjoint(ids) or (kind == "playlist" and any(_STATION in str(one) for one in ids)):
                return False
        if self._names and any(self._is_known(object_.get("permalink")) for object_ in objects):
            return False
        if kind == "user":
            return True
        nested = {name: [one for object_ in objects if (one := object_.get(name))] for name in _NESTED}
        return all(self._passes(name, them) for name, them in nested.items() if them)

    def _is_known(self, permalink: str | None) -> bool:
        return permalink is not None and permalink.lower() in self._names

    def _is_mentioned(self, rows: Sequence[Row], texts: Iterable[str]) -> bool:
        """Whether a permalink is on the list, or a value may be about somebody on it, or a text may mention somebody.

        A text may mention somebody if the first word of that person's path follows a mark.
        """
        for name in texts:
            values = {one if type(one) is str else repr(one) for row in rows if (one := row[name])}
            nested = (number for one in values if one[0] in "[{" for number in _NUMBER.findall(one))
            if not self._ids.isdisjoint(map(int, nested)):
                return True
            if name.endswith("permalink") and any(map(self._is_known, values)):
                return True
            joined = "\n".join(values).lower()
            for mark in _MARKS:
                if any((word := _WORD.match(part)) and word[0] in self._names for part in joined.split(mark)[1:]):
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
        self._ids = {*self._people.urns, *stations, *(int(one) for one in numbers if one.isdecimal())}
        self._names = {name.partition("/")[0] for name in self._people.names}


@cache
def _looked_at(kind: str) -> tuple[list[str], list[str]]:
    """The fields of a kind with ids, and its fields with texts that may name or mention somebody."""
    marks = {name: field["personal"] for name, field in schema(kind)["properties"].items()}
    ids = [name for name, mark in marks.items() if mark == "id"]
    return ids, [name for name, mark in marks.items() if mark not in ("id", "no")]
