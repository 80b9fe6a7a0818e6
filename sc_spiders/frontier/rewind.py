"""Goes back to the newest commit whose files are whole, after the machine stopped.

SQLite appends commits to its write-ahead log. A checkpoint moves them into the database, but only after the output that
they acknowledge is on the disk (`JobFrontier.sync`). So a commit that must be undone is always in the log. To undo it,
the log is cut off after an earlier commit.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from struct import Struct
from typing import Any

from sc_spiders import records
from sc_spiders.disk import sync_file
from sc_spiders.frontier.directory import FORMAT, SEEN
from sc_spiders.frontier.sqlite import connect
from sc_spiders.frontier.whole import Ends, size_of

logger = logging.getLogger(__name__)

_HEADER = Struct(">8xI4x8s8x")  # of SQLite's log: bytes of a page, and the salts of all its frames
_FRAME = Struct(">4xI8s8x")  # before each page: pages in the database if it ends a commit, otherwise 0; the salts


def go_back(store: Path, *, has_locks: bool) -> dict[str, int]:
    """Undo the commits of that store whose files are not whole, and sync the rest to the disk.

    `has_locks`: whether SQLite can lock files there.

    Returns the lengths of the output files by the newest commit: the job wrote everything up to there. If even synced
    data is gone, nothing is undone. Raises OSError.
    """
    wal = store.with_name(f"{store.name}-wal")
    if size_of(wal) <= 0:
        return {}
    newest = read_ends(store, has_locks=has_locks)
    if newest is None or next(newest.lost(store.parent), None):
        return {}
    ends: Ends | None = newest
    commits = _commits(wal)
    torn = None
    while ends and (ends == torn or next(ends.torn(store.parent), None)):
        torn = ends
        if not commits:
            return {}
        os.truncate(wal, commits.pop())
        ends = read_ends(store, has_locks=has_locks)
    if ends is None:
        return {}
    _keep(ends, wal)
    if ends != newest:
        lost = sum(newest.lengths.values()) - sum(ends.lengths.values())
        logger.warning(
            "The machine stopped before all that was written was on the disk: going back by %s bytes of output to the "
            "newest pages that are whole; later pages are requested again.",
            f"{lost:,}",
        )
    return newest.lengths


def _keep(ends: Ends, wal: Path) -> None:
    """Sync the files that were just found to be whole."""
    for path in (wal, wal.with_name(SEEN), *map(Path, ends.lengths)):
        if size_of(path) > 0:
            sync_file(path)


def read_ends(store: Path, *, has_locks: bool) -> Ends | None:
    """The files' lengths by the newest commit; None if there is none, or if the store cannot be read.

    The database is opened read-only: closing it after writing would move the log into it.
    """
    try:
        with closing(connect(store, mode="ro", has_locks=has_locks)) as db:
            get = reader(db)
            return Ends.read(get) if get("format") == FORMAT else None
    except (sqlite3.Error, ValueError, TypeError):
        return None


def reader(db: sqlite3.Connection) -> Callable[..., Any]:
    """A function that reads a value by its name, or returns `default`."""

    def get(name: str, default: Any = None) -> Any:
        row = db.execute("SELECT CAST(value AS BLOB) FROM meta WHERE name = ?", (name,)).fetchone()
        return records.decode(row[0]) if row else default

    return get


def _commits(wal: Path) -> list[int]:
    """The positions where SQLite's log can be cut: before the first commit, and after each except the last."""
    found = [_HEADER.size]
    with wal.open("rb") as file:
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return []
        size, salts = _HEADER.unpack(header)
        while len(frame := file.read(_FRAME.size)) == _FRAME.size:
            pages, theirs = _FRAME.unpack(frame)
            if theirs != salts:
                break
            if file.seek(size, os.SEEK_CUR) and pages:
                found.append(file.tell())
    return found[:-1]
