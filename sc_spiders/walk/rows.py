"""How objects sit in the rows of the APIs' lists, and what a row says of its object."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]

# Types of activities that tell of a post or repost; others are likes, comments, follows.
_POSTED = re.compile(r"(track|playlist)([-:]repost)?")


@dataclass(slots=True)
class Entry:
    """An object of a page, and what its row in the list says of it.

    `relation`, `source`: of the edge, where they are not those of the list; `source` is a URN, and where `relation` is
    empty there is no edge.
    """

    object: Row
    relation: str | None = None
    source: str | None = None
    position: int | None = None
    created_at: Any = None
    caption: str | None = None
    score: float | None = None


def _like(row: Row) -> Entry:
    return Entry(row.get("track") or row.get("playlist") or row, created_at=row.get("created_at"))


def _stream(row: Row) -> Entry:
    """A row of what a user has posted and reposted, which its type tells."""
    relation = "reposts" if str(row.get("type", "")).endswith("repost") else "posts"
    object_ = row.get("track") or row.get("playlist") or row
    return Entry(object_, relation, created_at=row.get("created_at"), caption=row.get("caption"))


def _activity(row: Row) -> Entry:
    """A row of what others have posted and reposted: v2 says who (`user`), the public API at reposts (`reposter`)."""
    entry = _stream(row)
    entry.object = row.get("track") or row.get("playlist") or row.get("origin") or {}
    user = row.get("user")
    if not user and entry.relation == "posts" and isinstance(entry.object, dict):
        user = entry.object.get("user")
    user = user if isinstance(user, dict) else {}
    source = row.get("reposter") or user.get("urn")
    entry.source = source if isinstance(source, str) else None
    if not entry.source and isinstance(user.get("id"), int):
        entry.source = f"soundcloud:users:{user['id']}"
    if not entry.source or not _POSTED.fullmatch(str(row.get("type"))):
        entry.relation = ""
    return entry


def _chart(row: Row) -> Entry:
    return Entry(row.get("track") or row, score=row.get("score"))


def _play(row: Row) -> Entry:
    """Of a track that is gone only the id is left. The public API gives tracks alone, and not when they were played."""
    if row.get("kind") == "track":
        return Entry(row)
    track = row.get("track") or {"id": row.get("track_id"), "kind": "track"}
    return Entry(track, created_at=row.get("played_at"))


UNWRAP: dict[str, Callable[[Row], Entry]] = {
    "like": _like,
    "stream": _stream,
    "activity": _activity,
    "chart": _chart,
    "play": _play,
}
"""By the name that endpoints use."""


def playlists_of(selection: Row) -> tuple[list[Any], bool]:
    """The playlists of a selection, and whether these are all. Once they were in `playlists`."""
    items = selection.get("items")
    if isinstance(items, dict):
        found = items.get("collection")
        return (found if isinstance(found, list) else []), not items.get("next_href")
    found = selection.get("playlists")
    return (found if isinstance(found, list) else []), True
