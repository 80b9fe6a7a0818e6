"""Checks whether files still have what was acknowledged: their lengths and their bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from zlib import crc32

from sc_spiders.frontier.directory import SEEN
from sc_spiders.pages.seen import is_whole

_STEP = 1 << 20  # bytes


@dataclass(frozen=True)
class Ends:
    """The files at a commit: the length of each, and the CRC-32 of what the job had written to it.

    `synced`, `synced_sums`: the same at the last sync, so all of that is on the disk. `log`: the length of the log of
    ids. Its length at the last sync is in `synced`, too.
    """

    lengths: dict[str, int]
    sums: dict[str, int]
    synced: dict[str, int]
    synced_sums: dict[str, int]
    log: int

    @classmethod
    def read(cls, get: Callable[..., Any]) -> Self:
        """`get` returns a value of the store by its name, or `default`. Raises TypeError if one has a wrong type."""
        lengths, sums, synced, synced_sums = (get(name, {}) for name in ("outputs", "sums", "synced", "synced_sums"))
        log = get("seen", 0)
        if type(log) is not int or not all(isinstance(one, dict) for one in (lengths, sums, synced, synced_sums)):
            raise TypeError("odd lengths")
        return cls(lengths, sums, synced, synced_sums, log)

    def lost(self, folder: Path) -> Iterator[str]:
        """Files that are shorter than at the last sync. A machine that stopped cannot be the cause."""
        for path, length in self.synced.items():
            if size_of(folder / SEEN if path == SEEN else path) < length:
                yield path

    def torn(self, folder: Path) -> Iterator[str]:
        """Files that lack something that was written since the last sync."""
        if not has_ids(folder, self.log, min(self.log, self.synced.get(SEEN, 0))):
            yield SEEN
        for path, length in self.lengths.items():
            if not self.holds(path, length, self.sums.get(path, 0)):
                yield path

    def holds(self, path: str, length: int, sum_: int) -> bool:
        """Whether a file is whole up to that length. Only the part after the last sync is read."""
        start = self.synced.get(path, 0)
        if start > length:
            return False
        return start == length or sum_of(path, start, length, self.synced_sums.get(path, 0)) == sum_


def has_ids(folder: Path, end: int, start: int = 0) -> bool:
    """Whether the log of ids in a job directory is whole from `start` to `end`."""
    return is_whole(folder / SEEN, start, end)


def size_of(path: str | Path) -> int:
    """The size of a file in bytes; -1 if it does not exist."""
    try:
        return Path(path).stat().st_size
    except FileNotFoundError:
        return -1


def sum_of(path: str | Path, start: int, end: int, before: int = 0) -> int:
    """The CRC-32 of the first `end` bytes of a file; -1 if it is shorter. Raises OSError.

    `before`: the CRC-32 of the first `start` bytes, which are not read again.
    """
    if size_of(path) < end:
        return -1
    with Path(path).open("rb") as file:
        file.seek(start)
        while (left := end - file.tell()) > 0:
            before = crc32(file.read(min(left, _STEP)), before)
    return before
