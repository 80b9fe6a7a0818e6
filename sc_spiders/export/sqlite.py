"""SQLite: one table per kind, one view per relation, and what Datasette shows beside them."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sc_spiders.dataset import Dataset, InputError
from sc_spiders.dataset.columns import describe, quoted
from sc_spiders.dataset.sources import DATASETTE

from .databases import NAMED, declaration, kinds, views

# Times are ISO 8601 text, which sorts by time and which SQLite's date functions read. True and false are 1 and 0.
_TYPES = {"integer": "INTEGER", "number": "REAL", "boolean": "INTEGER"}
_INDEXED = {"comment": ("track_urn", "user_urn"), "track": ("user_urn",), "playlist": ("user_urn",)}
_SEARCHED = {
    "user": ("username", "full_name"),
    "track": ("title",),
    "playlist": ("title",),
    "comment": ("body",),
    "selection": ("title",),
}
"""Columns with full-text search. The first one is the name of a row in Datasette."""


def export(data: Dataset, path: Path) -> list[str]:
    """Writes nodes with `urn` as their key, and edges with a key and an index by target.

    A comment in each table's declaration says where the data is from. SQLite keeps the text of the declaration.
    """
    data.connection.execute("SET memory_limit = '128MB'")  # SQLite needs the rest, for its indexes
    with closing(_connect(path)) as db:
        try:
            # No journal is needed: nobody else opens the file before it is whole.
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("PRAGMA synchronous = OFF")
            db.execute("PRAGMA cache_size = -32768")
            db.execute("BEGIN")
            for kind in kinds(data):
                _table(db, data, kind)
            db.execute("CREATE UNIQUE INDEX edge_key ON edge (source, relation, target)")
            db.execute("CREATE INDEX edge_target ON edge (target, relation)")
            for kind in data.kinds:
                _index(db, kind)
            for view in views(data):
                db.execute(view)
            db.execute("COMMIT")
            db.execute("PRAGMA journal_mode = DELETE")
        except (sqlite3.IntegrityError, sqlite3.InterfaceError, OverflowError) as e:
            raise InputError(f"a record does not fit its table: {e}") from None
        except sqlite3.Error as e:
            raise OSError(str(e)) from None
    return [f"to look at it in a browser: datasette {path.name} -m {path.stem}{BESIDE}"]


BESIDE = DATASETTE


def beside(data: Dataset, path: Path) -> str:
    """The content of the file that tells Datasette what the tables and columns mean."""
    tables: dict[str, Any] = {}
    for kind in kinds(data):
        meanings = {one.name: one.description for one in data.columns(kind) if one.description}
        tables[kind] = {"description": describe(kind), "columns": meanings}
        if kind in _SEARCHED:
            tables[kind]["label_column"] = _SEARCHED[kind][0]
    told = {"description": data.origin.words, "databases": {path.stem: {"tables": tables}}}
    return json.dumps(told, ensure_ascii=False, indent=1)


def _connect(path: Path) -> sqlite3.Connection:
    """Open a database that nobody else knows yet: it needs no locks, and some file systems have none."""
    return sqlite3.connect(f"file:{quote(os.fsencode(path.absolute()))}?nolock=1", isolation_level=None, uri=True)


def _table(db: sqlite3.Connection, data: Dataset, kind: str) -> None:
    of_kind = data.columns(kind)
    declared = [declaration(kind, column, _TYPES.get(column.type, "TEXT")) for column in of_kind]
    # Not every node that is named has a record, and SQLite checks that only where it is asked to.
    for column in of_kind:
        if (named := NAMED.get(column.name)) in data.kinds:
            declared.append(f"FOREIGN KEY ({column.name}) REFERENCES {named} (urn)")
    comment = data.origin.words.replace("*/", "").replace("\0", "")
    db.execute(f"CREATE TABLE {quoted(kind)} (/* {comment} */ {', '.join(declared)})")
    marks = ", ".join("?" * len(of_kind))
    rows = data.rows(f"SELECT {', '.join(one.as_text for one in of_kind)} FROM {quoted(kind)}")
    db.executemany(f"INSERT INTO {quoted(kind)} VALUES ({marks})", rows)


def _index(db: sqlite3.Connection, kind: str) -> None:
    for column in _INDEXED.get(kind, ()):
        db.execute(f"CREATE INDEX {kind}_{column} ON {kind} ({column})")
    if kind in _SEARCHED:
        # Datasette finds it by the quotes.
        db.execute(f'CREATE VIRTUAL TABLE {kind}_fts USING fts5({", ".join(_SEARCHED[kind])}, content="{kind}")')
        db.execute(f"INSERT INTO {kind}_fts({kind}_fts) VALUES ('rebuild')")
