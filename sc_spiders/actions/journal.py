"""The journal: what was read of the account, and how each action stands. It is on the disk before anything is sent."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from sc_spiders.actions.account import Note
from sc_spiders.actions.action import Action

FILE = "actions.sqlite"
"""Its name in a job directory."""

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notes (
    place TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, number INTEGER PRIMARY KEY, UNIQUE (place, name));
CREATE TABLE IF NOT EXISTS actions (
    number INTEGER PRIMARY KEY, status TEXT NOT NULL, stage TEXT NOT NULL, urn TEXT, marker TEXT, sent_at REAL NOT NULL,
    data TEXT NOT NULL);
"""


class Journal:
    """The journal in that database. Every method raises sqlite3.Error if the disk fails."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # an intent that is lost would be a write that nobody knows of
        db.executescript(f"BEGIN; {_TABLES} COMMIT")

    # What was read

    def note(self, notes: Iterable[Note]) -> None:
        """Store what was read of the account. A page that comes again changes nothing."""
        with self._db as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                "INSERT INTO notes (place, name, value) VALUES (?, ?, ?) "
                "ON CONFLICT (place, name) DO UPDATE SET value = excluded.value",
                [(place, name, json.dumps(value)) for place, name, value in notes],
            )

    def notes(self) -> Iterator[Note]:
        """All that was read, in its order."""
        for place, name, value in self._db.execute("SELECT place, name, value FROM notes ORDER BY number"):
            yield place, name, json.loads(value)

    # What is done

    @property
    def run(self) -> str:
        """The run's own id, which its markers begin with; "" before it has begun."""
        return str(self._get("run", ""))

    @property
    def account(self) -> str:
        """URN of the account."""
        return str(self._get("account", ""))

    @property
    def applies(self) -> bool:
        """Whether the actions are sent; otherwise they are only planned."""
        return bool(self._get("applies", False))

    def begin(self, account: str, actions: Iterable[Action], *, applies: bool) -> None:
        """Store all actions, in one transaction."""
        values = {"run": secrets.token_hex(4), "account": account, "applies": applies}
        with self._db as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", [(n, json.dumps(v)) for n, v in values.items()])
            for action in actions:
                self._save(action)

    def save(self, *actions: Action) -> None:
        """Store how actions stand. It is on the disk when this returns."""
        with self._db as db:
            db.execute("BEGIN IMMEDIATE")
            for action in actions:
                self._save(action)

    def _save(self, action: Action) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO actions VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                action.number,
                action.status,
                action.stage,
                action.target,
                action.marker,
                action.sent_at,
                json.dumps(action.dumps()),
            ),
        )

    def actions(self) -> list[Action]:
        """All actions, in the order of the plan."""
        rows = self._db.execute("SELECT data FROM actions ORDER BY number")
        return [Action.loads(json.loads(data)) for (data,) in rows]

    def _get(self, name: str, default: Any) -> Any:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def close(self) -> None:
        self._db.close()
