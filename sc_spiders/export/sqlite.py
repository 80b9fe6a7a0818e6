"""SQLite: one table per kind, one view per relation."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sc_spiders.dataset import Dataset, InputError

from .columns import Column, flat
from .tables import primary_key, quoted, table_columns, views

# Times are ISO 8601 text, which sorts by time and which SQLite's date functions read. True and false are 1 and 0.
_TYPES = {"integer": "INTEGER", "number": "REAL", "boolean": "INTEGER"}
_INDEXED = {"comment": ("track_urn", "user_urn"), "track": ("user_urn",), "playlist": ("user_urn",)}


def export(data: Dataset, path: Path) -> None:
    """Writes nodes with `urn` as their key, and edges with a key and an index by target. Raises OSError, InputError.

    A comment in each table's declaration says where the data is from. SQLite keeps the text of the declaration.
    """
    with closing(_connect(path)) as db:
        try:
            # No journal is needed: nobody else opens the file before it is whole.
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("PRAGMA synchronous = OFF")
            db.execute("PRAGMA cache_size = -65536")
            db.execute("BEGIN")
            for kind in sorted({*data.counts, "edge"}):
                _table(db, data, kind)
            db.execute("CREATE UNIQUE INDEX edge_key ON edge (source, relation, target)")
            db.execute("CREATE INDEX edge_target ON edge (target, relation)")
            for kind in sorted(_INDEXED.keys() & data.counts.keys()):
                _index(db, kind)
            for view in views(data):
                db.execute(view)
            db.execute("COMMIT")
            db.execute("PRAGMA journal_mode = DELETE")
        except (sqlite3.IntegrityError, sqlite3.InterfaceError, OverflowError) as e:
            raise InputError(f"a record does not fit its table: {e}") from None
        except sqlite3.Error as e:
            raise OSError(f"{path.name} cannot be written: {e}") from None


def _connect(path: Path) -> sqlite3.Connection:
    """Open a database that nobody else knows yet: it needs no locks, and some file systems have none."""
    return sqlite3.connect(f"file:{quote(os.fsencode(path.absolute()))}?nolock=1", isolation_level=None, uri=True)


def _table(db: sqlite3.Connection, data: Dataset, kind: str) -> None:
    of_kind = table_columns(data, kind)
    declared = ", ".join(_declaration(column, kind) for column in of_kind)
    comment = data.origin.words.replace("*/", "").replace("\0", "")
    db.execute(f"CREATE TABLE {quoted(kind)} (/* {comment} */ {declared})")
    marks = ", ".join("?" * len(of_kind))
    db.executemany(
        f"INSERT INTO {quoted(kind)} VALUES ({marks})",  # noqa: S608 - names from our own schemas
        (flat(row, of_kind) for row in data.records(kind)),
    )


def _index(db: sqlite3.Connection, kind: str) -> None:
    for column in _INDEXED[kind]:
        db.execute(f"CREATE INDEX {kind}_{column} ON {kind} ({column})")


def _declaration(column: Column, kind: str) -> str:
    parts = [quoted(column.name), _TYPES.get(column.type, "TEXT")]
    if column.required:
        parts.append("NOT NULL")
    if column.name == primary_key(kind):
        parts.append("PRIMARY KEY")
    return " ".join(parts)
