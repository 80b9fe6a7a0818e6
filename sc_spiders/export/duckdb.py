"""DuckDB: one table per kind, one view per relation."""

from __future__ import annotations

from pathlib import Path

from sc_spiders.dataset import Dataset, InputError
from sc_spiders.dataset.libraries import library

from .columns import Column
from .parquet import batches
from .tables import literal, primary_key, quoted, table_columns, views

_TYPES = {
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "time": "TIMESTAMP",  # UTC; with a time zone, Python needs another package to read it
    "strings": "VARCHAR[]",
    "json": "JSON",
}
_STORAGE = "v1.0.0"  # DuckDB 1.1 and newer open it; 1.0 does not, because of the keys
_NO_LOCKS = "its file system has no locks, which DuckDB needs; name a file on another disk with -o"
_MEMORY = 256_000_000  # bytes
_KEY = 80  # bytes for each key; 50 are used


def export(data: Dataset, path: Path) -> None:
    """Writes nodes with `urn` as their key, and every edge once. Raises OSError, InputError.

    Edges have no key, and no table has an index. At a million edges, key and index made the file 5.7 times as large
    (131 MB) and no query faster: DuckDB reads a whole column in about 40 ms. And DuckDB 1.1 cannot open a renamed file
    with an index that DuckDB 2.0 wrote.
    """
    duckdb = library("duckdb", "the DuckDB export")
    library("pyarrow", "the DuckDB export")
    limits = {"memory_limit": f"{_memory(data)}B", "threads": 2}
    try:
        with duckdb.connect(str(path), config={"storage_compatibility_version": _STORAGE, **limits}) as db:
            db.execute("SET preserve_insertion_order = false")
            db.execute("SET TimeZone = 'UTC'")
            for kind in sorted({*data.counts, "edge"}):
                of_kind = table_columns(data, kind)
                db.execute(f"CREATE TABLE {quoted(kind)} ({', '.join(_declaration(c, kind) for c in of_kind)})")
                db.execute(f"COMMENT ON TABLE {quoted(kind)} IS {literal(data.origin.words)}")
                for batch in batches(data, kind, of_kind):
                    db.register("batch", batch)
                    db.execute(f"INSERT INTO {quoted(kind)} SELECT * FROM batch")  # noqa: S608 - our own names
                    db.unregister("batch")
            for view in views(data):
                db.execute(view)
            db.execute("CHECKPOINT")
    except (duckdb.ConstraintException, duckdb.ConversionException, duckdb.InvalidInputException) as e:
        raise InputError(f"a record does not fit its table: {e}") from None
    except duckdb.Error as e:
        if "Could not set lock" in str(e):  # no other process knows the file
            raise OSError(_NO_LOCKS) from None
        raise OSError(f"{path.name} cannot be written: {e}") from None


def _memory(data: Dataset) -> int:
    """Bytes of memory for DuckDB. It keeps keys in memory, and can move everything else to the disk."""
    keys = sum(count for kind, count in data.counts.items() if primary_key(kind))
    return _MEMORY + keys * _KEY


def _declaration(column: Column, kind: str) -> str:
    parts = [quoted(column.name), _TYPES.get(column.type, "VARCHAR")]
    if column.required:
        parts.append("NOT NULL")
    if column.name == primary_key(kind):
        parts.append("PRIMARY KEY")
    return " ".join(parts)
