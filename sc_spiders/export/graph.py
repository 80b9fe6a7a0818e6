"""What the graph formats share: the nodes, those that are only named by edges too, and how they are called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyroaring import BitMap64

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.identity import NODES

from .columns import Column, Type, used

Row = dict[str, Any]

EDGE_COLUMNS = (
    Column("relation", "string", required=True),
    Column("position", "integer", required=False),
    Column("created_at", "time", required=False),
    Column("caption", "string", required=False),
    Column("score", "number", required=False),
    Column("fetched_at", "time", required=False),
    Column("api", "string", required=False),
)
_KINDS = {
    "users": "user",
    "tracks": "track",
    "playlists": "playlist",
    "system-playlists": "playlist",
    "comments": "comment",
    "selections": "selection",
    "charts": "chart",
}


def kind_of(urn: str) -> str:
    """The kind of what a URN names: one of the nodes' kinds, or chart, search, tag, featured."""
    parts = urn.split(":", 2)
    name = parts[1] if parts[0] == "soundcloud" and len(parts) > 1 else parts[0]
    return _KINDS.get(name, name)


def label(row: Row) -> str:
    """What a person calls a node."""
    text = row.get("username") or row.get("title") or row.get("body") or row.get("permalink") or row["urn"]
    return text if len(text) <= 80 else f"{text[:79]}…"


def edges(data: Dataset) -> Iterator[Row]:
    """The edges, and what comments say of themselves: who `writes` each, and what it `comments_on`.

    A comment has its author and its track in fields of its own, which tables are joined by; a graph needs edges.
    """
    yield from data.records("edge")
    for row in data.records("comment"):
        for relation, source, target in (
            ("writes", row["user_urn"], row["urn"]),
            ("comments_on", row["urn"], row["track_urn"]),
        ):
            if source and target:
                yield {
                    "relation": relation,
                    "source": source,
                    "target": target,
                    **{name: row[name] for name in ("created_at", "fetched_at", "api")},
                }


def unrecorded(data: Dataset) -> Iterator[Row]:
    """A row of `kind`, `urn` and `partial` for each end of an edge without a record of its own, named where it can be.

    Such are charts and searches, and everybody where only edges were asked for (SC_KINDS). A few bytes are kept a node.
    """
    known = _Urns()
    for kind in NODES:
        for row in data.records(kind):
            known.add(row["urn"])
    for row in data.records("comment"):  # it names its author
        if row["user_urn"] and known.add(row["user_urn"]):
            yield {"kind": "user", "urn": row["user_urn"], "partial": True, "username": row["user_username"]}
    for row in edges(data):
        for urn in (row["source"], row["target"]):
            if known.add(urn):
                yield {"kind": kind_of(urn), "urn": urn, "partial": True}


def node_columns(data: Dataset) -> list[Column]:
    """The columns of all nodes together that are not null throughout, with one type each.

    Without `kind` and `urn`, which every node has; `id` is left out, for tools take that name for the node's own, which
    is the URN and ends in it. A column that is of two types for two kinds is text.
    """
    types: dict[str, Type] = {}
    for kind in NODES:
        for column in used(data, kind):
            if column.name not in ("kind", "urn", "id"):
                known = types.setdefault(column.name, column.type)
                types[column.name] = known if known == column.type else "string"
    types.setdefault("partial", "boolean")
    return [Column(name, type_, required=False) for name, type_ in types.items()]


class _Urns:
    """A set of URNs at a few bytes each."""

    def __init__(self) -> None:
        self._numbers: dict[str, BitMap64] = {}
        self._others: set[str] = set()

    def add(self, urn: str) -> bool:
        """Whether it was new."""
        prefix, _, number = urn.rpartition(":")
        if number.isdecimal() and number.isascii() and len(number) < 20 and not number.startswith("0"):
            numbers = self._numbers.setdefault(prefix, BitMap64())
            value = int(number)
            if value in numbers:
                return False
            numbers.add(value)
            return True
        if urn in self._others:
            return False
        self._others.add(urn)
        return True
