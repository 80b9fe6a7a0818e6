"""Finds the objects in the rows of the APIs' lists, and the rows' data about them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sc_spiders import records

from .shape import MAX_ROWS

MAX_ID = 2**63 - 1
STUB = ("kind", "id")
"""The keys of an object that the API named by id only."""

Row = dict[str, Any]

# Types of activities that are posts and reposts; others are likes, comments, follows.
_POSTED = re.compile(r"(track|playlist)([-:]repost)?")


@dataclass(slots=True)
class Entry:
    """An object of a page, and its row's data about it.

    `kind`: from the row, if the object has none. `relation`, `source` (a URN): the edge's, if they differ from the
    list's. An empty `relation` means no edge.
    """

    object: Row
    kind: str | None = None
    relation: str | None = None
    source: str | None = None
    position: int | None = None
    created_at: Any = None
    caption: str | None = None
    score: float | None = None


def _held(row: Row, **said: Any) -> Entry | None:
    """The object in a row, and the row's own data about it; None if there is no object.

    If the object is gone, the row's own id and dates must not be taken for the object's. So a row counts as the object
    itself only if it has the `kind` of one, as tracks of the public API do. Then the entry has nothing else.
    """
    for kind in ("track", "playlist"):
        held = row.get(kind)
        if type(held) is dict and held:
            return Entry(held, kind, **said)
        if held:
            return None
    if records.kind_of(row):
        return Entry(row)
    return None


def _like(row: Row) -> Entry | None:
    return _held(row, created_at=row.get("created_at"))


def _stream(row: Row) -> Entry | None:
    """A row of a user's posts and reposts: its type tells which one it is."""
    relation = "posts"
    if str(row.get("type", "")).endswith("repost"):
        relation = "reposts"
    return _held(row, relation=relation, created_at=row.get("created_at"), caption=row.get("caption"))


def _activity(row: Row) -> Entry:
    """A row of other users' posts and reposts. v2 names the user (`user`), the public API only reposters (`reposter`).

    A row without an object is an activity, too.
    """
    row = {**row, "track": row.get("track") or row.get("origin")}
    entry = _stream(row) or Entry({})
    user = row.get("user")
    if row.get("reposter"):
        user = {"urn": row["reposter"]}
    elif not user and entry.relation == "posts":
        user = entry.object.get("user")
    kind = records.kind("user", "v2")
    number = kind.key(user)
    if isinstance(number, int) and _POSTED.fullmatch(str(row.get("type"))):
        entry.source = kind.urn(number)
    else:
        entry.relation = ""
    return entry


def _chart(row: Row) -> Entry | None:
    return _held(row, score=row.get("score"))


def _play(row: Row) -> Entry | None:
    """A played track; a deleted one has only its id. The public API does not tell when a track was played."""
    played_at = row.get("played_at")
    if entry := _held(row, created_at=played_at):
        return entry
    if row.get("track"):
        return None
    return Entry({"id": row.get("track_id")}, "track", created_at=played_at)


UNWRAP: dict[str, Callable[[Row], Entry | None]] = {
    "like": _like,
    "stream": _stream,
    "activity": _activity,
    "chart": _chart,
    "play": _play,
}
"""How to take the object out of a row, by the endpoints' name for such rows."""


def stubs(kind: str, rows: list[Any]) -> list[Any]:
    """The rows, with each id replaced by an object that has only this id and the kind. Other rows stay as they are."""
    return [
        dict(zip(STUB, (kind, row), strict=True)) if type(row) is int and 0 < row <= MAX_ID else row for row in rows
    ]


def playlists_of(selection: Row) -> tuple[list[Any], bool]:
    """The playlists of a selection, and whether these are all. Old selections have them in `playlists`."""
    items = selection.get("items")
    if not isinstance(items, dict):
        items = {"collection": selection.get("playlists")}
    found = items.get("collection")
    if not isinstance(found, list) or len(found) > MAX_ROWS:
        return [], False
    return found, items.get("next_href") is None
