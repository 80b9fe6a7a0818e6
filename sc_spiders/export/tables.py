"""Shared by the two databases: names, columns, views."""

from __future__ import annotations

from sc_spiders.dataset import Dataset, InputError
from sc_spiders.dataset.identity import NODES
from sc_spiders.records import schema

from .columns import Column, added, columns

RELATIONS: tuple[str, ...] = tuple(schema("edge")["properties"]["relation"]["enum"])


def quoted(name: str) -> str:
    """The name, quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text, quoted for SQL."""
    return "'" + text.replace("'", "''").replace("\0", "") + "'"


def table_columns(data: Dataset, kind: str) -> list[Column]:
    """The columns of a kind's table. Raises InputError if the names of two differ only in case: in SQL they are one."""
    of_kind = columns(data, kind)
    names: dict[str, str] = {}
    for column in of_kind:
        other = names.setdefault(column.name.lower(), column.name)
        if other != column.name:
            raise InputError(
                f"the {kind} records have the fields {other!r} and {column.name!r}, which are one name in SQL; "
                "rename one, or export to another format"
            )
    return of_kind


def primary_key(kind: str) -> str | None:
    """The column that names a node."""
    if kind in NODES:
        return "urn"
    return None


def views(data: Dataset) -> list[str]:
    """Statements for one view of edges for each relation."""
    names = ("source", "target", "position", "created_at", "caption", "score", "fetched_at", "api")
    viewed = ", ".join(map(quoted, (*names, *(column.name for column in added(data, "edge")))))
    return [
        f"CREATE VIEW {quoted(relation)} AS SELECT {viewed} FROM edge WHERE relation = '{relation}'"  # noqa: S608 - quoted
        for relation in RELATIONS
    ]
