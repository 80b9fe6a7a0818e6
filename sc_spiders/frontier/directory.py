"""Opens a job directory for one process at a time, and refuses a directory that holds anything else."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sc_spiders import __version__
from sc_spiders.disk import Locks, has_record_locks
from sc_spiders.errors import ArgumentError, InUse
from sc_spiders.frontier.base import CrawlSpec
from sc_spiders.frontier.sqlite import Store

FORMAT = 4  # version of the job directory's format; a directory of another version is refused

STORE, SEEN, LOCK, WRITING = "frontier.sqlite", "seen.log", "lock", "writing"
LEFT = "left"  # a file that tells later commands not to resume this job unasked

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
_SQLITE_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})


def is_full(error: BaseException) -> bool:
    """Whether this error means that the disk is full or broken. Any other means that the path cannot be used."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE_FULL
    return isinstance(error, OSError) and error.errno in _FULL


def remedy(error: BaseException) -> str:
    """What to do about an error of writing."""
    if is_full(error):
        return "make room"
    if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
        return "end the program that has locked it"
    return "make it writable"


class Hold:
    """Locks a job directory for this process until it is released.

    The log of ids is locked, too: somebody may remove the lock file, and another process could then make a new one.
    `has_record_locks`: whether SQLite can lock files there.
    """

    def __init__(self, folder: Path, locks: Locks) -> None:
        with ExitStack() as files:
            lock = files.enter_context((folder / LOCK).open("ab"))
            self.has_record_locks = has_record_locks(lock)  # before it is locked: NFS does not tell the two kinds apart
            try:
                locks.lock(lock)
                locks.lock(files.enter_context((folder / SEEN).open("ab")))
            except BlockingIOError:
                raise _in_use(folder) from None
            if not os.path.samestat(os.fstat(lock.fileno()), (folder / LOCK).stat()):
                raise _in_use(folder)  # another process replaced the file before it was locked here
            self._files = files.pop_all()

    def release(self) -> None:
        self._files.close()


def _in_use(folder: Path) -> InUse:
    return InUse(f"another crawl is running in the job directory {folder}")


def claim(folder: Path, locks: Locks) -> Hold:
    """Take a job directory for this process. Creates it if it does not exist.

    Raises InUse; ArgumentError if it holds something else; OSError if it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = {path.name for path in folder.iterdir()}
    except (FileExistsError, NotADirectoryError):
        raise ArgumentError(f"the job directory {folder} is not a directory; choose another JOBDIR") from None
    if STORE not in found and (others := sorted(found - {SEEN, LOCK, WRITING, LEFT})):
        whose = "was written by Scrapy's own scheduler" if "requests.seen" in found else "holds other things"
        raise ArgumentError(f"the job directory {folder} {whose} ({', '.join(others[:3])}); choose another JOBDIR")
    if SEEN in found and (folder / SEEN).stat().st_size and not _size(folder / STORE):
        raise ArgumentError(f"the job directory {folder} is damaged ({STORE} is gone); begin again with another JOBDIR")
    return Hold(folder, locks)


def open_store(folder: Path | None, spec: CrawlSpec, *, has_locks: bool) -> Store:
    """The store of that directory, or a temporary one. `has_locks`: whether SQLite can lock files there.

    Raises ArgumentError if it belongs to another crawl or version or is damaged, sqlite3.Error if the disk is full.
    """
    store = None
    try:
        store = Store(folder / STORE if folder else None, has_locks=has_locks)
        if store.is_new:
            store.create()
        else:
            _recognise(store, folder, spec)
    except BaseException as e:
        strange = isinstance(e, _READING) and not isinstance(e, ArgumentError) and not is_full(e)
        reason = _unreadable(store, folder, e) if strange else ""
        if store:
            store.close()
        if strange:
            raise ArgumentError(reason) from None
        raise
    return store


_READING = (sqlite3.DatabaseError, ValueError, TypeError, LookupError, AttributeError)

# The values that the store of a begun crawl must have, and those it may have. All dicts have whole numbers as values,
# except those of `_TEXTS`.
_NEEDED = {
    "identity": dict,
    "terms": dict,
    "format": int,
    "started_at": str,
    "stamp": str,
    "outputs": dict,
    "sums": dict,
    "synced": dict,
    "synced_sums": dict,
    "seen": int,
}
_FURTHER = {
    "wait_until": float | int,
    "counts": dict,
    "listings": dict,
    "behind": dict,
    "batch_size": int,
    "pages": int,
    "finished": str,
    "left": dict,
    "left_sums": dict,
    "next": int,
    "seeded": int,
}


_TEXTS = frozenset({"identity", "terms"})


def _recognise(store: Store, folder: Path | None, spec: CrawlSpec) -> None:
    known, version = store.get("identity"), store.get("format")
    if known is None and not store.begun:
        if folder and _size(folder / SEEN):
            raise ValueError(f"{STORE}-wal is gone")
        return  # the store was created, but the crawl was never begun
    if version != FORMAT:
        raise ArgumentError(_another_version(store, folder))
    for name, theirs, ours in _other_identity(known, spec):
        raise ArgumentError(
            f"the job directory {folder} holds another crawl: "
            f"{spec.differing(name, theirs, ours, store.get('terms', {}))}; give the same command or another JOBDIR"
        )
    _check_values(store)
    for name, theirs, ours in _other_settings(store.get("terms"), spec):
        if name == "seeds":
            raise ArgumentError(
                f"the job directory {folder} was begun with other seeds: put back the list that was given then, or "
                "choose another JOBDIR"
            )
        raise ArgumentError(
            f"the job directory {folder} holds another crawl: its {name} is {theirs!r}, this one's {ours!r}; "
            "give the same settings or another JOBDIR"
        )
    store.check()


def is_same(get: Callable[..., Any], spec: CrawlSpec) -> bool:
    """Whether a store holds the crawl of `spec`. `get` returns a value of the store by its name, or `default`."""
    identity, terms = get("identity", {}), get("terms", {})
    if not (isinstance(identity, dict) and isinstance(terms, dict)) or identity.keys() != spec.identity.keys():
        return False
    return not [*_other_identity(identity, spec), *_other_settings(terms, spec)]


def _check_values(store: Store) -> None:
    """Raises ValueError if the store of a begun crawl lacks a value, or has one that no crawl writes."""
    for name, kind in {**_NEEDED, **_FURTHER}.items():
        value = store.get(name)
        if value is None and name in _FURTHER:
            continue
        is_good = isinstance(value, kind)
        if isinstance(value, dict) and name not in _TEXTS:
            is_good = is_good and _are_counts(value)
        if not is_good:
            raise ValueError(f"{name} is {value!r:.40}")


def _other_identity(theirs: dict[str, Any], spec: CrawlSpec) -> Iterator[tuple[str, Any, Any]]:
    """Each thing that differs between two crawls: its name, their value, ours. Arguments are compared one by one."""
    for name, ours in spec.identity.items():
        if name == "arguments":
            yield from _other_arguments({**spec.defaults, **theirs[name]}, {**spec.defaults, **ours})
        elif theirs[name] != ours:
            yield name, theirs[name], ours


def _other_arguments(theirs: dict[str, str], ours: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for name in sorted(theirs.keys() | ours.keys()):
        if theirs.get(name) != ours.get(name):
            yield f"argument {name!r}", theirs.get(name, ""), ours.get(name, "")


def _other_settings(theirs: dict[str, Any], spec: CrawlSpec) -> Iterator[tuple[str, Any, str]]:
    for name, ours in spec.fingerprint.items():
        if theirs.get(name) != ours:
            yield name, theirs.get(name), ours


def _are_counts(value: dict[str, Any]) -> bool:
    return all(type(count) is int for count in value.values())


def _unreadable(store: Store | None, folder: Path | None, error: BaseException) -> str:
    """The message for a store that cannot be read. Another version wrote it, or it is damaged."""
    try:
        if store and store.get("identity") is not None and store.get("project") != __version__:
            return _another_version(store, folder)
    except _READING:
        pass
    what = f"{error} is unknown" if isinstance(error, LookupError) else error
    return f"the job directory {folder} is damaged ({what}); begin again with another JOBDIR"


def _another_version(store: Store, folder: Path | None) -> str:
    made = made_by(folder, store.get("project", "an older one"))
    return f"{made}: finish it with that version or begin again with another JOBDIR"


def made_by(folder: Path | None, project: str) -> str:
    """How messages tell that another version of the project has made a job directory."""
    return f"the job directory {folder} was made by another version of sc_spiders ({project}, this is {__version__})"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
