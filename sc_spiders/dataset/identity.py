"""Tells which records are of the same thing: they have the same values in these fields."""

from __future__ import annotations

NODES = ("user", "track", "playlist", "comment", "selection")
"""The kinds of nodes, in the order in which exports write them."""

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
    "stream": ("track_urn", "preset", "protocol", "mime_type", "quality", "snipped"),
    "object": ("path",),
    "action": ("account", "do", "target", "key", "after", "planned_at"),
    "crawl": ("spider", "arguments", "api", "started_at", "finished_at", "finish_reason", "counts"),
}


def key(kind: str) -> tuple[str, ...]:
    """The fields that identify a record among those of its kind."""
    return _KEYS.get(kind, ("urn",))


def names(kind: str) -> tuple[str, ...]:
    """The fields that identify a record among all. Every record has them."""
    return "kind", *key(kind)
