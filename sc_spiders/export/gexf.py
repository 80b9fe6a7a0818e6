"""GEXF 1.2, which both Gephi and NetworkX read by default. Written one element at a time."""

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
    """Writes nodes by URN with label, kind and fields, and edges with relation and fields."""
    nodes = [Column("kind", "string", True), *node_columns(data)]
    of_edges = edge_columns(data)
    with writing(path, "gexf", "http://www.gexf.net/1.2draft", version="1.2") as xml:
        with xml.element("meta", {}):
            xml.leaves("creator", [({}, "sc_spiders")])
            xml.leaves("description", [({}, text(data.origin.words))])
        with xml.element("graph", {"mode": "static", "defaultedgetype": "directed"}):
            _declare(xml, "node", nodes)
            _declare(xml, "edge", of_edges)
            _nodes(xml, nodes, data)
            _edges(xml, of_edges, data)


def _nodes(xml: Writer, columns: Sequence[Column], data: Dataset) -> None:
    with xml.element("nodes", {}):
        for row in chain(*map(data.records, NODES), unrecorded(data)):
            with xml.element("node", {"id": row["urn"], "label": label(row)}):
                _values(xml, columns, row)


def _edges(xml: Writer, columns: Sequence[Column], data: Dataset) -> None:
    with xml.element("edges", {}):
        for number, row in enumerate(edges(data)):
            # Gephi joins edges between the same two nodes unless their `kind` differs.
            ends = {"id": number, "source": row["source"], "target": row["target"]}
            with xml.element("edge", ends | {"label": row["relation"], "kind": row["relation"]}):
                _values(xml, columns, row)


def _declare(xml: Writer, place: str, columns: Sequence[Column]) -> None:
    with xml.element("attributes", {"class": place}):
        titles = ({"id": one.name, "title": one.name, "type": TYPES.get(one.type, "string")} for one in columns)
        xml.leaves("attribute", ((title, "") for title in titles))


def _values(xml: Writer, columns: Sequence[Column], row: dict[str, Any]) -> None:
    values = zip(columns, flat(row, columns), strict=True)
    filled = [({"for": column.name, "value": text(value)}, "") for column, value in values if value is not None]
    with xml.element("attvalues", {}):
        xml.leaves("attvalue", filled)
