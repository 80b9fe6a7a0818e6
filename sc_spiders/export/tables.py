"""Shared by the two databases: names, views, indexes."""

from __future__ import annotations

from sc_spiders.dataset.identity import NODES
from sc_spiders.records import schema

RELATIONS: tuple[str, ...] = tuple(schema("edge")["properties"]["relation"]["enum"])

INDEXED: dict[str, tuple[tuple[str, ...], ...]] = {
    "comment": (("track_urn",), ("user_urn",)),
    "track": (("user_urn",),),
    "playlist": (("user_urn",),),
}
"""Columns with an index, by kind."""


def quoted(name: str) -> str:
    """The name, quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text, quoted for SQL."""
    return "'" + text.replace("'", "''").replace("\0", "") + "'"


def primary_key(kind: str) -> str | None:
    """The column that names a node."""
    if kind in NODES:
        return "urn"
    return None


def views() -> list[str]:
    """Statements for one view of edges for each relation."""
    return [
        f"CREATE VIEW {quoted(relation)} AS "  # noqa: S608 - names from our own schema
        f"SELECT source, target, position, created_at, caption, score, fetched_at, api FROM edge "
        f"WHERE relation = '{relation}'"
        for relation in RELATIONS
    ]


def indexes(kinds: set[str]) -> list[str]:
    """Statements for the indexes of these kinds' tables."""
    found = []
    for kind, groups in INDEXED.items():
        if kind in kinds:
            found += [_index(kind, columns) for columns in groups]
    return found


def _index(kind: str, columns: tuple[str, ...]) -> str:
    name = "_".join((kind, *columns))
    return f"CREATE INDEX {quoted(name)} ON {quoted(kind)} ({', '.join(map(quoted, columns))})"
