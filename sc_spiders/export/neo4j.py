"""CSV files for `neo4j-admin database import`: one for each kind of node, one for the edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.identity import NODES

from .columns import Column, flat, used
from .graph import EDGE_COLUMNS, edges, unrecorded

_TYPES = {"integer": "long", "number": "double", "boolean": "boolean", "time": "datetime"}  # anything else is a string
_UNRECORDED = (Column("partial", "boolean", required=True),)


def export(data: Dataset, path: Path) -> None:
    """`path`/<kind>-nodes.csv, `path`/unrecorded-nodes.csv and `path`/relationships.csv, each with its header."""
    for kind in NODES:
        if kind in data.counts:
            of_kind = [column for column in used(data, kind) if column.name not in ("kind", "urn")]
            _write_nodes(path / f"{kind}-nodes.csv", of_kind, data.records(kind))
    others = unrecorded(data)
    if first := next(others, None):
        _write_nodes(path / "unrecorded-nodes.csv", _UNRECORDED, _chain(first, others))
    columns = [column for column in EDGE_COLUMNS if column.name != "relation"]
    with _open(path / "relationships.csv") as file:
        file.write(",".join([":START_ID", ":END_ID", ":TYPE", *map(_header, columns)]) + "\n")
        for row in edges(data):
            _write(file, [row["source"], row["target"], row["relation"].upper(), *flat(row, columns)])


def advice(path: Path, data: Dataset) -> list[str]:
    """The command that imports it."""
    nodes = " ".join(f"--nodes={file.name}" for file in sorted(path.glob("*-nodes.csv")))
    return [
        f"in {path}, with an empty database: neo4j-admin database import full --multiline-fields=true {nodes} "
        "--relationships=relationships.csv neo4j"
    ]


def _write_nodes(file: Path, columns: Iterable[Column], rows: Iterable[dict[str, Any]]) -> None:
    columns = list(columns)
    with _open(file) as text:
        text.write(",".join(["urn:ID", ":LABEL", *map(_header, columns)]) + "\n")
        for row in rows:
            _write(text, [row["urn"], row["kind"].capitalize(), *flat(row, columns)])


def _header(column: Column) -> str:
    return f"{column.name}:{_TYPES.get(column.type, 'string')}"


def _open(file: Path) -> TextIO:
    return file.open("w", encoding="utf-8", newline="")


def _write(file: TextIO, values: list[Any]) -> None:
    file.write(",".join(map(_cell, values)) + "\n")


def _cell(value: Any) -> str:
    """Text always in quotes, so that "" is not taken for null, which is nothing at all."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # It keeps no character that cannot stand in a file of lines for its reader.
        return '"' + value.replace('"', '""').replace("\0", "") + '"'
    return repr(value)


def _chain(first: dict[str, Any], rest: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield first
    yield from rest
