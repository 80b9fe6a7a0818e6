"""How objects sit in the rows of the APIs' lists, and what a row says of its object."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sc_spiders import records

from .shape import MAX_ROWS

Row = dict[str, Any]

# Types of activities that tell of a post or repost; others are likes, comments, follows.
_POSTED = re.compile(r"(track|playlist)([-:]repost)?")


@dataclass(slots=True)
class Entry:
    """An object of a page, and what its row in the list says of it.

    `kind`: what the row takes it for, where the object itself does not say. `relation`, `source`: of the edge, where
    they are not those of the list; `source` is a URN, and where `relation` is empty there is no edge.
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
    """The object that a row holds, and what the row says of it; None where it holds none.

    Id and dates of a row are not those of what it held and is gone. Only where a row says that it is an object itself
    is it one, of which it says nothing more (`kind` is None then): the public API gives tracks so.
    """
    for kind in ("track", "playlist"):
        if held := row.get(kind):
            return Entry(held, kind, **said) if type(held) is dict else None
    return Entry(row) if records.kind_of(row) else None


def _like(row: Row) -> Entry | None:
    return _held(row, created_at=row.get("created_at"))


def _stream(row: Row) -> Entry | None:
    """A row of what a user has posted and reposted, which its type tells."""
    relation = "reposts" if str(row.get("type", "")).endswith("repost") else "posts"
    return _held(row, relation=relation, created_at=row.get("created_at"), caption=row.get("caption"))


def _activity(row: Row) -> Entry:
    """A row of what others have posted and reposted: v2 says who (`user`), the public API at reposts (`reposter`).

    Without an object it is an activity all the same.
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
    """Of a track that is gone only the id is left. The public API does not say when a track was played."""
    played_at = row.get("played_at")
    if entry := _held(row, created_at=played_at):
        return entry
    return None if row.get("track") else Entry({"id": row.get("track_id")}, "track", created_at=played_at)


UNWRAP: dict[str, Callable[[Row], Entry | None]] = {
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
    found = items.get("collection") if isinstance(items, dict) else selection.get("playlists")
    if not isinstance(found, list) or len(found) > MAX_ROWS:
        return [], False
    return found, not isinstance(items, dict) or items.get("next_href") is None
