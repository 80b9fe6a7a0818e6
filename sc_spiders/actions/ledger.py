"""What was changed of an account from this machine: it holds the daily ceilings, also over new job directories.

One file an account, beside the token file. Only its owner can read it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
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
_LAG = 3600.0  # seconds after which a list shows what was made for certain

_TABLES = """
CREATE TABLE IF NOT EXISTS sent (
    run TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, class TEXT NOT NULL, do TEXT NOT NULL, target TEXT,
    text TEXT, PRIMARY KEY (run, number));
CREATE INDEX IF NOT EXISTS by_target ON sent (target, at);
CREATE INDEX IF NOT EXISTS by_class ON sent (class, at);
CREATE TABLE IF NOT EXISTS sendings (run TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS by_action ON sendings (run, number);
CREATE INDEX IF NOT EXISTS by_text ON sent (text);
CREATE TABLE IF NOT EXISTS printed (digest TEXT PRIMARY KEY, at REAL NOT NULL, origin TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS begun (digest TEXT PRIMARY KEY, run TEXT NOT NULL, at REAL NOT NULL);
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
        """Remember that a dry run has printed that digest. `origin`: `hand`, `me` or `undo`.

        It may be carried out once more: the dry run has compared it with the account as it is now.
        """
        self._db.execute("INSERT OR REPLACE INTO printed VALUES (?, ?, ?)", (digest, now, origin))
        self._db.execute("DELETE FROM begun WHERE digest = ?", (digest,))

    def origin(self, digest: str) -> str | None:
        """Where the plan of that digest came from; None if no dry run has printed it."""
        row = self._db.execute("SELECT origin FROM printed WHERE digest = ?", (digest,)).fetchone()
        return str(row[0]) if row else None

    def begin(self, digest: str, run: str, now: float) -> None:
        """Remember that this run carries that digest out. Raises ArgumentError if another run does already."""
        self.check_begun(digest, run)
        self._db.execute("INSERT OR IGNORE INTO begun VALUES (?, ?, ?)", (digest, run, now))

    def check_begun(self, digest: str, run: str = "") -> None:
        """Raises ArgumentError if a run in another job directory has begun with that digest."""
        row = self._db.execute("SELECT at FROM begun WHERE digest = ? AND run <> ?", (digest, run)).fetchone()
        if row:
            at = (moment(row[0]) or "")[:19]
            raise ArgumentError(
                f"apply={digest} was begun at {at}Z in another job directory: go on there, or run it without apply= "
                "and look at the plan again"
            )

    def note(self, run: str, action: Action, now: float) -> None:
        """An action is about to be sent. It counts once, however often it is sent."""
        self._db.execute(
            "INSERT INTO sent VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (run, number) DO UPDATE SET text = excluded.text",
            (run, action.number, now, action.ceiling, action.do, action.target, _text(action)),
        )
        self._db.execute("INSERT INTO sendings VALUES (?, ?, ?)", (run, action.number, now))

    def forget(self, run: str, action: Action) -> None:
        """Nothing was made by that action, so another plan may make it. It still counts."""
        self._db.execute("UPDATE sent SET text = NULL WHERE run = ? AND number = ?", (run, action.number))

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

    def objection(self, action: Action, now: float, run: str = "") -> str | None:
        """Why this action would be spam, or there twice; None if it would not. `run`: the one that asks."""
        if action.do in RELATIONS:
            return self._too_soon(action, now)
        if action.do == "comment":
            return self._unwanted_comment(action, now, run)
        if action.makes:
            return self._made_before(action, now, run)
        return None

    def _too_soon(self, action: Action, now: float) -> str | None:
        """Whether the opposite was done to the target lately."""
        last = self._db.execute(
            "SELECT run, number, do, at FROM sent WHERE target = ? AND do IN (?, ?) AND at > ? "
            "ORDER BY at DESC LIMIT 1",
            (action.target, action.do, TAKES_BACK[action.do], now - _REST),
        ).fetchone()
        if last is None or last[2] != TAKES_BACK[action.do]:
            return None
        run, number, do, at = last
        if action.undoes in {moment(at), *self._sendings(run, number)}:
            return None
        when = (moment(at) or "")[:10]
        return f"the last change was {do} on {when}: the reverse is sent 30 days later at the earliest"

    def _sendings(self, run: str, number: int) -> Iterator[str | None]:
        """When that action was sent, each time."""
        rows = self._db.execute("SELECT at FROM sendings WHERE run = ? AND number = ?", (run, number))
        return (moment(at) for (at,) in rows)

    def _unwanted_comment(self, action: Action, now: float, run: str) -> str | None:
        if self._db.execute("SELECT 1 FROM sent WHERE text = ? AND run <> ?", (_text(action), run)).fetchone():
            return "this text was sent before; apply sends no text twice"
        same = "SELECT 1 FROM sent WHERE do = 'comment' AND target = ? AND at > ? AND run <> ? AND text IS NOT NULL"
        if self._db.execute(same, (action.target, now - DAY, run)).fetchone():
            return "the track was commented on within a day; apply sends one comment a day"
        return None

    def _made_before(self, action: Action, now: float, run: str) -> str | None:
        """Why not to make it: another run has, or may have. That run's job directory may be lost, and lists lag."""
        row = self._db.execute("SELECT max(at) FROM sent WHERE text = ? AND run <> ?", (_text(action), run)).fetchone()
        if row[0] is None:
            return None
        at = (moment(row[0]) or "")[:19]
        if action.do == "upload":
            return f"this file was sent with this key and title at {at}Z; give the line another key to upload it again"
        if now - row[0] < _LAG:
            return f"a playlist of this title was made at {at}Z, and lists may not show it yet; try again in an hour"
        return None

    def close(self) -> None:
        self._db.close()
        if self._lock:
            self._lock.close()


def _text(action: Action) -> str | None:
    """A digest of what the action makes; None if it makes nothing new. The text cannot be read from it."""
    if not action.makes:
        return None
    if action.do == "comment":
        return _hash(normal_text(action.after["body"]))
    file = Path(action.file).name if action.file else None
    return _hash(json.dumps([action.do, file, action.bytes, action.key, action.after["title"]]))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _open_own(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
