"""DuckDB: one table per kind, one view per relation."""

from __future__ import annotations

from pathlib import Path

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.identity import NODES
from sc_spiders.dataset.libraries import library

from .columns import literal, quoted
from .databases import declaration, kinds, views

_STORAGE = "v1.0.0"  # DuckDB 1.1 and newer open it; 1.0 does not, because of the keys
_NO_LOCKS = "its file system has no locks, which DuckDB needs; name a file on another disk with -o"
_MEMORY = 300_000_000  # bytes
_KEY = 80  # bytes for each key, which DuckDB keeps in memory; 50 are used


def export(data: Dataset, path: Path) -> list[str]:
    """Writes nodes with `urn` as their key, and every edge once. Raises InputError, duckdb.Error.

    Edges have no key, and no table has an index. At a million edges, key and index made the file 5.7 times as large
    (131 MB) and no query faster: DuckDB reads a whole column in about 40 ms. And DuckDB 1.1 cannot open a renamed file
    with an index that DuckDB 2.0 wrote.
    """
    duckdb = library("duckdb", "the DuckDB export")
    db = data.connection
    db.execute(f"SET memory_limit = '{_MEMORY + _KEY * sum(data.counts.get(kind, 0) for kind in NODES)}B'")
    try:
        db.execute(f"ATTACH {literal(str(path))} AS export (STORAGE_VERSION '{_STORAGE}')")
    except duckdb.IOException as e:
        if "Could not set lock" in str(e):  # no other process knows the file
            raise OSError(_NO_LOCKS) from None
        raise
    for kind in kinds(data):
        _table(data, kind)
    db.execute("USE export")
    for view in views(data):
        db.execute(view)
    db.execute("USE memory")
    db.execute("DETACH export")
    return []


def _table(data: Dataset, kind: str) -> None:
    """Writes the table of a kind, with the schema's description of each column."""
    db, of_kind, table = data.connection, data.columns(kind), f"export.{quoted(kind)}"
    db.execute(f"CREATE TABLE {table} ({', '.join(declaration(kind, one, one.sql_type) for one in of_kind)})")
    db.execute(f"INSERT INTO {table} SELECT {', '.join(quoted(one.name) for one in of_kind)} FROM {quoted(kind)}")
    db.execute(f"COMMENT ON TABLE {table} IS {literal(data.origin.words)}")
    for column in of_kind:
        if column.description:
            db.execute(f"COMMENT ON COLUMN {table}.{quoted(column.name)} IS {literal(column.description)}")
