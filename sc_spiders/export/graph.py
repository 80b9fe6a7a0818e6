"""Shared by the graph formats: nodes with a record, nodes that only edges name, edges, and labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyroaring import BitMap64

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.identity import NODES

from .columns import Column, Type, added, used

Row = dict[str, Any]

_EDGE_COLUMNS = (
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
    """The kind in a URN: a kind of node, or chart, search, tag, featured."""
    name = urn.removeprefix("soundcloud:").split(":", 1)[0]
    return _KINDS.get(name, name)


def label(row: Row) -> Any:
    """A name of the node for people: its added field `label`, if there is one."""
    if row.get("label") is not None:
        return row["label"]
    text: str = row.get("username") or row.get("title") or row.get("body") or row.get("permalink") or row["urn"]
    if len(text) > 80:
        return f"{text[:79]}…"
    return text


def edge_columns(data: Dataset) -> list[Column]:
    """The columns of edges beside their ends. Raises InputError."""
    return [*_EDGE_COLUMNS, *added(data, "edge")]


def edges(data: Dataset) -> Iterator[Row]:
    """The edges, and two edges for each comment: its author `writes` it, and it `comments_on` its track.

    A comment names its author and track in fields. Tables can be joined by these, but a graph needs edges.
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
    """A row of `kind`, `urn` and `partial` for each end of an edge without a record, with its username if known.

    Charts and searches have no record. With SC_KINDS=edge no node has one. Takes a few bytes
    of memory a node.
    """
    known = _Urns()
    for kind in NODES:
        for row in data.records(kind):
            known.add(row["urn"])
    for row in data.records("comment"):  # a comment has its author's name
        if row["user_urn"] and known.add(row["user_urn"]):
            yield {"kind": "user", "urn": row["user_urn"], "partial": True, "username": row["user_username"]}
    for row in edges(data):
        for urn in (row["source"], row["target"]):
            if known.add(urn):
                yield {"kind": kind_of(urn), "urn": urn, "partial": True}


def node_columns(data: Dataset) -> list[Column]:
    """The columns that hold a value in at least one node, with one type each.

    Leaves out `kind`, `urn` and `label`, which every node has, and `id`: tools take a column of that name for the
    node's identifier, which is the URN here. A column whose type differs between kinds is text.
    """
    types: dict[str, Type] = {}
    for kind in NODES:
        for column in used(data, kind):
            if column.name in ("kind", "urn", "label", "id"):
                continue
            if types.setdefault(column.name, column.type) != column.type:
                types[column.name] = "string"
    types.setdefault("partial", "boolean")
    return [Column(name, type_, required=False) for name, type_ in types.items()]


class _Urns:
    """A set of URNs at a few bytes each."""

    def __init__(self) -> None:
        self._numbers: dict[str, BitMap64] = {}
        self._others: set[str] = set()

    def add(self, urn: str) -> bool:
        """Adds a URN. Returns whether it was new."""
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
