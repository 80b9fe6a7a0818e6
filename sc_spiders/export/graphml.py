"""GraphML, written one element at a time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.identity import NODES

from .columns import Column
from .graph import EDGE_COLUMNS, edges, label, node_columns, unrecorded
from .xml import TYPES, Writer, text, writing


def export(data: Dataset, path: Path) -> None:
    """Writes nodes by URN with kind, label and fields, and edges with relation and fields."""
    nodes = [Column("kind", "string", True), Column("label", "string", True), *node_columns(data)]
    with writing(path, "graphml", "http://graphml.graphdrawing.org/xmlns") as xml:
        xml.leaves("desc", [({}, text(data.origin.words))])
        of_nodes, of_edges = _keys(xml, "node", nodes), _keys(xml, "edge", EDGE_COLUMNS)
        with xml.element("graph", {"edgedefault": "directed"}):
            for row in chain(*map(data.records, NODES), unrecorded(data)):
                with xml.element("node", {"id": row["urn"]}):
                    _values(xml, of_nodes, row | {"label": label(row)})
            for row in edges(data):
                with xml.element("edge", {"source": row["source"], "target": row["target"]}):
                    _values(xml, of_edges, row)


Keys = list[tuple[str, dict[str, str]]]


def _keys(xml: Writer, place: str, columns: Sequence[Column]) -> Keys:
    """Declares the columns. Returns the name of each, and the attributes of its values."""
    for column in columns:
        key = {"id": f"{place}_{column.name}", "for": place, "attr.name": column.name}
        with xml.element("key", key | {"attr.type": TYPES.get(column.type, "string")}):
            pass
    return [(column.name, {"key": f"{place}_{column.name}"}) for column in columns]


def _values(xml: Writer, keys: Keys, row: dict[str, Any]) -> None:
    xml.leaves("data", [(key, text(value)) for name, key in keys if (value := row.get(name)) is not None])
