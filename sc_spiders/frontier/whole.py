"""Whether files are what was acknowledged of them: as long, and with the bytes that were written."""

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
    """What a commit vouches for: how long each file was then, and the CRC-32 of what the job had written to it.

    `synced`, `synced_sums`: the same of a moment before, of which all is on the disk. `log`: the length of the log of
    ids; its synced one is in `synced` under its name.
    """

    lengths: dict[str, int]
    sums: dict[str, int]
    synced: dict[str, int]
    synced_sums: dict[str, int]
    log: int

    @classmethod
    def read(cls, get: Callable[..., Any]) -> Self:
        """`get`: a value of the store by its name, and `default` where there is none. Raises TypeError for odd ones."""
        lengths, sums, synced, synced_sums = (get(name, {}) for name in ("outputs", "sums", "synced", "synced_sums"))
        log = get("seen", 0)
        if type(log) is not int or not all(isinstance(one, dict) for one in (lengths, sums, synced, synced_sums)):
            raise TypeError("odd lengths")
        return cls(lengths, sums, synced, synced_sums, log)

    def lost(self, folder: Path) -> Iterator[str]:
        """Files that have less than was on the disk for sure: no fault of the machine explains that."""
        for path, length in self.synced.items():
            if size_of(folder / SEEN if path == SEEN else path) < length:
                yield path

    def torn(self, folder: Path) -> Iterator[str]:
        """Files of which not all is there that was written since."""
        if not is_whole(folder / SEEN, min(self.log, self.synced.get(SEEN, 0)), self.log):
            yield SEEN
        for path, length in self.lengths.items():
            if not self.holds(path, length, self.sums.get(path, 0)):
                yield path

    def holds(self, path: str, length: int, sum_: int) -> bool:
        """Whether a file is whole up to that length, so far as it is not known to be."""
        start = self.synced.get(path, 0)
        if start > length:
            return False
        return start == length or sum_of(path, start, length, self.synced_sums.get(path, 0)) == sum_


def size_of(path: str | Path) -> int:
    """In bytes; -1 where there is no such file."""
    try:
        return Path(path).stat().st_size
    except FileNotFoundError:
        return -1


def sum_of(path: str | Path, start: int, end: int, before: int = 0) -> int:
    """The CRC-32 of these bytes of a file behind others whose sum that is; -1 where it ends before. Raises OSError."""
    if size_of(path) < end:
        return -1
    with Path(path).open("rb") as file:
        file.seek(start)
        while (left := end - file.tell()) > 0:
            before = crc32(file.read(min(left, _STEP)), before)
    return before
