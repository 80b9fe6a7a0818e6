"""Tracks a job's files: how much of the output is on the disk, and whether the job directory is still there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from sc_spiders.disk import Locks, sync_file, sync_name
from sc_spiders.errors import Disturbed
from sc_spiders.frontier.base import CrawlStatus
from sc_spiders.frontier.directory import LOCK, SEEN, STORE, WRITING, claim
from sc_spiders.frontier.output_files import ANEW, MOVED, NO_LOCKS, WriteIntent, check, disturbed
from sc_spiders.frontier.place import Place
from sc_spiders.frontier.rewind import go_back
from sc_spiders.frontier.sqlite import Store
from sc_spiders.frontier.whole import Ends
from sc_spiders.pages.seen import Seen


class JobFiles:
    """Implements `base.Files` for a job directory, if there is one, and its output files.

    `before`: lengths of the output files before commits were undone (`rewind`). `synced`: bytes of each file that are
    on the disk. `is_unsure`: after an error, nobody knows what is on the disk, so the next run checks. `in_output`: the
    job directory is in the output folder, which therefore exists.

    Raises InUse; ArgumentError if the folder holds something else; OSError.
    """

    def __init__(self, folder: Path | None, *, in_output: bool = False) -> None:
        self.folder = folder
        self.in_output = in_output
        self._intent = WriteIntent(folder and folder / WRITING)
        self.intend = self._intent.note
        self.locks = Locks(NO_LOCKS)
        self._hold = folder and claim(folder, self.locks)
        self.has_record_locks = self._hold.has_record_locks if self._hold else True
        self._place: Place | None = None
        self.check: Callable[[], None] = _nothing
        self.before: dict[str, int] = {}
        self.synced: dict[str, int] = {}
        self.is_unsure = False
        if folder:
            try:
                self.before = go_back(folder / STORE, has_locks=self.has_record_locks)
            except BaseException:
                self.release()
                raise

    def watch(self, store: Store, seen: Seen, status: CrawlStatus) -> None:
        """Remember which files are in the job directory now, for `check`."""
        self._store = store
        self._seen = seen
        self._status = status
        if self.folder:
            self._place = Place(self.folder, (LOCK, STORE, SEEN), self._put_back, self.locks)
            self.check = self._place.check

    @property
    def planned(self) -> str:
        return str(self._store.get("folder", ""))

    def plan_folder(self, folder: str) -> None:
        self._store.commit([], [], {"folder": folder})
        sys.audit("sc_spiders.plan_folder.after")

    def is_own(self, path: str) -> bool:
        return self._status.stamp in path

    def verify(self) -> None:
        store = self._store
        check(Ends.read(store.get), store.get("left") or {}, store.get("left_sums") or {}, grown=True)

    def intended(self) -> dict[str, int]:
        """The lengths that the files should have after the last page of the earlier run."""
        return self._intent.read()

    def _put_back(self) -> None:
        """Write again what is missing of a changed job directory. Always raises Disturbed."""
        assert self._place
        self.is_unsure = True
        whole = self._place.put_back(LOCK, {STORE: self._store.write_anew, SEEN: self._seen.write_anew})
        what = f"What is there now was left alone: another crawl may have begun in it; {ANEW}, and another output"
        if whole:
            what = "It was put back as of the last page: start the same command again to go on"
        raise Disturbed(f"the job directory {self.folder} was deleted or changed while the crawl ran. {what}")

    def sync_outputs(self, lengths: Mapping[str, int]) -> None:
        """Wait until the files, up to these lengths, and their names are on the disk. Raises OSError, Disturbed."""
        for path, length in lengths.items():
            if not length or self.synced.get(path) == length:
                continue
            try:
                sync_file(path)
                if path not in self.synced:
                    sync_name(path)
            except FileNotFoundError:
                raise disturbed(path, MOVED) from None
            self.synced[path] = length

    def sync_seen(self) -> None:
        """Wait until the log of ids is on the disk. Raises OSError."""
        self._seen.sync()
        self.synced[SEEN] = self._seen.length

    def sync_store_name(self) -> None:
        """Wait until the store's name is on the disk. Raises OSError."""
        if self.folder:
            sync_name(self.folder / STORE)

    def sync_left(self, lengths: Mapping[str, int]) -> None:
        """Wait until the files are on the disk as this run leaves them. Raises OSError."""
        for path, length in lengths.items():
            if length and Path(path).exists():  # the next run reports a file that is gone
                sync_file(path)
                sync_name(path)

    def release(self) -> None:
        """Unlock the directory."""
        self._intent.close()
        if self._place:
            self._place.release()
        if self._hold:
            self._hold.release()


def _nothing() -> None:
    """The check without a job directory: there is nothing to check."""
