"""Shared by the graph formats: the nodes and edges of a data set, as views."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.columns import Column, Type, quoted
from sc_spiders.dataset.fields import NODES

from .network import COLUMNS, make_network

# A comment names its author and its track in fields. Tables can be joined by these, but a graph needs edges.
_OF_COMMENTS = """
    UNION ALL BY NAME
    SELECT 'writes' AS relation, user_urn AS source, urn AS target, created_at, fetched_at, api
    FROM comment WHERE user_urn <> ''
    UNION ALL BY NAME
    SELECT 'comments_on' AS relation, urn AS source, track_urn AS target, created_at, fetched_at, api
    FROM comment WHERE track_urn <> ''
"""
_KINDS = {
    "users": "user",
    "tracks": "track",
    "playlists": "playlist",
    "system-playlists": "playlist",
    "comments": "comment",
    "selections": "selection",
    "charts": "chart",
}
_LONGEST = 80  # characters of a label
_SHORTENED = f"CASE WHEN length(t) > {_LONGEST} THEN left(t, {_LONGEST - 1}) || '…' ELSE t END"
_LABELS = ("username", "title", "body", "permalink")


@dataclass(frozen=True, slots=True)
class Graph:
    """`nodes`: the columns of the view `drawn_node` beside `urn`; it also has viz_x, viz_y, viz_r, viz_g, viz_b.
    `edges`: the columns of the view `graph_edge` beside `source` and `target`. `notes`: lines for people."""

    nodes: list[Column]
    edges: list[Column]
    notes: list[str]


def make_graph(data: Dataset) -> Graph:
    """Makes the views of nodes and edges."""
    edges, nodes = make_edges(data), make_nodes(data)
    lack = make_network(data.connection)
    names = {one.name for one in nodes}
    computed = [one for one in COLUMNS if lack is None and one.name not in names]
    of_network = [f"network.{one.name}" for one in computed]
    of_network += [f"network.{name} AS viz_{name}" for name in ("x", "y", "r", "g", "b")]
    data.connection.execute(
        f"CREATE TEMP VIEW drawn_node AS SELECT graph_node.*, {', '.join(of_network)} "
        "FROM graph_node LEFT JOIN network USING (urn)"
    )
    return Graph([*nodes, *computed], edges, [lack] if lack else [])


def make_edges(data: Dataset) -> list[Column]:
    """Makes the view `graph_edge`: the edges, and two edges for each comment: its author `writes` it, and it
    `comments_on` its track. Returns the columns beside source and target."""
    of_comments = _OF_COMMENTS if "comment" in data.kinds else ""
    data.connection.execute(f"CREATE TEMP VIEW graph_edge AS SELECT * EXCLUDE kind FROM edge {of_comments}")
    return [one for one in data.columns("edge") if one.name not in ("kind", "source", "target")]


def make_unrecorded(data: Dataset) -> None:
    """Makes the table `unrecorded`: kind, urn, partial and username of each end of an edge without a record.

    Charts and searches have no record. With SC_KINDS=edge no node has one. A comment has its author's name.
    """
    ends = "SELECT unnest([source, target]) AS urn, NULL AS username FROM graph_edge"
    if "comment" in data.kinds:
        ends += " UNION ALL SELECT user_urn, user_username FROM comment WHERE user_urn <> ''"
    recorded = " UNION ALL ".join(f"SELECT urn FROM {kind}" for kind in _nodes(data)) or "SELECT '' AS urn"
    data.connection.execute(f"""
        CREATE TEMP TABLE unrecorded AS
        SELECT urn, split_part(replace(urn, 'soundcloud:', ''), ':', 1) AS name,
               coalesce(MAP {_KINDS}[name], name) AS kind, true AS partial, any_value(username) AS username
        FROM ({ends}) ANTI JOIN ({recorded}) USING (urn)
        GROUP BY urn ORDER BY urn
    """)


def make_nodes(data: Dataset) -> list[Column]:
    """Makes the view `graph_node`: urn, kind and label of all nodes, and the columns that hold a value in some.

    Returns the columns beside the URN. `id` is left out: tools take a column of that name for the node's identifier,
    which is the URN here. A column whose type differs between kinds is text.
    """
    of_kinds = {kind: used(data, kind) for kind in _nodes(data)}
    types = _types(chain(*of_kinds.values()))
    db = data.connection
    db.execute(f"CREATE TEMP MACRO shortened(t) AS {_SHORTENED}")
    make_unrecorded(data)
    parts = ["SELECT urn, kind, shortened(coalesce(nullif(username, ''), urn)) AS label, partial FROM unrecorded"]
    for kind, of_kind in of_kinds.items():
        values = [f"{_value(one, types[one.name])} AS {quoted(one.name)}" for one in of_kind if one.name in types]
        parts.append(f"SELECT {', '.join(['urn', 'kind', f'{_label(of_kind)} AS label', *values])} FROM {kind}")
    db.execute(f"CREATE TEMP VIEW graph_node AS {' UNION ALL BY NAME '.join([*parts[1:], parts[0]])}")
    always = [Column("kind", "string", required=True), Column("label", "string", required=True)]
    return always + [Column(name, type_, required=False) for name, type_ in types.items()]


def used(data: Dataset, kind: str) -> list[Column]:
    """The columns of a kind that hold a value in at least one record."""
    of_kind = data.columns(kind)
    counted = ", ".join(f"count({quoted(one.name)})" for one in of_kind)
    counts = data.connection.execute(f"SELECT {counted} FROM {quoted(kind)}").fetchone() or ()
    return [column for column, count in zip(of_kind, counts, strict=True) if count]


def _types(columns: Iterable[Column]) -> dict[str, Type]:
    """The type of each column of nodes that is a value of theirs."""
    types: dict[str, Type] = {"partial": "boolean"}
    for column in columns:
        if types.setdefault(column.name, column.type) != column.type:
            types[column.name] = "string"
    return {name: type_ for name, type_ in types.items() if name not in ("kind", "urn", "label", "id")}


def _nodes(data: Dataset) -> list[str]:
    """The kinds of nodes that have records."""
    return [kind for kind in NODES if kind in data.kinds]


def _value(column: Column, type_: Type) -> str:
    if column.type != type_:
        return f"({column.as_text})::VARCHAR"
    return quoted(column.name)


def _label(of_kind: list[Column]) -> str:
    """SQL for a name of the node for people: its added field `label`, if there is one."""
    has = {one.name for one in of_kind}
    names = [f"nullif({name}, '')" for name in _LABELS if name in has]
    shown = f"shortened(coalesce({', '.join([*names, 'urn'])}))"
    if "label" not in has:
        return shown
    return f"coalesce(to_json(label) ->> '$', {shown})"
