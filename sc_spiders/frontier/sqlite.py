"""The frontier's store: listings and what is acknowledged of the output, in one SQLite file.

One transaction holds a page's acknowledgement, the listings that it led to and the lengths of the output files. Without
a job directory, the store is a temporary database that ends with the process.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from sc_spiders import records
from sc_spiders.pages.listing import Listing

# PENDING: to be requested. LEASED: requested, not answered. PARKED: a later run tries it again. ENDED: incomplete, and
# never tried again. WAITING: for tracks. RESTING: this run retries it after a wait.
PENDING, LEASED, PARKED, ENDED, WAITING, RESTING = _STATES = range(6)

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS listings (
    id INTEGER PRIMARY KEY, state INTEGER NOT NULL, started INTEGER NOT NULL, level INTEGER NOT NULL,
    data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS wanted (
    playlist INTEGER NOT NULL, track INTEGER NOT NULL, listing INTEGER NOT NULL,
    PRIMARY KEY (playlist, track, listing)) WITHOUT ROWID; -- in the key's order: SQLite 3.40's quick_check needs it
CREATE INDEX IF NOT EXISTS pending ON listings (started DESC, level, id) WHERE state = 0;
"""
_INSERT = "INSERT INTO listings (id, state, started, level, data) VALUES (?, 0, ?, ?, ?)"
_SAVE = "INSERT OR REPLACE INTO listings (id, state, started, level, data) VALUES (?, ?, ?, ?, ?)"
_NOTE = "INSERT OR REPLACE INTO meta VALUES (?, ?)"
_NEXT = """
SELECT data FROM listings WHERE state = 0 AND started >= ? AND (level <= ? OR level >= ?)
ORDER BY started DESC, level, id LIMIT ?
"""


def connect(path: Path, *, mode: str = "rwc", has_locks: bool) -> sqlite3.Connection:
    """Open a database. Raises sqlite3.Error.

    Without `has_locks`, SQLite takes no locks: its own would fail. It keeps the index of its write-ahead log in its
    memory, not in a file that processes share. So nobody else may write to the database: the caller makes sure of that.
    """
    options = f"mode={mode}"
    if not has_locks:
        options += "&vfs=unix-none"
    db = sqlite3.connect(f"file:{quote(os.fsencode(path.absolute()))}?{options}", isolation_level=None, uri=True)
    if not has_locks:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
    return db


def is_empty(db: sqlite3.Connection) -> bool:
    """Whether a database has no tables yet."""
    return not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def unfinished(db: sqlite3.Connection) -> int:
    """The number of listings that this or a later run requests."""
    return int(db.execute("SELECT count(*) FROM listings WHERE state <> ?", (ENDED,)).fetchone()[0])


class Store:
    """Listings in SQLite, for one process at a time. Every method raises sqlite3.Error if the disk fails.

    `path`: None for a temporary database. `has_locks`: whether SQLite can lock files there.
    """

    def __init__(self, path: Path | None, *, has_locks: bool) -> None:
        self._has_locks = has_locks
        if path is None:
            self._db = sqlite3.connect("", isolation_level=None)
        else:
            self._db = connect(path, has_locks=has_locks)
        # An acknowledgement survives if the process dies. After a power cut the last ones may be missing, never torn.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA wal_autocheckpoint = 0")  # `checkpoint` decides when
        self.is_new = is_empty(self._db)
        self.levels: Counter[int] = Counter()
        self._next = 1

    def create(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(f"BEGIN; {_TABLES} COMMIT")
        sys.audit("sc_spiders.create_store.after")

    @property
    def begun(self) -> bool:
        """Whether a crawl was begun here. The output folder does not count: it is made and stored before that."""
        return bool(self._db.execute("SELECT count(*) FROM meta WHERE name <> 'folder'").fetchone()[0])

    def check(self) -> None:
        """Raises sqlite3.DatabaseError if the file is damaged; ValueError, TypeError, KeyError for invalid listings."""
        (found,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        self._db.execute("SELECT playlist, track, listing FROM wanted LIMIT 1").fetchall()
        for state, listing in self._db.execute("SELECT state, data FROM listings"):
            if state not in _STATES or not Listing.loads(listing).spec:
                raise ValueError(f"a listing has the state {state!r}")

    def reopen(self) -> None:
        """Make listings pending again that an earlier run leased or parked."""
        sys.audit("sc_spiders.reopen.before")
        back = []
        for state, listing in self.having(PARKED, LEASED):
            if state == LEASED:
                if listing.attempts:
                    listing.losses += 1  # counts instead of the attempt (`Listing.sendings`)
                    listing.attempts -= 1
            else:
                listing.reopen()
            back.append(listing)
        with self._db:  # commits, or rolls back after an exception
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("UPDATE listings SET state = 0 WHERE state = 5")
            for listing in back:
                self.save(listing, PENDING)
        self.levels.update(
            dict(self._db.execute("SELECT level, count(*) FROM listings WHERE state = 0 GROUP BY level"))
        )
        self._next = (self._db.execute("SELECT max(id) FROM listings").fetchone()[0] or 0) + 1
        self._next = max(self._next, self.get("next", 1))
        sys.audit("sc_spiders.reopen.after")

    def pending(self, count: int, unordered_from: int, *, tried: bool = True) -> list[Listing]:
        """Up to `count` pending listings, by `Listing.turn`, then by level. They become LEASED when requested.

        A level waits until the one before has ended, but from `unordered_from` on none does. `tried`: also listings
        that an earlier run tried without success.
        """
        lowest = min(self.levels, default=0)
        rows = self._db.execute(_NEXT, (-1 if tried else 0, lowest, unordered_from, count)).fetchall()
        return [Listing.loads(data) for (data,) in rows]

    def commit(
        self,
        saved: Iterable[tuple[Listing, int | None]],
        added: list[Listing],
        meta: dict[str, Any],
        *,
        waited: Iterable[tuple[Listing, int | None]] = (),
        wanted: Iterable[tuple[int, int, int]] = (),
        done: Iterable[tuple[int, int]] = (),
    ) -> None:
        """Store in one transaction: listings with their new state (None: delete it), new listings, further values.

        `waited`: listings that were WAITING, with their new state. `wanted`: tracks that listings now wait for, as
        (listing, private playlist, track). `done`: tracks that no listing waits for any more, as (private playlist,
        track).
        """
        with self._db as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany(_NOTE, _encoded(meta))
            for listing, state in waited:
                self.save(listing, state)
            db.executemany("INSERT OR IGNORE INTO wanted (listing, playlist, track) VALUES (?, ?, ?)", wanted)
            db.executemany("DELETE FROM wanted WHERE playlist = ? AND track = ?", done)
            for listing, state in saved:
                self.save(listing, state)
                if state not in (PENDING, LEASED, RESTING):
                    self.levels[listing.level] -= 1
                    if not self.levels[listing.level]:
                        del self.levels[listing.level]
            if added:
                for listing in added:
                    listing.id = self._next
                    self._next += 1
                    self.levels[listing.level] += 1
                db.executemany(_INSERT, [(one.id, one.turn, one.level, one.dumps()) for one in added])
                db.executemany(_NOTE, _encoded({"next": self._next}))

    def save(self, listing: Listing, state: int | None) -> None:
        """Save a listing with its new state (None: delete it)."""
        sys.audit("sc_spiders.save.before", listing)
        if state is None:
            self._db.execute("DELETE FROM listings WHERE id = ?", (listing.id,))
        else:
            self._db.execute(_SAVE, (listing.id, state, listing.turn, listing.level, listing.dumps()))

    def wanted(self) -> Iterator[tuple[int, tuple[int, int]]]:
        """All tracks that listings wait for: listing, (private playlist, track)."""
        for id_, playlist, track in self._db.execute("SELECT listing, playlist, track FROM wanted ORDER BY listing"):
            yield id_, (playlist, track)

    def drop_wanted(self) -> int:
        """Delete `wanted` tracks of listings that do not wait. Returns the number of these listings."""
        ended = "SELECT DISTINCT listing FROM wanted WHERE listing NOT IN (SELECT id FROM listings WHERE state = ?)"
        gone = self._db.execute(ended, (WAITING,)).fetchall()
        self._db.executemany("DELETE FROM wanted WHERE listing = ?", gone)
        return len(gone)

    def get(self, name: str, default: Any = None) -> Any:
        # As bytes: another version or another program may have written any type.
        row = self._db.execute("SELECT CAST(value AS BLOB) FROM meta WHERE name = ?", (name,)).fetchone()
        return records.decode(row[0]) if row else default

    def having(self, *states: int, asked: bool = False) -> Iterator[tuple[int, Listing]]:
        """All listings in these states, with their state. `asked`: without those that were never requested."""
        marks = ",".join("?" * len(states))
        but = "AND NOT (state = 0 AND started = 0)" if asked else ""
        found = self._db.execute(f"SELECT state, data FROM listings WHERE state IN ({marks}) {but}", states)  # noqa: S608
        for state, data in found:
            yield state, Listing.loads(data)

    def unasked(self, most: int) -> list[Listing]:
        """Up to `most` listings that were never requested, in the order in which they will be requested."""
        rows = self._db.execute(
            "SELECT data FROM listings WHERE state = 0 AND started = 0 ORDER BY level, id LIMIT ?", (most,)
        )
        return [Listing.loads(data) for (data,) in rows]

    @property
    def unfinished(self) -> int:
        return unfinished(self._db)

    def count(self, *states: int) -> int:
        marks = ",".join("?" * len(states))
        (count,) = self._db.execute(f"SELECT count(*) FROM listings WHERE state IN ({marks})", states).fetchone()  # noqa: S608
        return int(count)

    def count_pending(self, turn: int) -> int:
        """How many pending listings have that `Listing.turn`."""
        found = self._db.execute("SELECT count(*) FROM listings WHERE state = 0 AND started = ?", (turn,))
        return int(found.fetchone()[0])

    def checkpoint(self) -> None:
        """Wait until all commits are in the database on the disk. They cannot be undone any more."""
        sys.audit("sc_spiders.checkpoint.before")
        self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        sys.audit("sc_spiders.checkpoint.after")

    def write_anew(self, path: Path) -> None:
        """Write a copy of the store to that path, because its file was deleted. Raises sqlite3.Error."""
        with closing(connect(path, has_locks=self._has_locks)) as copy:
            self._db.backup(copy)

    def close(self) -> None:
        self._db.close()

    def leave(self) -> None:
        """End without closing: closing would move all commits into the database and delete the log."""
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._db))  # so that Python never closes it


def _encoded(meta: dict[str, Any]) -> list[tuple[str, bytes]]:
    try:
        return list(zip(meta, map(orjson.dumps, meta.values()), strict=True))
    except TypeError:  # a path is not UTF-8
        return [(name, records.dumps(value)) for name, value in meta.items()]
