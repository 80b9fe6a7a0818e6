"""Shared by the two databases: keys and views."""

from __future__ import annotations

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.columns import Column, quoted
from sc_spiders.dataset.dataset import RELATIONS
from sc_spiders.dataset.fields import NODES

NAMED = {"user_urn": "user", "owner_urn": "user", "sender_urn": "user", "track_urn": "track"}
"""Columns that name a node of that kind."""


def kinds(data: Dataset) -> list[str]:
    """The kinds that have a table: those with records, and edges, which the views need."""
    return sorted({*data.kinds, "edge"})


def declaration(kind: str, column: Column, type_: str) -> str:
    """A column of a table in SQL. Nodes have their URN as key."""
    parts = [quoted(column.name), type_]
    if column.required:
        parts.append("NOT NULL")
    if kind in NODES and column.name == "urn":
        parts.append("PRIMARY KEY")
    return " ".join(parts)


def views(data: Dataset) -> list[str]:
    """Statements for one view of edges for each relation."""
    viewed = ", ".join(quoted(one.name) for one in data.columns("edge") if one.name not in ("kind", "relation"))
    return [
        f"CREATE VIEW {relation} AS SELECT {viewed} FROM edge WHERE relation = '{relation}'" for relation in RELATIONS
    ]
