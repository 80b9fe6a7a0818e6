"""Remembers ids that were written or requested, also across restarts. Each takes a few bytes.

Ids are kept in namespaces: one for each kind of node, one for the edges of each walked list. A namespace that still
grows is a 64-bit roaring bitmap (pyroaring); a finished small one is a sorted array, 8 bytes an id. All that is added
is also appended to a log file, whose length is acknowledged like that of the output files: a restart cuts it back to
that length and reads it again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import filterfalse
from pathlib import Path
from struct import Struct, error
from typing import BinaryIO
from zlib import crc32

from pyroaring import BitMap64

from sc_spiders.disk import sync_file
from sc_spiders.pages.namespaces import Namespace, Purpose

_HEADER = Struct("<HII")  # bytes of the namespace's name, count of ids, CRC-32 of both
_HASHED = 1 << 63
_SMALL = 4096  # for fewer scattered ids than this, a sorted array is smaller than a bitmap


_Logged = tuple[str, "array[int]"]
_Added = tuple[Namespace, list[int]]  # a namespace, and the ids added to it; without ids: it was closed


def ident(id_: int | str) -> int:
    """A 64-bit number for a record's id: integers as they are, strings by BLAKE2 with the highest bit set."""
    if isinstance(id_, int):
        return id_
    return int.from_bytes(hashlib.blake2b(id_.encode(), digest_size=8).digest(), "little") | _HASHED


class Seen:
    """Sets of ids by namespace. They are logged to a file, if one is given."""

    def __init__(self, path: Path | None = None) -> None:
        self._namespaces: dict[str, BitMap64] = {}
        self._closed: dict[str, array[int]] = {}
        self._path = path
        self._file: BinaryIO | None = None
        self.length = 0  # bytes of the log
        self._log: list[_Added] = []
        self._staged: dict[int, list[_Added]] = {}

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
                    self._namespace(name).update(ids)
                else:
                    self._close(name)
        except (ValueError, error):
            raise ValueError(f"{self._path} cannot be read") from None
        self.length = length

    def fresh(self, namespace: Namespace, ids: Iterable[int]) -> list[int]:
        """The ids that the namespace does not have yet, in order."""
        have = self._namespaces.get(namespace)
        if have is None:
            closed = self._closed.get(namespace)
            if closed is None:
                return list(ids)
            have = self._namespace(namespace)
        return list(filterfalse(have.__contains__, ids))

    def has(self, namespace: Namespace, id_: int) -> bool:
        have = self._namespaces.get(namespace)
        if have is not None:
            return id_ in have
        closed = self._closed.get(namespace)
        if closed is None:
            return False
        at = bisect_left(closed, id_)
        return at < len(closed) and closed[at] == id_

    def ids(self, namespace: Namespace) -> BitMap64 | array[int] | tuple[()]:
        """All ids of the namespace."""
        return self._namespaces.get(namespace) or self._closed.get(namespace) or ()

    def holds(self, namespace: Namespace) -> bool:
        """Whether anything was ever added to that namespace."""
        return namespace in self._closed or namespace in self._namespaces

    def add(self, namespace: Namespace, ids: list[int]) -> None:
        if not ids:
            return
        have = self._namespaces.get(namespace)
        if have is None:
            have = self._namespace(namespace)
        have.update(ids)
        self._log.append((namespace, ids))

    def close_namespace(self, namespace: Namespace, *, drop: bool = False) -> None:
        """Store a namespace that gets no more ids in a smaller form, or forget it (`drop`)."""
        if drop:
            self._namespaces.pop(namespace, None)
            self._closed.pop(namespace, None)
        elif namespace in self._namespaces:
            self._close(namespace)
        if not drop:
            self._log.append((namespace, []))

    def count(self, namespace: Namespace) -> int:
        return len(self.ids(namespace))

    def drop_where(self, prefix: str, keep: set[str]) -> None:
        """Forget the namespaces with that prefix, except those to keep. A resumed job forgets ended lists."""
        for namespaces in (self._namespaces, self._closed):
            for name in [name for name in namespaces if name.startswith(prefix) and name not in keep]:
                del namespaces[name]

    def stage(self, page: int) -> None:
        """Assign the ids that were added since the last call to this page. `commit` writes them to the log.

        Pages are acknowledged one by one. The log must not have a page's ids before the page's records are written.
        """
        self._staged[page] = self._log
        self._log = []

    def rollback(self, page: int, *, keep: Purpose | None = None) -> None:
        """Forget the ids of a page that will not be written, so that they can be written later.

        `keep`: namespaces with this purpose stay unchanged.
        """
        kept = []
        for namespace, ids in self._staged.pop(page, []) + self._log:
            if namespace.purpose is keep:
                kept.append((namespace, ids))
            else:
                self._take_back(namespace, ids)
        self._log = kept

    def _take_back(self, namespace: Namespace, ids: list[int]) -> None:
        if self.holds(namespace):
            self._namespace(namespace).difference_update(BitMap64(ids))

    def commit(self, page: int) -> int:
        """Write the page's ids to the log. Returns the log's new length in bytes. Raises OSError."""
        log = self._staged.pop(page, []) + self._log
        self._log = []
        if self._file and log:
            data = _packed(log)
            self._file.write(data)
            self._file.flush()
            self.length += len(data)
        sys.audit("sc_spiders.log_seen.after")
        return self.length

    def sync(self) -> None:
        """Wait until the whole log is on the disk. Raises OSError."""
        if self._file:
            os.fdatasync(self._file.fileno())

    def write_anew(self, path: Path) -> None:
        """Write a copy of the log to that path, because the log was deleted. Raises OSError."""
        if self._file:
            self._file.seek(0)
            with path.open("xb") as copy:
                shutil.copyfileobj(self._file, copy)
            sync_file(path)

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _namespace(self, name: str) -> BitMap64:
        namespace = self._namespaces.get(name)
        if namespace is None:
            namespace = self._namespaces[name] = BitMap64(self._closed.pop(name, ()))
        return namespace

    def _close(self, name: str) -> None:
        namespace = self._namespaces.get(name)
        if namespace is not None and len(namespace) < _SMALL:
            self._closed[name] = array("Q", namespace)
            del self._namespaces[name]


def is_whole(path: Path, start: int, end: int) -> bool:
    """Whether a log has all bytes of a part, unchanged. The part must begin and end at whole entries."""
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
    """Yields the additions in the log from its present position. Raises ValueError, struct.error if it is damaged."""
    while log.tell() < end:
        size, count, checksum = _HEADER.unpack(log.read(_HEADER.size))
        if not size or log.tell() + size + count * 8 > end:  # a power cut may leave zeros, which are no entry
            raise ValueError
        data = log.read(size + count * 8)
        if crc32(data) != checksum:
            raise ValueError
        yield data[:size].decode(), array("Q", data[size:])


def _packed(log: list[_Added]) -> bytes:
    """Additions as the bytes of log entries."""
    packed = bytearray()
    for namespace, ids in log:
        name = namespace.encode()
        data = name + array("Q", ids).tobytes()
        packed += _HEADER.pack(len(name), len(ids), crc32(data))
        packed += data
    return bytes(packed)
