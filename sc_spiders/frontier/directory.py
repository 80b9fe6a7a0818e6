"""The job directory on disk: whose it is, and that one process has it at a time. Nothing strange in it is touched."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from sc_spiders.arguments import ArgumentError
from sc_spiders.frontier.sqlite import Store

FORMAT = 2  # of the job directory; another one is refused

STORE, SEEN, LOCK, WRITING = "frontier.sqlite", "seen.log", "lock", "writing"

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
_SQLITE_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})


def is_full(error: Exception) -> bool:
    """Whether a failure says that a disk takes no more, rather than that a place cannot be used at all."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE_FULL
    return isinstance(error, OSError) and error.errno in _FULL


def claim(folder: Path) -> FileLock:
    """Take a job directory for this process; it is made where there is none.

    Raises ArgumentError where it holds something else or is in use, OSError where it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = {path.name for path in folder.iterdir()}
    except (FileExistsError, NotADirectoryError):
        raise ArgumentError(f"the job directory {folder} is no directory; choose another JOBDIR") from None
    if STORE not in found and (others := sorted(found - {SEEN, LOCK, WRITING})):
        whose = "was written by Scrapy's own scheduler" if "requests.seen" in found else "holds other things"
        raise ArgumentError(f"the job directory {folder} {whose} ({', '.join(others[:3])}); choose another JOBDIR")
    if SEEN in found and (folder / SEEN).stat().st_size and not _size(folder / STORE):
        raise ArgumentError(f"the job directory {folder} is damaged ({STORE} is gone); begin again with another JOBDIR")
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise ArgumentError(f"another crawl is running in the job directory {folder}") from None
    return lock


def open_store(folder: Path | None, identity: dict[str, Any]) -> Store:
    """The store of that directory, or a temporary one.

    Raises ArgumentError where it is another crawl's, another version's or damaged, sqlite3.Error on a full disk.
    """
    store = None
    try:
        store = Store(folder / STORE if folder else None)
        if store.is_new:
            store.create()
        else:
            _recognise(store, folder, identity)
    except sqlite3.DatabaseError as e:
        if store:
            store.close()
        if is_full(e):
            raise
        raise ArgumentError(f"the job directory {folder} is damaged ({e}); begin again with another JOBDIR") from None
    except BaseException:
        if store:
            store.close()
        raise
    return store


def _recognise(store: Store, folder: Path | None, identity: dict[str, Any]) -> None:
    known, version = store.get("identity"), store.get("format")
    if known is None:
        return  # it was made and never begun
    if version != FORMAT:
        raise ArgumentError(
            f"the job directory {folder} was written by another version of this project (format {version}, "
            f"this one has {FORMAT}); finish it with that version or choose another JOBDIR"
        )
    for name, value in identity.items():
        if known.get(name) != value:
            raise ArgumentError(
                f"the job directory {folder} holds another crawl: its {name} is {known.get(name)!r}, "
                f"this one's {value!r}; give the same command or another JOBDIR"
            )
    store.check()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
