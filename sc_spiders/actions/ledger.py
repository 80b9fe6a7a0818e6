"""What was changed of an account from this machine: it holds the daily ceilings, also over new job directories.

One file an account, beside the token file. Only its owner can read it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from sc_spiders.actions.action import RELATIONS, TAKES_BACK, Action, moment
from sc_spiders.actions.plan import normal_text
from sc_spiders.api.writes import CEILINGS
from sc_spiders.errors import ArgumentError

DAY = 86_400.0  # seconds
_REST = 30 * DAY

_TABLES = """
CREATE TABLE IF NOT EXISTS sent (
    run TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, class TEXT NOT NULL, do TEXT NOT NULL, target TEXT,
    text TEXT, PRIMARY KEY (run, number));
CREATE INDEX IF NOT EXISTS by_target ON sent (target, at);
CREATE INDEX IF NOT EXISTS by_class ON sent (class, at);
CREATE TABLE IF NOT EXISTS printed (digest TEXT PRIMARY KEY, at REAL NOT NULL, origin TEXT NOT NULL);
"""


class Ledger:
    """The ledger of one account. Raises ArgumentError if it cannot be used, sqlite3.Error if the disk fails.

    `folder`: that of the token file. `account`: a URN.
    """

    def __init__(self, folder: Path, account: str) -> None:
        self.path = folder / f"actions-{account.rpartition(':')[2]}.sqlite"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600))
            self.path.chmod(0o600)
            self._db = sqlite3.connect(self.path, isolation_level=None)
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_TABLES)
        except (OSError, sqlite3.Error) as e:
            raise ArgumentError(f"the ledger {self.path} cannot be used: {e}") from None
        self._lock: BinaryIO | None = None

    def lock(self) -> None:
        """Let no other process write to the account. Raises ArgumentError if one does."""
        lock = open(self.path.with_suffix(".lock"), "ab", opener=_open_own)  # noqa: SIM115 - held to the end
        with suppress(OSError):  # a file system without locks
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                raise ArgumentError("another process is changing this account: wait until it has ended") from None
        self._lock = lock

    def print(self, digest: str, origin: str, now: float) -> None:
        """Remember that a dry run has printed that digest. `origin`: `hand`, `me` or `undo`."""
        self._db.execute("INSERT OR REPLACE INTO printed VALUES (?, ?, ?)", (digest, now, origin))

    def origin(self, digest: str) -> str | None:
        """Where the plan of that digest came from; None if no dry run has printed it."""
        row = self._db.execute("SELECT origin FROM printed WHERE digest = ?", (digest,)).fetchone()
        return str(row[0]) if row else None

    def note(self, run: str, action: Action, now: float) -> None:
        """An action is about to be sent. It counts once, however often it is sent."""
        text = None
        if action.do == "comment":
            text = _hash(action.after["body"])
        self._db.execute(
            "INSERT OR IGNORE INTO sent VALUES (?, ?, ?, ?, ?, ?, ?)",
            (run, action.number, now, action.ceiling, action.do, action.target, text),
        )

    def has(self, run: str, action: Action) -> bool:
        """Whether that action was counted already."""
        found = self._db.execute("SELECT 1 FROM sent WHERE run = ? AND number = ?", (run, action.number))
        return found.fetchone() is not None

    @property
    def last_at(self) -> float:
        """When the last action was sent, in seconds since 1970; 0 if none was."""
        return float(self._db.execute("SELECT coalesce(max(at), 0) FROM sent").fetchone()[0])

    def free_at(self, ceiling: str, now: float) -> float:
        """When another action of that class may be sent, in seconds since 1970; 0 if it may be sent now."""
        rows = self._db.execute(
            "SELECT at FROM sent WHERE class = ? AND at > ? ORDER BY at DESC LIMIT ?",
            (ceiling, now - DAY, CEILINGS[ceiling]),
        ).fetchall()
        if len(rows) < CEILINGS[ceiling]:
            return 0.0
        return float(rows[-1][0]) + DAY

    def objection(self, action: Action, now: float) -> str | None:
        """Why this action would be spam; None if it would not."""
        if action.do in RELATIONS:
            return self._too_soon(action, now)
        if action.do == "comment":
            return self._unwanted_comment(action, now)
        return None

    def _too_soon(self, action: Action, now: float) -> str | None:
        """Whether the opposite was done to the target lately."""
        last = None
        for do, at in self._changes(action, now):
            last = (do, at)
        if last is None or last[0] != TAKES_BACK[action.do]:
            return None
        when = moment(last[1]) or ""
        if action.undoes and action.undoes[:19] == when[:19]:
            return None
        return f"the last change was {last[0]} on {when[:10]}: the reverse is sent 30 days later at the earliest"

    def _changes(self, action: Action, now: float) -> Iterator[tuple[str, float]]:
        dos = (action.do, TAKES_BACK[action.do])
        yield from self._db.execute(
            "SELECT do, at FROM sent WHERE target = ? AND do IN (?, ?) AND at > ? ORDER BY at",
            (action.target, *dos, now - _REST),
        )

    def _unwanted_comment(self, action: Action, now: float) -> str | None:
        if self._db.execute("SELECT 1 FROM sent WHERE text = ?", (_hash(action.after["body"]),)).fetchone():
            return "this text was sent before; apply sends no text twice"
        same = "SELECT 1 FROM sent WHERE do = 'comment' AND target = ? AND at > ?"
        if self._db.execute(same, (action.target, now - DAY)).fetchone():
            return "the track was commented on within a day; apply sends one comment a day"
        return None

    def close(self) -> None:
        self._db.close()
        if self._lock:
            self._lock.close()


def _hash(text: str) -> str:
    return hashlib.sha256(normal_text(text).encode("utf-8", "surrogatepass")).hexdigest()


def _open_own(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
