"""DuckDB: one table per kind, one view per relation."""

from __future__ import annotations

from pathlib import Path

from sc_spiders.dataset import Dataset, OutputRefused
from sc_spiders.dataset.columns import literal, quoted
from sc_spiders.dataset.fields import NODES
from sc_spiders.dataset.libraries import library
from sc_spiders.records import FIELDS

from .databases import NAMED, declaration, kinds, views

_STORAGE = "v1.0.0"  # DuckDB 1.1 and newer open it; 1.0 does not, because of the keys
_NO_LOCKS = "its file system has no locks, which DuckDB needs; name a file on another disk with -o"
_MEMORY = 240_000_000  # bytes
_KEY = 80  # bytes for each key, which DuckDB keeps in memory; 50 are used
_FIRST = {"user": 0, "track": 1}  # others refer to these


def export(data: Dataset, path: Path) -> list[str]:
    """Writes nodes with `urn` as their key, and every edge once.

    DuckDB checks foreign keys. So those are declared that hold: of columns whose every URN has its record.
    Edges have no key, and no table has an index. At a million edges, key and index made the file 5.7 times as large
    (131 MB) and no query faster: DuckDB reads a whole column in about 40 ms. And DuckDB 1.1 cannot open a renamed file
    with an index that DuckDB 2.0 wrote.
    """
    if "?" in str(path):  # DuckDB would look for a part of the database in another folder
        raise OutputRefused("DuckDB takes no path with a question mark; name another one with -o")
    duckdb = library("duckdb", "the DuckDB export")
    db = data.connection
    keys = {kind: _foreign_keys(data, kind) for kind in kinds(data)}
    entries = sum(count * ((kind in NODES) + len(keys.get(kind, ()))) for kind, count in data.counts.items())
    db.execute(f"SET memory_limit = '{_MEMORY + _KEY * entries}B'")
    try:
        db.execute(f"ATTACH {literal(str(path))} AS export (STORAGE_VERSION '{_STORAGE}')")
    except duckdb.IOException as e:
        if "Could not set lock" in str(e):  # no other process knows the file
            raise OSError(_NO_LOCKS) from None
        raise
    for kind in sorted(kinds(data), key=lambda kind: _FIRST.get(kind, len(_FIRST))):
        _table(data, kind, keys[kind])
    db.execute("USE export")
    for view in views(data):
        db.execute(view)
    db.execute("USE memory")
    db.execute("DETACH export")
    return []


def _foreign_keys(data: Dataset, kind: str) -> list[str]:
    """The foreign keys of a kind that hold, as DuckDB declares them."""
    found = []
    for name, target in NAMED.items():
        if target not in data.kinds or name not in FIELDS[kind]:
            continue
        named = f"FROM {quoted(kind)} AS one WHERE {name} IS NOT NULL"
        without = f"{named} AND NOT EXISTS (FROM {quoted(target)} AS other WHERE other.urn = one.{name})"
        ((is_broken,),) = data.rows(f"SELECT EXISTS ({without})")
        if not is_broken:
            found.append(f"FOREIGN KEY ({name}) REFERENCES {quoted(target)} (urn)")
    return found


def _table(data: Dataset, kind: str, foreign_keys: list[str]) -> None:
    """Writes the table of a kind, with the schema's description of each column."""
    db, of_kind, table = data.connection, data.columns(kind), f"export.{quoted(kind)}"
    declared = [declaration(kind, one, one.sql_type) for one in of_kind]
    db.execute(f"CREATE TABLE {table} ({', '.join([*declared, *foreign_keys])})")
    db.execute(f"INSERT INTO {table} SELECT {', '.join(quoted(one.name) for one in of_kind)} FROM {quoted(kind)}")
    db.execute(f"COMMENT ON TABLE {table} IS {literal(data.origin.words)}")
    for column in of_kind:
        if column.description:
            db.execute(f"COMMENT ON COLUMN {table}.{quoted(column.name)} IS {literal(column.description)}")
