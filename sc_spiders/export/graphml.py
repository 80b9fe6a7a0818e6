"""GraphML, one element at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.identity import NODES

from .columns import Column
from .graph import EDGE_COLUMNS, edges, label, node_columns, unrecorded
from .xml import DECLARATION, TYPES, element, escaped

_ROOT = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'


def export(data: Dataset, path: Path) -> None:
    """Nodes by URN with their kind, label and fields; edges with their relation and fields."""
    nodes = [Column("kind", "string", True), Column("label", "string", True), *node_columns(data)]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"{DECLARATION}{_ROOT}")
        file.writelines(chain(_keys("node", nodes), _keys("edge", EDGE_COLUMNS)))
        file.write('<graph edgedefault="directed">\n')
        for row in chain(*map(data.records, NODES), unrecorded(data)):
            values = _values("node", nodes, row | {"label": label(row)})
            file.write(element("node", {"id": row["urn"]}, values))
        for row in edges(data):
            ends = {"source": row["source"], "target": row["target"]}
            file.write(element("edge", ends, _values("edge", EDGE_COLUMNS, row)))
        file.write("</graph>\n</graphml>\n")


def _keys(place: str, columns: Sequence[Column]) -> Iterator[str]:
    for column in columns:
        key = {"id": f"{place}_{column.name}", "for": place, "attr.name": column.name}
        yield element("key", key | {"attr.type": TYPES.get(column.type, "string")})


def _values(place: str, columns: Sequence[Column], row: dict[str, Any]) -> list[str]:
    return [
        f'<data key="{place}_{column.name}">{escaped(value)}</data>'
        for column in columns
        if (value := row.get(column.name)) is not None
    ]
