"""CSV files for `neo4j-admin database import`: one for each kind of node, one for the edges.

See Neo4j's Operations Manual, Import, CSV header format.
"""

from __future__ import annotations

from pathlib import Path

from sc_spiders.dataset import Dataset, InputError
from sc_spiders.dataset.columns import Column, literal, quoted
from sc_spiders.dataset.fields import NODES

from .graph import make_edges, make_unrecorded, used

_TYPES = {"integer": "long", "number": "double", "boolean": "boolean", "time": "datetime"}  # anything else is a string
_SYNTAX = frozenset(":(){}")
_UNRECORDED = [Column("partial", "boolean", required=True)]


def export(data: Dataset, path: Path) -> list[str]:
    """Writes `path`/<kind>-nodes.csv, `path`/unrecorded-nodes.csv and `path`/relationships.csv, each with its header.

    Returns the command that imports them.
    """
    data.connection.execute("SET threads = 1")  # as for CSV
    for kind in NODES:
        if kind in data.kinds:
            of_kind = [column for column in used(data, kind) if column.name not in ("kind", "urn")]
            _copy(data, kind, path / f"{kind}-nodes.csv", _NODE, of_kind)
    edges = [column for column in make_edges(data) if column.name != "relation"]
    _copy(data, "graph_edge", path / "relationships.csv", _EDGE, edges)
    make_unrecorded(data)
    if data.connection.execute("FROM unrecorded LIMIT 1").fetchone():
        _copy(data, "unrecorded", path / "unrecorded-nodes.csv", _NODE, _UNRECORDED)
    nodes = " ".join(f"--nodes={file.name}" for file in sorted(path.glob("*-nodes.csv")))
    return [
        f"in that folder, with an empty database: neo4j-admin database import full --multiline-fields=true {nodes} "
        "--relationships=relationships.csv neo4j"
    ]


def _copy(data: Dataset, table: str, file: Path, special: dict[str, str], columns: list[Column]) -> None:
    """Writes a table. `special`: SQL for the values of the headers that Neo4j reserves."""
    values = special | {_header(one): _value(one) for one in columns}
    selected = ", ".join(f"{value} AS {quoted(header)}" for header, value in values.items())
    # An empty cell is null, and "" is an empty text.
    texts = ", ".join(quoted(header) for header in values if header in special or header.endswith(":string"))
    data.connection.execute(
        f"COPY (SELECT {selected} FROM {quoted(table)}) TO {literal(str(file))} "
        f"(FORMAT csv, HEADER, QUOTE '\"', ESCAPE '\"', FORCE_QUOTE ({texts}))"
    )


def _header(column: Column) -> str:
    """The column's name and type. Raises InputError for a name that Neo4j would not take as it is."""
    if not _SYNTAX.isdisjoint(column.name):
        raise InputError(
            f"the field {column.name!r} has a character that Neo4j's headers reserve (a colon, bracket or brace); "
            "rename it, or export to another format"
        )
    return f"{column.name}:{_TYPES.get(column.type, 'string')}"


def _value(column: Column) -> str:
    if column.type in ("integer", "number", "boolean", "time"):
        return column.as_text
    return _without_nul(column.as_text)


def _without_nul(text: str) -> str:
    return f"replace({text}, chr(0), '')"  # Neo4j refuses it


_NODE = {"urn:ID": _without_nul("urn"), ":LABEL": "upper(kind[1]) || kind[2:]"}
_EDGE = {":START_ID": _without_nul("source"), ":END_ID": _without_nul("target"), ":TYPE": "upper(relation)"}
