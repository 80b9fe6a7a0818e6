"""Notices if the job directory of a running crawl was deleted or replaced, and writes its files again."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from sc_spiders.disk import Locks, sync_name

Writer = Callable[[Path], None]  # writes a new copy of a file to that path


class Place:
    """A job directory's files, identified by their inodes when they were opened. `changed` is called if they change."""

    def __init__(self, folder: Path, names: Iterable[str], changed: Callable[[], None], locks: Locks) -> None:
        self._folder = folder.absolute()
        self._changed = changed
        self._inodes = {str(self._folder / name): _inode(self._folder / name) for name in names}
        self._locks = locks
        self._locked: list[BinaryIO] = []

    def check(self) -> None:
        if list(map(_inode, self._inodes)) != list(self._inodes.values()):
            self._changed()

    def put_back(self, lock: str, writers: dict[str, Writer]) -> bool:
        """Write the missing files again. Returns False if another process's files are there, or if writing fails.

        `writers`: by file name, in the order in which they are called.
        """
        inodes = self._inodes
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if _inode(self._folder / lock) != inodes[str(self._folder / lock)]:
                self._take(self._folder / lock)
            return all(self._is_put_back(name, write, inodes) for name, write in writers.items())
        except (OSError, sqlite3.Error):
            return False

    def _take(self, path: Path) -> None:
        self._locked.append(path.open("ab"))
        self._locks.lock(self._locked[-1])

    def _is_put_back(self, name: str, write: Writer, inodes: dict[str, int]) -> bool:
        path = self._folder / name
        there = _inode(path)
        if there >= 0:
            return there == inodes[str(path)]
        for helper in ("-wal", "-shm"):  # left over from the deleted SQLite file
            path.with_name(name + helper).unlink(missing_ok=True)
        new = path.with_name(f"{name}.new")
        new.unlink(missing_ok=True)
        write(new)
        new.rename(path)
        sync_name(path)
        return True

    def release(self) -> None:
        for file in self._locked:
            file.close()


def _inode(path: str | Path) -> int:
    try:
        return os.stat(path).st_ino  # noqa: PTH116 - called for each page; pathlib would cost more than the call
    except OSError:
        return -1
