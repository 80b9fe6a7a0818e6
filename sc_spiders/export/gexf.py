"""GEXF 1.2, the version that both Gephi and NetworkX read unasked, one element at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.identity import NODES

from .columns import Column
from .graph import EDGE_COLUMNS, label, node_columns, unrecorded
from .xml import clean, value

_TYPES = {"integer": "long", "number": "double", "boolean": "boolean"}  # anything else is a string
_NAMESPACE = "http://www.gexf.net/1.2draft"


def export(data: Dataset, path: Path) -> None:
    """Nodes by URN with their label, kind and fields; edges with their relation and fields."""
    nodes = [Column("kind", "string", True), *node_columns(data)]
    with etree.xmlfile(str(path), encoding="utf-8") as xml:
        xml.write_declaration()
        with (
            xml.element("gexf", {"version": "1.2"}, nsmap={None: _NAMESPACE}),
            xml.element("graph", mode="static", defaultedgetype="directed"),
        ):
            _declare(xml, "node", nodes)
            _declare(xml, "edge", EDGE_COLUMNS)
            with xml.element("nodes"):
                for kind in NODES:
                    for row in data.records(kind):
                        _write_node(xml, nodes, row)
                for row in unrecorded(data):
                    _write_node(xml, nodes, row)
            with xml.element("edges"):
                for number, row in enumerate(data.records("edge")):
                    # Gephi keeps edges of different `kind` between the same two nodes apart, and joins others.
                    relation = clean(row["relation"])
                    ends = {"source": clean(row["source"]), "target": clean(row["target"])}
                    _write(
                        xml, "edge", {"id": str(number), **ends, "label": relation, "kind": relation}, EDGE_COLUMNS, row
                    )


def _declare(xml: Any, place: str, columns: Sequence[Column]) -> None:
    with xml.element("attributes", {"class": place}):
        for column in columns:
            declared = {"id": column.name, "title": column.name, "type": _TYPES.get(column.type, "string")}
            xml.write(etree.Element("attribute", declared))


def _write_node(xml: Any, columns: Sequence[Column], row: dict[str, Any]) -> None:
    _write(xml, "node", {"id": clean(row["urn"]), "label": clean(label(row))}, columns, row)


def _write(xml: Any, tag: str, attributes: dict[str, str], columns: Sequence[Column], row: dict[str, Any]) -> None:
    element = etree.Element(tag, attributes)
    values = etree.SubElement(element, "attvalues")
    for column in columns:
        item = row.get(column.name)
        if item is not None:
            etree.SubElement(values, "attvalue", {"for": column.name, "value": value(item)})
    element.tail = "\n"
    xml.write(element)
