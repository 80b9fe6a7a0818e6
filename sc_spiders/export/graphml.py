"""GraphML. Gephi takes `x` and `y` for the position of a node."""

from __future__ import annotations

from pathlib import Path

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.columns import Column, literal

from .graph import make_graph
from .xml import TYPES, around, lines, start, value, write


def export(data: Dataset, path: Path) -> list[str]:
    """Writes nodes by URN with kind, label and fields, and edges with relation and fields."""
    graph = make_graph(data)
    node = [around('<node id="', "escape(urn)", '">'), *_values("node", graph.nodes), "'</node>'"]
    ends = [around('<edge source="', "escape(source)", '"'), around(' target="', "escape(target)", '">')]
    edge = [*ends, *_values("edge", graph.edges), "'</edge>'"]
    write(
        data.connection,
        path,
        [
            lines('<?xml version="1.0" encoding="UTF-8"?>', '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'),
            f"SELECT {around('<desc>', f'escape({literal(data.origin.words)})', '</desc>')}",
            lines(*_keys("node", graph.nodes), *_keys("edge", graph.edges), '<graph edgedefault="directed">'),
            f"SELECT concat({', '.join(node)}) FROM drawn_node",
            f"SELECT concat({', '.join(edge)}) FROM graph_edge",
            lines("</graph>", "</graphml>"),
        ],
    )
    return graph.notes


def _keys(place: str, columns: list[Column]) -> list[str]:
    """The declarations of the columns."""
    return [
        start("key", {"id": f"{place}_{one.name}", "for": place, "attr.name": one.name, "attr.type": _type(one)}, "/>")
        for one in columns
    ]


def _type(column: Column) -> str:
    return TYPES.get(column.type, "string")


def _values(place: str, columns: list[Column]) -> list[str]:
    return [around(start("data", {"key": f"{place}_{one.name}"}), value(one), "</data>") for one in columns]
