"""What an account has, as it was read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sc_spiders.api.writes import FLAGS, PLAYLIST_FIELDS, TRACK_FIELDS
from sc_spiders.redaction.values import redact

Row = dict[str, Any]
Note = tuple[str, str, Any]
"""What was read: its place, its name there, its value."""

RELATIONS = ("liked", "followed", "reposted")

LISTS: Mapping[str, tuple[str, str]] = {
    "my_liked_tracks": ("liked", "track"),
    "my_liked_playlists": ("liked", "playlist"),
    "my_followings": ("followed", "user"),
    "my_reposted_tracks": ("reposted", "track"),
    "my_reposted_playlists": ("reposted", "playlist"),
}
"""The lists of the account's relations: the relation, and the kind of its targets."""

OWN = {"my_playlists": "playlist", "my_tracks": "track"}
"""The lists of what is the account's own."""

FIELDS = {"playlist": PLAYLIST_FIELDS, "track": TRACK_FIELDS}
"""The fields that can be written, by kind."""

ARTWORK = "artwork_url"
"""The field that changes if artwork is sent."""

CUT = "cut"
"""Names the fields of an object whose text holds a credential, such as a private share link. It is stored without."""


@dataclass(slots=True)
class Account:
    """`there`: objects that exist. `addresses`: the URN to which each address leads. `own`: the fields of
    what is its own, by kind and URN. `tracks`: those of its playlists, in order; `counts`: how many each announces.
    """

    urn: str = ""
    name: str = ""
    relations: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in RELATIONS})
    own: dict[str, dict[str, Row]] = field(default_factory=lambda: {"playlist": {}, "track": {}})
    tracks: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    there: set[str] = field(default_factory=set)
    addresses: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, notes: Iterable[Note]) -> Account:
        """The account, from all notes in the order in which they were made."""
        account = cls()
        take: dict[str, Callable[[str, Any], object]] = {
            "me": account._take_me,
            "there": lambda name, _: account.there.add(name),
            "address": account.addresses.__setitem__,
            "count": account.counts.__setitem__,
        }
        for place, name, value in notes:
            if place in take:
                take[place](name, value)
            elif place in account.relations:
                account.relations[place].add(name)
                account.there.add(name)
            elif place in account.own:
                account.own[place][name] = value
                account.there.add(name)
            else:  # the tracks of a playlist
                account.tracks.setdefault(place, []).append(value)
        return account

    def _take_me(self, name: str, value: Any) -> None:
        self.urn, self.name = name, value

    def unseen(self, playlist: str) -> int:
        """How many tracks of a playlist are not shown to the account."""
        return max(0, self.counts.get(playlist, 0) - len(self.tracks.get(playlist, ())))


_TAG = re.compile(r'"([^"]*)"|(\S+)')


def same(name: str, one: Any, other: Any) -> bool:
    """Whether two values of a field mean the same.

    Tags have no order, missing text is empty text, and there are several ways to write the same letters and lines.
    """
    if name == "tag_list":
        return _tags(one) == _tags(other)
    if name in FLAGS or name == "tracks":
        return bool(one == other)
    if name == "release_date":
        return _date(one) == _date(other)
    if name == "set_type":  # a playlist without a type is an ordinary one
        return bool((one or "playlist") == (other or "playlist"))
    return _normal(one) == _normal(other)


def _normal(text: Any) -> str:
    return unicodedata.normalize("NFC", str(text or "")).replace("\r\n", "\n").strip()


def _tags(text: Any) -> set[str]:
    return {quoted or plain for quoted, plain in _TAG.findall(_normal(text))}


def fields_of(kind: str, object_: Row) -> Row:
    """The fields of an object that tell whether something was written, as far as an answer shows them.

    Text that is missing is empty text. Credentials are cut out, see `CUT`.
    """
    shown = as_written(kind, object_)
    found: Row = {}
    for name in sorted(shown.keys() & (FIELDS[kind] | {ARTWORK})):
        value = shown[name]
        if name in FLAGS:
            found[name] = value
            continue
        text = "" if value is None else str(value)
        found[name] = redact(text)
        if found[name] != text:
            found.setdefault(CUT, []).append(name)
    return found


def as_written(kind: str, object_: Row) -> Row:
    """The object with those fields, too, that an answer has under another name than a write."""
    found = dict(object_)
    path = urlsplit(str(object_.get("permalink_url") or "")).path.strip("/").split("/")
    place = {"track": 1, "playlist": 2}[kind]  # somebody/title, somebody/sets/title
    if "permalink" not in object_ and len(path) > place:
        found["permalink"] = path[place]
    if "set_type" not in object_ and "playlist_type" in object_:
        found["set_type"] = object_["playlist_type"]
    day = _released(object_)
    if day is not None:
        found["release_date"] = day
    return found


def _released(object_: Row) -> str | None:
    """The day of its release, "" if it has none; None if the object does not tell."""
    if date := object_.get("release_date"):
        return str(date)[:10]
    if "release_year" not in object_:
        return None
    parts = [object_.get(f"release_{part}") for part in ("year", "month", "day")]
    return "-".join(f"{part:02}" for part in parts if isinstance(part, int))


def _date(text: Any) -> str:
    return _normal(text)[:10].replace("/", "-")
