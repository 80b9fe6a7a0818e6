"""What has been written or asked for already, at a few bytes an id, across restarts.

Ids are kept in spaces: one a kind of node, one a walked list for its edges. A space that still grows is a 64-bit
roaring bitmap (pyroaring); a finished small list is a sorted array, 8 bytes an id. Everything added is also appended to
a log file, whose length belongs to the acknowledgement like that of the output files: on a restart it is cut back to it
and read again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path
from struct import Struct, error
from typing import BinaryIO
from zlib import crc32

from pyroaring import BitMap64

from sc_spiders.disk import sync_file

_HEADER = Struct("<HII")  # bytes of the space's name, count of ids, CRC-32 of both
_HASHED = 1 << 63
_SMALL = 4096  # ids, up to which a sorted array is smaller than a bitmap of scattered ids


_Logged = tuple[str, "array[int]"]
_Added = tuple[str, list[int]]  # a space and ids that were added to it; none: it was closed


def ident(id_: int | str) -> int:
    """A 64-bit number for a record's id: integers as they are, strings by BLAKE2 with the highest bit set."""
    if isinstance(id_, int):
        return id_
    return int.from_bytes(hashlib.blake2b(id_.encode(), digest_size=8).digest(), "little") | _HASHED


class Seen:
    """Sets of ids by space, logged to a file where one is given."""

    def __init__(self, path: Path | None = None) -> None:
        self._spaces: dict[str, BitMap64] = {}
        self._closed: dict[str, array[int]] = {}
        self._path = path
        self._file: BinaryIO | None = None
        self.length = 0  # of the log, in bytes
        self._log: list[_Added] = []
        self._sealed: dict[int, list[_Added]] = {}

    def open(self, length: int) -> None:
        """Read the log up to that length in bytes, cut the rest away. Raises OSError, ValueError if it is shorter."""
        if self._path is None:
            return
        self._file = self._path.open("ab+")
        if self._file.seek(0, os.SEEK_END) < length:
            raise ValueError(f"{self._path} is shorter than what was acknowledged")
        self._file.truncate(length)
        self._file.seek(0)
        try:
            for name, ids in _logged(self._file, length):
                if ids:
                    self._space(name).update(ids)
                else:
                    self._close(name)
        except (ValueError, error):
            raise ValueError(f"{self._path} cannot be read") from None
        self.length = length

    def fresh(self, space: str, ids: Iterable[int]) -> list[int]:
        """Those of the ids that the space does not hold yet, in order."""
        have = self._spaces.get(space)
        if have is None:
            closed = self._closed.get(space)
            if closed is None:
                return list(ids)
            have = self._space(space)
        return [i for i in ids if i not in have]

    def has(self, space: str, id_: int) -> bool:
        have = self._spaces.get(space)
        if have is not None:
            return id_ in have
        closed = self._closed.get(space)
        if closed is None:
            return False
        at = bisect_left(closed, id_)
        return at < len(closed) and closed[at] == id_

    def holds(self, space: str) -> bool:
        """Whether anything was ever added to that space."""
        return space in self._closed or space in self._spaces

    def add(self, space: str, ids: list[int]) -> None:
        if not ids:
            return
        self._space(space).update(ids)
        self._log.append((space, ids))

    def close_space(self, space: str, *, drop: bool = False) -> None:
        """Nothing more is expected in that space: pack it, or (`drop`) forget it."""
        if drop:
            self._spaces.pop(space, None)
            self._closed.pop(space, None)
        elif space in self._spaces:
            self._close(space)
        if not drop:
            self._log.append((space, []))

    def count(self, space: str) -> int:
        return len(self._spaces.get(space) or self._closed.get(space) or ())

    def drop_where(self, prefix: str, keep: set[str]) -> None:
        """Forget spaces of that prefix but those to keep: after a restart, what belonged to listings that ended."""
        for spaces in (self._spaces, self._closed):
            for name in [name for name in spaces if name.startswith(prefix) and name not in keep]:
                del spaces[name]

    def seal(self, page: int) -> None:
        """What was added since the last seal belongs to this page, and reaches the log with it and not before.

        Pages are acknowledged one by one, and another one's ids must not be known before its records are written.
        """
        self._sealed[page] = self._log
        self._log = []

    def forget(self, page: int, *, keep: str = "") -> None:
        """That page will not be written: whoever meets its ids again may write them.

        `keep`: how spaces begin that stay as they are.
        """
        kept = []
        for space, ids in self._sealed.pop(page, []) + self._log:
            if keep and space.startswith(keep):
                kept.append((space, ids))
            elif self.holds(space):
                self._space(space).difference_update(BitMap64(ids))
        self._log = kept

    def flush(self, page: int) -> int:
        """Write what belongs to that page to the log; its length then, in bytes. Raises OSError."""
        log = self._sealed.pop(page, []) + self._log
        self._log = []
        if self._file and log:
            data = b"".join(part for space, ids in log for part in _packed(space.encode(), ids))
            self._file.write(data)
            self._file.flush()
            self.length += len(data)
        sys.audit("sc_spiders.log_seen.after")
        return self.length

    def sync(self) -> None:
        """Return once all of the log is on the disk. Raises OSError."""
        if self._file:
            os.fdatasync(self._file.fileno())

    def write_anew(self, path: Path) -> None:
        """Write the log anew, to a place of its own: it was deleted while it was written. Raises OSError."""
        if self._file:
            self._file.seek(0)
            with path.open("xb") as copy:
                shutil.copyfileobj(self._file, copy)
            sync_file(path)

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _space(self, name: str) -> BitMap64:
        space = self._spaces.get(name)
        if space is None:
            space = self._spaces[name] = BitMap64(self._closed.pop(name, ()))
        return space

    def _close(self, name: str) -> None:
        space = self._spaces.get(name)
        if space is not None and len(space) < _SMALL:
            self._closed[name] = array("Q", space)
            del self._spaces[name]


def is_whole(path: Path, start: int, end: int) -> bool:
    """Whether a log has all of these bytes, as they were written; what is added to it begins and ends there."""
    if start == end:
        return True
    try:
        with path.open("rb") as log:
            log.seek(start)
            for _ in _logged(log, end):
                pass
    except (ValueError, error, FileNotFoundError):
        return False
    return True


def _logged(log: BinaryIO, end: int) -> Iterator[_Logged]:
    """What was added, from where the log is read on. Raises ValueError, struct.error where it is not as written."""
    while log.tell() < end:
        size, count, checksum = _HEADER.unpack(log.read(_HEADER.size))
        if not size or log.tell() + size + count * 8 > end:  # zeros, which a power cut may leave, are no space
            raise ValueError
        data = log.read(size + count * 8)
        if crc32(data) != checksum:
            raise ValueError
        yield data[:size].decode(), array("Q", data[size:])


def _packed(name: bytes, ids: list[int]) -> tuple[bytes, bytes]:
    data = name + array("Q", ids).tobytes()
    return _HEADER.pack(len(name), len(ids), crc32(data)), data
