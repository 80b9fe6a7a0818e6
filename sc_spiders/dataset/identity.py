"""Tells which records are duplicates, and which duplicate is kept."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

NODES = ("user", "track", "playlist", "comment", "selection")
"""The kinds of nodes, in the order in which exports write them."""

_NODE = frozenset(NODES)
_KEYS: dict[str, tuple[str, ...]] = {
    "edge": ("relation", "source", "target"),
    "listing": ("endpoint", "subject"),
    "web_profile": ("user_urn", "urn", "url"),
    "conversation": ("owner_urn", "id"),
    "message": ("conversation_id", "sender_id", "sent_at", "content"),
    "email": ("user_urn", "id", "urn", "address"),
    "activity": ("type", "created_at", "uuid", "origin_kind", "origin_id", "user_urn"),
    "oembed": ("url",),
    "download": ("track_urn",),
    "gone": ("urn",),
    "object": ("path",),
    "crawl": ("spider", "arguments", "api", "started_at", "finished_at", "finish_reason", "counts"),
}


def names(kind: str) -> tuple[str, ...]:
    """The fields that identify a record. Every record has them."""
    return "kind", *_KEYS.get(kind, ("urn",))


def key(row: Row) -> str:
    """Equal for duplicates."""
    kind = row["kind"]
    if kind == "edge":
        return str(row["relation"] + " " + row["source"] + " " + row["target"])
    if kind in _NODE:
        return str(row["urn"])
    return repr([kind, *[row[name] for name in _KEYS[kind]]])


def rank(row: Row) -> str:
    """The duplicate with the greater rank is kept. If the ranks are equal, the one read later is kept.

    A full node ranks above a partial one, and an edge with more fields above one with fewer. Then the later
    `fetched_at` ranks higher. Listing records of one list are joined instead: see `listings`.
    """
    kind = row["kind"]
    if kind in _NODE:
        fuller = int(not row.get("partial"))
    elif kind == "edge":
        get = row.get
        fuller = 4 - [get("position"), get("created_at"), get("caption"), get("score")].count(None)
    else:
        fuller = 0
    # Without the Z, a time with a fraction sorts after the same time without one.
    return f"{fuller}{str(row.get('fetched_at')).removesuffix('Z')}"
