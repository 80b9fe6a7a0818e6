"""GEXF 1.2, the version that both Gephi and NetworkX read unasked, one element at a time."""

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

_ROOT = '<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2">\n'


def export(data: Dataset, path: Path) -> None:
    """Nodes by URN with their label, kind and fields; edges with their relation and fields."""
    nodes = [Column("kind", "string", True), *node_columns(data)]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{DECLARATION}{_ROOT}<graph mode="static" defaultedgetype="directed">\n')
        file.write(element("attributes", {"class": "node"}, _declared(nodes)))
        file.write(element("attributes", {"class": "edge"}, _declared(EDGE_COLUMNS)))
        file.write("<nodes>\n")
        for row in chain(*map(data.records, NODES), unrecorded(data)):
            file.write(element("node", {"id": row["urn"], "label": label(row)}, _values(nodes, row)))
        file.write("</nodes>\n<edges>\n")
        for number, row in enumerate(edges(data)):
            # Gephi keeps edges of different `kind` between the same two nodes apart, and joins others.
            relation = row["relation"]
            edge = {"id": number, "source": row["source"], "target": row["target"], "label": relation, "kind": relation}
            file.write(element("edge", edge, _values(EDGE_COLUMNS, row)))
        file.write("</edges>\n</graph>\n</gexf>\n")


def _declared(columns: Sequence[Column]) -> Iterator[str]:
    for column in columns:
        title = {"id": column.name, "title": column.name}
        yield element("attribute", title | {"type": TYPES.get(column.type, "string")})


def _values(columns: Sequence[Column], row: dict[str, Any]) -> list[str]:
    values = [
        f'<attvalue for="{column.name}" value="{escaped(value)}"/>'
        for column in columns
        if (value := row.get(column.name)) is not None
    ]
    return ["<attvalues>", *values, "</attvalues>"]
