"""GraphML, one element at a time."""

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
_NAMESPACE = "http://graphml.graphdrawing.org/xmlns"


def export(data: Dataset, path: Path) -> None:
    """Nodes by URN with their kind, label and fields; edges with their relation and fields."""
    text = Column("", "string", required=True)
    nodes = [Column("kind", text.type, True), Column("label", text.type, True), *node_columns(data)]
    with etree.xmlfile(str(path), encoding="utf-8") as xml:
        xml.write_declaration()
        with xml.element("graphml", nsmap={None: _NAMESPACE}):
            for place, group in (("node", nodes), ("edge", EDGE_COLUMNS)):
                for column in group:
                    key = {"id": f"{place}_{column.name}", "for": place, "attr.name": column.name}
                    xml.write(etree.Element("key", key | {"attr.type": _TYPES.get(column.type, "string")}))
                    xml.write("\n")
            with xml.element("graph", edgedefault="directed"):
                for kind in NODES:
                    for row in data.records(kind):
                        _write(xml, "node", {"id": clean(row["urn"])}, nodes, row | {"label": label(row)})
                for row in unrecorded(data):
                    _write(xml, "node", {"id": clean(row["urn"])}, nodes, row | {"label": label(row)})
                for row in data.records("edge"):
                    ends = {"source": clean(row["source"]), "target": clean(row["target"])}
                    _write(xml, "edge", ends, EDGE_COLUMNS, row)


def _write(xml: Any, tag: str, attributes: dict[str, str], columns: Sequence[Column], row: dict[str, Any]) -> None:
    element = etree.Element(tag, attributes)
    for column in columns:
        item = row.get(column.name)
        if item is not None:
            etree.SubElement(element, "data", {"key": f"{tag}_{column.name}"}).text = value(item)
    element.tail = "\n"
    xml.write(element)
