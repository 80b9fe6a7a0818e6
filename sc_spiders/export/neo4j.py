"""CSV files for `neo4j-admin database import`: one for each kind of node, one for the edges.

See Neo4j's Operations Manual, Import, CSV header format.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from sc_spiders.dataset import Dataset, InputError
from sc_spiders.dataset.identity import NODES

from .columns import Column, flat, used
from .graph import edge_columns, edges, unrecorded

_TYPES = {"integer": "long", "number": "double", "boolean": "boolean", "time": "datetime"}  # anything else is a string
_UNRECORDED = (Column("partial", "boolean", required=True),)
_SYNTAX = frozenset(":(){}")
_BOOLEANS = {True: "true", False: "false"}


class _Null:
    """Written as an empty cell, which neo4j reads as null. None would be written as "", which is an empty text."""

    def __float__(self) -> float:  # makes the writer take it for a number, which has no quotes
        raise TypeError

    def __str__(self) -> str:
        return ""


_NULL = _Null()


def export(data: Dataset, path: Path) -> None:
    """Writes `path`/<kind>-nodes.csv, `path`/unrecorded-nodes.csv and `path`/relationships.csv, each with its
    header."""
    for kind in NODES:
        if kind in data.counts:
            of_kind = [column for column in used(data, kind) if column.name not in ("kind", "urn")]
            _write_nodes(path / f"{kind}-nodes.csv", of_kind, data.records(kind))
    others = unrecorded(data)
    if first := next(others, None):
        _write_nodes(path / "unrecorded-nodes.csv", _UNRECORDED, chain([first], others))
    columns = [column for column in edge_columns(data) if column.name != "relation"]
    rows = ([row["source"], row["target"], row["relation"].upper(), *flat(row, columns)] for row in edges(data))
    _write(path / "relationships.csv", [":START_ID", ":END_ID", ":TYPE", *map(_header, columns)], rows)


def advice(path: Path, data: Dataset) -> list[str]:
    """The command that imports the files."""
    nodes = " ".join(f"--nodes={file.name}" for file in sorted(path.glob("*-nodes.csv")))
    return [
        f"in {path}, with an empty database: neo4j-admin database import full --multiline-fields=true {nodes} "
        "--relationships=relationships.csv neo4j"
    ]


def _write_nodes(file: Path, columns: Iterable[Column], records: Iterable[dict[str, Any]]) -> None:
    columns = list(columns)
    rows = ([row["urn"], row["kind"].capitalize(), *flat(row, columns)] for row in records)
    _write(file, ["urn:ID", ":LABEL", *map(_header, columns)], rows)


def _header(column: Column) -> str:
    """The column's name and type. Raises InputError for a name that Neo4j would not take as it is."""
    if not _SYNTAX.isdisjoint(column.name):
        raise InputError(
            f"the field {column.name!r} has a character that Neo4j's headers reserve (a colon, bracket or brace); "
            "rename it, or export to another format"
        )
    return f"{column.name}:{_TYPES.get(column.type, 'string')}"


def _write(file: Path, header: list[str], rows: Iterator[list[Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text, lineterminator="\n").writerow(header)
        writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: Any) -> Any:
    if value is None:
        return _NULL
    if isinstance(value, str):
        return value.replace("\0", "")  # neo4j refuses it
    if isinstance(value, bool):
        return _BOOLEANS[value]
    return value
