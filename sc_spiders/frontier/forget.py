"""Updates a job directory when people are removed from its output: lengths, sums, and whom it must not write again.

First, the new files are written beside the old ones. Then one transaction stores their lengths and names. Then they
replace the old ones. If the machine stops in between, the next `forget` goes on from there.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Self

from sc_spiders.disk import Locks, sync_name
from sc_spiders.errors import ArgumentError, InputError
from sc_spiders.frontier.directory import FORMAT, SEEN, STORE, WRITING, claim, made_by
from sc_spiders.frontier.output_files import NO_LOCKS, WriteIntent
from sc_spiders.frontier.rewind import go_back, reader
from sc_spiders.frontier.sqlite import ENDED, LEASED, PARKED, PENDING, RESTING, WAITING, Store, connect, is_empty
from sc_spiders.frontier.whole import size_of
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.namespaces import Namespace
from sc_spiders.pages.seen import Seen, ident
from sc_spiders.records import OptOut, People

__all__ = ["ForgettingJob"]

_MOVING = "forgetting"  # in the store: for each path, the new file that is still to replace it
_STATES = (PENDING, LEASED, PARKED, ENDED, WAITING, RESTING)
_HELD = {"rows": "comment", "held": "edge"}  # a listing's records that wait are in its extra: name -> their kind


class ForgettingJob:
    """Implements `dataset.forget.Job` for a job directory. The directory is locked until this is closed.

    Raises InUse; ArgumentError if the folder is no job directory of this version; OSError, sqlite3.Error.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / STORE).is_file():
            raise ArgumentError(f"{folder}: is no job directory")
        self.folder = folder
        self._hold = claim(folder, Locks(NO_LOCKS))
        try:
            _check(folder, has_locks=self._hold.has_record_locks)
            go_back(folder / STORE, has_locks=self._hold.has_record_locks)
            self._store = Store(folder / STORE, has_locks=self._hold.has_record_locks)
            if self._store.is_new:
                self._store.create()
            self.finish_moving()
        except BaseException:
            self._hold.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()
        with closing(connect(self.folder / STORE, has_locks=self._hold.has_record_locks)) as db:
            db.execute("VACUUM")  # removes deleted data from the file
        self._hold.release()

    def ends(self) -> dict[Path, tuple[int, int]]:
        outputs: dict[str, int] = self._store.get("outputs", {})
        left: dict[str, int] = self._store.get("left") or {}
        intended = WriteIntent(self.folder / WRITING).read()
        found = {}
        for path, length in outputs.items():
            size, end = max(0, size_of(path)), max(length, left.get(path, 0))
            if size < length or size > max(end, intended.get(path, 0)) or (path in left and size != end):
                raise InputError(f"{path}: is not as its job left it; go on with the crawl first, or put the file back")
            found[Path(path)] = length, end
        return found

    def replace(self, new: Mapping[Path, Path], ends: Mapping[Path, tuple[int, int, int]], people: People) -> None:
        outputs = {str(path): acknowledged for path, (acknowledged, _, _) in ends.items()}
        log = self._remember(people)
        meta: dict[str, Any] = {
            "outputs": outputs,
            "sums": dict.fromkeys(outputs, 0),
            "synced": {**outputs, SEEN: log},
            "synced_sums": dict.fromkeys(outputs, 0),
            "seen": log,
            _MOVING: {str(path): str(file.absolute()) for path, file in new.items()},
        }
        if self._store.get("left"):
            meta["left"] = {str(path): end for path, (_, end, _) in ends.items()}
            meta["left_sums"] = {str(path): sum_ for path, (_, _, sum_) in ends.items()}
        sys.audit("sc_spiders.forget.before")
        self._store.commit([], [], meta)
        sys.audit("sc_spiders.forget.after")
        self._drop(OptOut(people))
        self._store.checkpoint()
        self.finish_moving()
        (self.folder / WRITING).unlink(missing_ok=True)

    def finish_moving(self) -> None:
        """Replace old files with new ones, if some are still to be replaced."""
        moving: dict[str, str] = self._store.get(_MOVING) or {}
        for path, new in moving.items():
            with suppress(FileNotFoundError):  # it was moved already
                Path(new).replace(path)
                sync_name(path)
        if moving:
            self._store.commit([], [], {_MOVING: None})

    def _remember(self, people: People) -> int:
        """Add people to the job's sets of ids, as hashes. Returns the log's length."""
        seen = Seen(self.folder / SEEN)
        seen.open(self._store.get("seen", 0))
        seen.add(Namespace.opted_out(), sorted(map(ident, people.words())))
        length = seen.commit(0)
        seen.sync()
        seen.close()
        return length

    def _drop(self, opt_out: OptOut) -> None:
        """Delete these people's listings from those to be walked, and their records from those that wait."""
        changed: list[tuple[Listing, int | None]] = []
        for state, listing in self._store.having(*_STATES):
            if opt_out.people.has_listing(listing.subject, listing.seed, listing.url):
                changed.append((listing, None))
            elif any(_is_changed(listing, opt_out, name, kind) for name, kind in _HELD.items()):
                changed.append((listing, state))
        for listing, new_state in changed:
            self._store.save(listing, new_state)


def _check(folder: Path, *, has_locks: bool) -> None:
    """Raises ArgumentError if the job is of another version, or damaged: then nothing of it may be changed."""
    try:
        with closing(connect(folder / STORE, mode="ro", has_locks=has_locks)) as db:
            if is_empty(db):
                return
            get = reader(db)
            is_begun, version, project = get("identity"), get("format"), get("project", "an older one")
    except (sqlite3.Error, ValueError, TypeError) as e:
        raise ArgumentError(
            f"the job directory {folder} is damaged ({e}): no crawl can go on with it; remove it, then forget"
        ) from None
    if is_begun and version != FORMAT:
        raise ArgumentError(
            f"{made_by(folder, project)}: finish the crawl with that version or remove the directory, then forget"
        )


def _is_changed(listing: Listing, opt_out: OptOut, name: str, kind: str) -> bool:
    if name not in listing.extra:
        return False
    before = len(listing.extra[name])
    listing.extra[name] = opt_out.kept(kind, listing.extra[name])
    return len(listing.extra[name]) < before or bool(before)
