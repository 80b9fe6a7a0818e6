"""Tracks which data of a folder is on the disk for sure, and simulates what a power cut may leave."""

from __future__ import annotations

import os
import random
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

from bench.points import listen

BLOCK = 4096
STORE_SYNCED = frozenset({"create_store.after", "checkpoint.after", "begin.after", "close.after"})
WAL_HEADER = 32  # bytes


@dataclass
class Picture:
    """A picture of a crawl's files: bytes by path. None in `written`: the file was deleted."""

    moment: str
    written: dict[str, bytes]
    durable: dict[str, bytes]


@dataclass
class Disk:
    """Tracks which data of a folder is on the disk for sure."""

    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def watch(self) -> None:
        """Begin to track. Earlier syncs of the process do not matter."""
        for name in ("fsync", "fdatasync"):
            setattr(os, name, self._noting(getattr(os, name)))

    def _noting(self, sync: Callable[[int], None]) -> Callable[[int], None]:
        @wraps(sync)
        def noting(file: int) -> None:
            path = Path(f"/proc/self/fd/{file}").readlink()
            if not (path.is_relative_to(self.folder) and path.exists()):
                sync(file)
                return
            found = self._look(path)  # before the sync: more may be written meanwhile
            sync(file)
            self._keep(path, found)

        return noting

    def note(self, path: Path) -> None:
        """Note that all files are on the disk."""
        self._keep(path, self._look(path))

    def _look(self, path: Path) -> bytes | set[str]:
        return set(map(str, path.iterdir())) if stat.S_ISDIR(path.stat().st_mode) else path.read_bytes()

    def _keep(self, path: Path, found: bytes | set[str]) -> None:
        if isinstance(found, bytes):
            self.files[str(path)] = found
        else:
            self.names = {one for one in self.names if Path(one).parent != path} | found

    def note_all(self) -> None:
        """Note that all files of that folder are on the disk."""
        for path in (self.folder, *self.folder.rglob("*")):
            if path.is_dir() or path.is_file():
                self.note(path)

    def watch_stores(self) -> None:
        """SQLite syncs without Python's `os.fsync`. Its files are on the disk at these points."""
        listen(self._note_stores_at)

    def _note_stores_at(self, point: str, listing: Any) -> None:
        if point in STORE_SYNCED:
            self.note_stores()

    def note_stores(self) -> None:
        """Note that the stores of jobs are on the disk."""
        for path in self.folder.rglob("frontier.sqlite*"):
            self.note(path)
            self.note(path.parent)

    def picture(self, moment: str) -> Picture:
        return Picture(moment, self.written(), self.durable())

    def written(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self._files()}

    def _files(self) -> Iterator[Path]:
        """All files except those that get standard output and standard error."""
        for path in self.folder.rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                yield path

    def durable(self) -> dict[str, bytes]:
        return {path: _with_header(path, content) for path, content in self.files.items() if path in self.names}


def _with_header(path: str, content: bytes) -> bytes:
    """SQLite syncs the log's header before it overwrites commits that a checkpoint moved into the database."""
    if not path.endswith("-wal") or not Path(path).exists():
        return content
    with Path(path).open("rb") as log:
        return log.read(WAL_HEADER).ljust(WAL_HEADER, b"\0") + content[WAL_HEADER:]


def state(picture: Picture, seed: int) -> dict[str, bytes]:
    """Files that a power cut at that moment may leave."""
    draw = random.Random(seed)
    way = draw.choice(("lost", "prefix", "blocks", "any"))
    found = {}
    for path in sorted(picture.written.keys() | picture.durable.keys()):
        old, new = picture.durable.get(path), picture.written.get(path)
        if old is None and (way == "lost" or draw.random() < 0.2):
            continue  # its name was not on the disk
        if path.endswith("-shm") or (new is None and draw.random() < 0.5):
            continue
        found[path] = _mixed(old or b"", new if new is not None else old or b"", way, draw)
    return found


def _mixed(old: bytes, new: bytes, way: str, draw: random.Random) -> bytes:
    """The contents that one file may have: what was on the disk, and some of the later writes."""
    if old == new or way == "lost":
        return old
    end = draw.choice((len(old), len(new), draw.randint(min(len(old), len(new)), max(len(old), len(new)))))
    made = bytearray(end)
    for start in range(0, end, BLOCK):
        kept = way == "prefix" or draw.random() < 0.6
        made[start : start + BLOCK] = _block(new if kept else old, start, min(BLOCK, end - start))
    if way == "prefix" and end < len(old):  # a later truncation did not reach the disk
        made += old[end:]
    return bytes(made)


def _block(source: bytes, start: int, size: int) -> bytes:
    return source[start : start + size].ljust(size, b"\0")


def restore(folder: Path, files: dict[str, bytes]) -> None:
    """Replace the folder's content by these files."""
    shutil.rmtree(folder)
    folder.mkdir()
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
