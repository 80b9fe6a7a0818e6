"""GEXF 1.2, which both Gephi and NetworkX read by default, with the positions and colours that Gephi shows."""

from __future__ import annotations

from pathlib import Path

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.columns import Column, literal

from .graph import make_graph
from .xml import TYPES, around, lines, start, value, write

_NAMESPACES = {"xmlns": "http://www.gexf.net/1.2draft", "xmlns:viz": "http://www.gexf.net/1.2draft/viz"}
_ENDS = {"source": "source", "target": "target", "label": "relation", "kind": "relation"}
_POSITION = """'<viz:position x="' || viz_x || '" y="' || viz_y || '" z="0.0"/>'"""
_COLOUR = """'<viz:color r="' || viz_r || '" g="' || viz_g || '" b="' || viz_b || '"/>'"""


def export(data: Dataset, path: Path) -> list[str]:
    """Writes nodes by URN with label, kind and fields, and edges with relation and fields."""
    graph = make_graph(data)
    nodes = [one for one in graph.nodes if one.name not in ("label", "x", "y")]
    node = [around('<node id="', "escape(urn)", '"'), around(' label="', "escape(label)", '"><attvalues>')]
    node += [*_values(nodes), "'</attvalues>'", _POSITION, _COLOUR, "'</node>'"]
    # Gephi joins edges between the same two nodes unless their `kind` differs. By the hash, an edge keeps its id.
    edge = [around('<edge id="', "hash(source, relation, target)", '"')]
    edge += [around(f' {name}="', f"escape({of})", '"') for name, of in _ENDS.items()]
    edge += ["'><attvalues>'", *_values(graph.edges), "'</attvalues></edge>'"]
    write(
        data.connection,
        path,
        [
            lines('<?xml version="1.0" encoding="UTF-8"?>', start("gexf", {**_NAMESPACES, "version": "1.2"})),
            lines("<meta>", "<creator>sc_spiders</creator>"),
            f"SELECT {around('<description>', f'escape({literal(data.origin.words)})', '</description>')}",
            lines("</meta>", start("graph", {"mode": "static", "defaultedgetype": "directed"})),
            lines(*_declared("node", nodes), *_declared("edge", graph.edges), "<nodes>"),
            f"SELECT concat({', '.join(node)}) FROM drawn_node",
            lines("</nodes>", "<edges>"),
            f"SELECT concat({', '.join(edge)}) FROM graph_edge",
            lines("</edges>", "</graph>", "</gexf>"),
        ],
    )
    return graph.notes


def _declared(place: str, columns: list[Column]) -> list[str]:
    """The declarations of the columns."""
    declared = [
        start("attribute", {"id": one.name, "title": one.name, "type": TYPES.get(one.type, "string")}, "/>")
        for one in columns
    ]
    return [start("attributes", {"class": place}), *declared, "</attributes>"]


def _values(columns: list[Column]) -> list[str]:
    return [around(f'{start("attvalue", {"for": one.name}, "")} value="', value(one), '"/>') for one in columns]
