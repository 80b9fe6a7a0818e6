"""What the network tells about each node of a graph: its community, its PageRank, its place and colour in a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sc_spiders.dataset import MissingLibrary
from sc_spiders.dataset.columns import Column
from sc_spiders.dataset.libraries import library
from sc_spiders.report.layout import positions
from sc_spiders.report.measures import communities, pagerank

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LINKS = 2_000_000
"""Of a larger network nothing is computed: its memory is bounded, and no picture shows so many."""
COLUMNS = (
    Column("community", "integer", required=False),
    Column("pagerank", "number", required=False),
    Column("x", "number", required=False),
    Column("y", "number", required=False),
)
# As in the report: the colours of the largest communities, and that of all others.
_COLOURS = (
    *("4269a6", "d07a2c", "3f8f6b", "b9506b", "7a62b0", "8a6a45", "c77aa8", "3c93a6", "9a9a32", "cf6149", "6a7fc9"),
    *("5d9440", "a5a39d"),
)
_APART = 50  # the mean distance of neighbours; Gephi draws nodes with a size of 10


def make_network(db: DuckDBPyConnection) -> str | None:
    """Makes the table `network`: urn, community, pagerank, x, y, and r, g, b (0 to 255) of each row of `graph_node`.

    Returns why the table is empty, for people, or None.
    """
    db.execute("""
        CREATE TEMP TABLE network (
            urn VARCHAR, community INTEGER, pagerank DOUBLE, x DOUBLE, y DOUBLE, r UTINYINT, g UTINYINT, b UTINYINT
        )
    """)
    (links,) = db.execute("SELECT count(*) FROM graph_edge").fetchone() or (0,)
    if links > LINKS:
        return f"no communities, PageRank and positions: {links:,} edges are more than {LINKS:,}"
    try:
        _fill(db)
    except MissingLibrary as e:
        return f"no communities, PageRank and positions: {e}"
    return None


def _fill(db: DuckDBPyConnection) -> None:
    db.execute("""
        CREATE TEMP TABLE numbered AS
        SELECT (row_number() OVER (ORDER BY urn) - 1)::INTEGER AS number, urn FROM graph_node
    """)
    (count,) = db.execute("SELECT count(*) FROM numbered").fetchone() or (0,)
    links = db.execute("""
        SELECT a.number AS source, b.number AS target FROM graph_edge
        JOIN numbered a ON a.urn = source JOIN numbered b ON b.urn = target
        ORDER BY ALL
    """).fetchnumpy()
    (limit,) = db.execute("SELECT current_setting('memory_limit')").fetchone() or ("",)
    db.execute("SET memory_limit = '128MB'")  # the library needs as much
    measures = _measures(count, links["source"], links["target"])
    db.execute(f"SET memory_limit = '{limit}'")
    db.register("measures", measures)
    db.execute("INSERT INTO network SELECT urn, measures.* EXCLUDE number FROM numbered JOIN measures USING (number)")


def _measures(count: int, sources: Any, targets: Any) -> dict[str, Any]:
    """The columns of the table, by the numbers of the nodes."""
    np = library("numpy", "the network")
    groups = communities(count, sources, targets)
    x, y = positions(count, sources, targets, groups).T * _APART * count**0.5
    colours = np.array([list(bytes.fromhex(one)) for one in _COLOURS], np.uint8)
    r, g, b = colours[np.minimum(groups, len(colours) - 1)].T
    numbers = np.arange(count, dtype=np.int32)
    rank = pagerank(count, sources, targets)
    ranked = {"community": groups, "pagerank": rank, "x": np.round(x, 1), "y": np.round(y, 1)}
    return {"number": numbers, **ranked, "r": r.copy(), "g": g.copy(), "b": b.copy()}
