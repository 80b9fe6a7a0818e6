"""Tells which records are of the same thing: they have the same values in these fields."""

from __future__ import annotations

from sc_spiders.records import schema

NODES = ("user", "track", "playlist", "comment", "selection")
"""The kinds of nodes, in the order in which exports write them."""


def key(kind: str) -> tuple[str, ...]:
    """The fields that identify a record among those of its kind."""
    return tuple(schema(kind).get("key", ("urn",)))


def names(kind: str) -> tuple[str, ...]:
    """The fields that identify a record among all. Every record has them."""
    return "kind", *key(kind)
