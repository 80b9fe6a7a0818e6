"""After a machine that stopped: back to the newest commit whose files are whole.

Commits are in SQLite's write-ahead log, one behind the other, until a checkpoint takes them into the database; and that
comes only when all they vouch for is on the disk (`Job.sync`). So what has to be undone is always in that log, and is
undone by cutting it off behind an earlier commit.
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
from urllib.parse import quote

from sc_spiders import records
from sc_spiders.disk import sync_file
from sc_spiders.frontier.directory import FORMAT, SEEN
from sc_spiders.frontier.whole import Ends, size_of

logger = logging.getLogger(__name__)

_HEADER = Struct(">8xI4x8s8x")  # of SQLite's log: bytes of a page; the salts that all frames of it have
_FRAME = Struct(">4xI8s8x")  # of a page in it: pages of the database behind a commit, else 0; the salts


def go_back(store: Path) -> dict[str, int]:
    """Undo the commits of that store whose files are not whole, and have the disk take what is left.

    How long the output files were by the newest commit: all up to there was written by the job. Where even what had
    been on the disk is gone, nothing is undone. Raises OSError.
    """
    wal = store.with_name(f"{store.name}-wal")
    if size_of(wal) <= 0:
        return {}
    newest = ends = read_ends(store)
    if ends is None or next(ends.lost(store.parent), None):
        return {}
    commits = _commits(wal)
    torn = None
    while ends and (ends == torn or next(ends.torn(store.parent), None)):
        torn = ends
        if not commits:
            return {}
        os.truncate(wal, commits.pop())
        ends = read_ends(store)
    if ends is None or newest is None:
        return {}
    _keep(ends, wal)
    if ends != newest:
        lost = sum(newest.lengths.values()) - sum(ends.lengths.values())
        logger.warning(
            "The machine stopped before all that was written was on the disk: going back by %s bytes of output to the "
            "newest pages that are whole; what came after them is asked for again.",
            f"{lost:,}",
        )
    return newest.lengths


def _keep(ends: Ends, wal: Path) -> None:
    """What was just found to be whole is from now on never lost."""
    for path in (wal, wal.with_name(SEEN), *map(Path, ends.lengths)):
        if size_of(path) > 0:
            sync_file(path)


def read_ends(store: Path) -> Ends | None:
    """What the newest commit vouches for; None where there is none, or where the store cannot be read.

    The database is left as it is: whoever opens it for writing takes the log into it when he closes it.
    """
    try:
        with closing(read_only(store)) as db:
            get = reader(db)
            return Ends.read(get) if get("format") == FORMAT else None
    except (sqlite3.Error, ValueError, TypeError):
        return None


def read_only(store: Path) -> sqlite3.Connection:
    """Raises sqlite3.Error."""
    return sqlite3.connect(f"file:{quote(str(store.absolute()))}?mode=ro", uri=True)


def reader(db: sqlite3.Connection) -> Callable[..., Any]:
    """What reads a value by its name, and gives `default` where there is none."""

    def get(name: str, default: Any = None) -> Any:
        row = db.execute("SELECT CAST(value AS BLOB) FROM meta WHERE name = ?", (name,)).fetchone()
        return records.decode(row[0]) if row else default

    return get


def _commits(wal: Path) -> list[int]:
    """Where SQLite's log can be cut: in front of its first commit, and behind each but the last."""
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
