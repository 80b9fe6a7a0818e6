"""GraphML, written one element at a time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.identity import NODES

from .columns import Column, flat
from .graph import edge_columns, edges, label, node_columns, unrecorded
from .xml import TYPES, Writer, text, writing


def export(data: Dataset, path: Path) -> None:
    """Writes nodes by URN with kind, label and fields, and edges with relation and fields."""
    nodes = [Column("kind", "string", True), Column("label", "string", True), *node_columns(data)]
    of_edges = edge_columns(data)
    with writing(path, "graphml", "http://graphml.graphdrawing.org/xmlns") as xml:
        xml.leaves("desc", [({}, text(data.origin.words))])
        node_keys, edge_keys = _keys(xml, "node", nodes), _keys(xml, "edge", of_edges)
        with xml.element("graph", {"edgedefault": "directed"}):
            for row in chain(*map(data.records, NODES), unrecorded(data)):
                with xml.element("node", {"id": row["urn"]}):
                    _values(xml, node_keys, nodes, row | {"label": label(row)})
            for row in edges(data):
                with xml.element("edge", {"source": row["source"], "target": row["target"]}):
                    _values(xml, edge_keys, of_edges, row)


def _keys(xml: Writer, place: str, columns: Sequence[Column]) -> list[dict[str, str]]:
    """Declares the columns. Returns the attributes of the values of each."""
    for column in columns:
        key = {"id": f"{place}_{column.name}", "for": place, "attr.name": column.name}
        with xml.element("key", key | {"attr.type": TYPES.get(column.type, "string")}):
            pass
    return [{"key": f"{place}_{column.name}"} for column in columns]


def _values(xml: Writer, keys: Sequence[dict[str, str]], columns: Sequence[Column], row: dict[str, Any]) -> None:
    values = zip(keys, flat(row, columns), strict=True)
    xml.leaves("data", [(key, text(value)) for key, value in values if value is not None])
