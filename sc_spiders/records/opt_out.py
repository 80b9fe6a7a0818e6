"""Finds people about whom nothing may be written, and what is theirs, in records and in objects of an API.

A record that is about somebody on the list is left out. So are the tracks, playlists and comments of that person. A
record about something else may name the person (in its label, in a mention): it stays, without the name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from .people import People, site_path
from .quick_look import QuickLook
from .schemas import KINDS, schema

__all__ = ["OptOut"]

Row = dict[str, Any]

_PLURAL = {"user": "users", "track": "tracks", "playlist": "playlists", "comment": "comments"}
_PLURAL_OF_FIELD = {
    "user_id": "users",
    "sender_id": "users",
    "last_message_sender_id": "users",
    "track_id": "tracks",
    "publisher_metadata_id": "tracks",
}
# Groups of fields that only name somebody: the record is about something else.
_MENTIONS = ("label", "made_for")
# In objects of an API: whom an object belongs to, and what it is about.
_OWNERS = ("user", "sender")
_THINGS = ("track", "playlist", "origin", "seed", "last_message")
_HOLDERS = (str, list, dict)  # types of values that can mention somebody
_DEEPEST = 100  # levels of a raw object


class OptOut:
    """Keeps records and objects free of the `people` on a list."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.quick_look = QuickLook(people)

    # -- records

    def learn(self, kind: str, row: Row) -> None:
        """Add to the list what a record tells about people on it: their ids and names, tracks and playlists."""
        if kind in ("user", "track", "playlist") and self.is_about(kind, row):
            self.people.meet(str(row.get("urn")))
        user, name = "user_urn", "user_permalink"
        if kind == "user":
            user, name = "urn", "permalink"
        if row.get(user):
            self.people.learn(str(row[user]), str(row.get(name) or ""))

    def kept(self, kind: str, rows: Iterable[Row]) -> list[Row]:
        """The records that are not about anybody on the list, without the names of people on it.

        `rejected` counts as a kind. Records are changed in place.
        """
        if kind == "rejected":
            return [row for row in rows if not self._is_in_rejected(row)]
        rows = list(rows)
        if kind not in KINDS or self.quick_look.passes_records(kind, rows):
            return rows
        kept = [row for row in rows if not self.is_about(kind, row)]
        for row in kept:
            self._clean(kind, row)
        return kept

    def is_about(self, kind: str, row: Row) -> bool:
        """Whether a record is about somebody or something on the list, or belongs to somebody on it."""
        if kind == "listing":
            return self.people.has_subject(row.get("subject"))
        if kind == "object":
            return self.people.has_subject(row.get("path")) or self.is_in(row.get("object"))
        if kind == "oembed":
            if self.people.has_word(str(row.get("url"))) or self.people.has_word(str(row.get("author_url"))):
                return True
            return self.people.has_subject(row.get("html"))  # the address of the player has the id
        if any(map(self.people.has_urn, _urns(kind, row))):
            return True
        return bool(self.people.names) and any(name in self.people.names for name in _paths(kind, row))

    def _clean(self, kind: str, row: Row) -> None:
        """Remove people on the list from a record that is about something else and names them."""
        for group in _MENTIONS:
            if self._names_user(row.get(f"{group}_id"), row.get(f"{group}_permalink")):
                row.update({name: None for name in row if name.startswith(f"{group}_")})
        if kind == "crawl" and isinstance(row.get("arguments"), dict):
            row["arguments"] = self.people.arguments(row["arguments"])
        if kind == "listing" and "missing" in row:
            row["missing"] = [urn for urn in row["missing"] or () if urn not in self.people.urns]
        for name in row.keys() - _clean_fields(kind):
            if type(row[name]) in _HOLDERS:
                row[name] = self.cleaned(row[name])

    def _names_user(self, number: Any, permalink: Any) -> bool:
        if f"soundcloud:users:{number}" in self.people.urns:
            return True
        return isinstance(permalink, str) and permalink.lower() in self.people.names

    def _is_in_rejected(self, row: Row) -> bool:
        return self.people.has_subject(row.get("subject")) or self.is_in(row.get("object"))

    # -- objects of an API

    def found(self, kind: str, objects: Sequence[Any]) -> list[Any]:
        """The objects of an API that are on the list, or belong to somebody on it."""
        if self.quick_look.passes_objects(kind, objects):
            return []
        return [one for one in objects if self.has(kind, one)]

    def has(self, kind: str, object_: Any) -> bool:
        """Whether an object of an API is on the list, or belongs to somebody on it.

        A track or playlist that belongs to somebody on the list is itself on the list from now on.
        """
        if not isinstance(object_, dict) or not self._belongs(kind, object_):
            return False
        if kind in ("track", "playlist") and object_.get("id"):
            self.people.meet(_urn(kind, object_))
        return True

    def _belongs(self, kind: str, object_: Row) -> bool:
        if self._is_on_it(kind, object_) or _is_strange_station(object_):
            return True
        for owner in _OWNERS:  # the owner is checked first, so that its names get onto the list
            if self.has("user", object_.get(owner)) or self._names_user(object_.get(f"{owner}_id"), None):
                return True
        if kind == "conversation" and any(self.has("user", user) for user in object_.get("users") or ()):
            return True
        urns = (object_.get(name) for name in ("user_urn", "sender_urn", "track_urn", "origin_urn", "reposter"))
        if any(isinstance(urn, str) and self.people.has_urn(urn) for urn in urns):
            return True
        if f"soundcloud:tracks:{object_.get('track_id')}" in self.people.urns:
            return True
        return any(self.has(_kind_of(object_[thing], thing), object_[thing]) for thing in _THINGS if thing in object_)

    def _is_on_it(self, kind: str, object_: Row) -> bool:
        if kind == "user":
            return self._is_user(object_)
        if self.people.has_urn(str(object_.get("urn"))) or _urn(kind, object_) in self.people.urns:
            return True
        if not self.people.names:
            return False
        owner = object_.get("user")
        permalink = owner.get("permalink") if isinstance(owner, dict) else None
        return any(name in self.people.names for name in _paths(kind, {**object_, "user_permalink": permalink}))

    def _is_user(self, user: Row) -> bool:
        permalink = str(user.get("permalink") or "")
        if user.get("urn"):
            return self.people.learn(str(user["urn"]), permalink)
        if user.get("id"):
            return self.people.learn(_urn("user", user), permalink)
        return permalink.lower() in self.people.names

    def is_in(self, value: Any) -> bool:
        """Whether a JSON value of any form names somebody on the list anywhere. If in doubt, True."""
        return any(self._is_value(key, one) for key, one in _scalars(value))

    def _is_value(self, key: str, value: Any) -> bool:
        if isinstance(value, str):
            if self.people.has_subject(value) or self.people.has_mention(value):
                return True
            if (key == "url" or key.endswith(("permalink", "permalink_url"))) and self.people.has_word(value):
                return True
        if not (key in ("", "id") or key.endswith("_id")):
            return False
        number = str(value).removesuffix(".0")  # a refused object may have its ids as text
        return any(f"soundcloud:{kind}:{number}" in self.people.urns for kind in _PLURAL.values())

    def cleaned(self, value: Any, depth: int = 0) -> Any:
        """A JSON value without members and elements that are about somebody on the list, and without mentions."""
        if isinstance(value, str):
            return self.people.without_mentions(value)
        if depth > _DEEPEST:
            return None
        if isinstance(value, list):
            known = [one for one in value if not (_is_stub(one) or self.has(_kind_of(one, ""), one))]
            return [self.cleaned(one, depth + 1) for one in known]
        if isinstance(value, dict):
            return {
                name: self.cleaned(one, depth + 1)
                for name, one in value.items()
                if not self.has(_kind_of(one, name), one)
            }
        return value


def _kind_of(object_: Any, name: str) -> str:
    """The kind of an object of an API: its own `kind`, or else what the name of its member tells."""
    kind = name
    if isinstance(object_, dict):
        kind = str(object_.get("kind") or name)
    if kind in ("label", "made_for", "reposter", "sender", "users"):
        return "user"
    return kind


def _urn(kind: str, object_: Row) -> str:
    return f"soundcloud:{_PLURAL.get(kind, kind)}:{object_.get('id')}"


def _is_stub(object_: Any) -> bool:
    """Whether this is a track that is known by id only, so that its owner is unknown."""
    return isinstance(object_, dict) and object_.get("kind") == "track" and not object_.keys() & {"user", "user_id"}


def _is_strange_station(object_: Row) -> bool:
    """Whether this is the station of a track whose owner is unknown."""
    seed = object_.get("seed")
    is_known = isinstance(seed, dict) and bool(seed.get("user") or seed.get("user_id"))
    return ":track-stations:" in str(object_.get("urn") or object_.get("id")) and not is_known


@cache
def _id_fields(kind: str) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The fields of a kind with URNs, and those with plain ids: each with the plural of the kind that it names."""
    ids = [name for name, field in schema(kind)["properties"].items() if field["personal"] == "id"]
    ids = [name for name in ids if not name.startswith(_MENTIONS)]
    numbers = [(name, _PLURAL_OF_FIELD[name]) for name in ids if name in _PLURAL_OF_FIELD]
    return tuple(ids), tuple(numbers)


def _urns(kind: str, row: Row) -> Iterator[str]:
    """The URNs of all that a record is about."""
    ids, numbers = _id_fields(kind)
    for name in ids:
        value = row.get(name)
        if isinstance(value, str):
            yield value
    for name, plural in numbers:
        yield f"soundcloud:{plural}:{row.get(name)}"
    if kind == "activity" and row.get("origin_kind"):
        yield f"soundcloud:{row['origin_kind']}s:{row.get('origin_id')}"


def _paths(kind: str, row: Row) -> Iterator[str]:
    """The paths on the web site of what a record is about, in lower case: its own and its owner's."""
    own, owner = row.get("permalink"), row.get("user_permalink")
    if isinstance(row.get("permalink_url"), str):  # in some lists, only this names the owner
        path = site_path(row["permalink_url"])
        yield from {path, path.partition("/")[0]}
    for name in ("user_permalink", "sender_permalink", "last_message_sender_permalink"):
        if isinstance(row.get(name), str):
            yield row[name].lower()
    if not isinstance(own, str):
        return
    if kind == "user":
        yield own.lower()
    elif isinstance(owner, str) and kind == "track":
        yield f"{owner}/{own}".lower()
    elif isinstance(owner, str) and kind == "playlist":
        yield f"{owner}/sets/{own}".lower()


@cache
def _clean_fields(kind: str) -> frozenset[str]:
    """The fields that need no search for mentions. Ids and arguments are checked elsewhere."""
    found = {name for name, field in schema(kind)["properties"].items() if field["personal"] in ("no", "id")}
    return frozenset(found | {"arguments"})


def _scalars(value: Any) -> Iterator[tuple[str, Any]]:
    """The scalars of a JSON value, each with the name of the member that it is in. It may be nested to any depth."""
    todo = [("", value)]
    while todo:
        key, one = todo.pop()
        if isinstance(one, dict):
            todo += [(str(name), item) for name, item in one.items()]
        elif isinstance(one, list):
            todo += [(key, item) for item in one]
        else:
            yield key, one
