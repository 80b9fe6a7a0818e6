"""Opens text files that a person names. Pipes, devices and endless lines are refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, AnyStr, BinaryIO, TextIO

from sc_spiders.errors import Endless

__all__ = ["LONGEST_LINE", "Endless", "Lines", "open_bytes", "open_text"]

LONGEST_LINE = 64 * 1024 * 1024
"""Characters of the longest line that is read. No answer of the API is longer, so no record is."""


def open_text(path: Path, largest: int, encoding: str = "utf-8") -> TextIO:
    """Open a regular file for reading. Raises OSError, and Endless if it is not regular or has over `largest` bytes."""
    file = open(path, encoding=encoding, opener=_open)  # noqa: SIM115
    try:
        _check_regular(file)
        if os.fstat(file.fileno()).st_size > largest:
            raise Endless(f"it has more than {largest:,} bytes")
    except BaseException:
        file.close()
        raise
    return file


def open_bytes(path: Path) -> BinaryIO:
    """Open a regular file for reading. Raises OSError, and Endless if it is not regular."""
    file = open(path, "rb", opener=_open)  # noqa: SIM115
    try:
        _check_regular(file)
    except BaseException:
        file.close()
        raise
    return file


class Lines(Iterator[AnyStr]):
    """The lines of a file. Raises Endless if more than LONGEST_LINE characters come between two calls of `restart`."""

    def __init__(self, file: IO[AnyStr]) -> None:
        self._file: IO[AnyStr] = file
        self._taken = 0

    def __next__(self) -> AnyStr:
        line = self._file.readline(LONGEST_LINE + 1)
        self._taken += len(line)
        if self._taken > LONGEST_LINE:
            raise Endless(f"a record has more than {LONGEST_LINE >> 20} MiB")
        if not line:
            raise StopIteration
        return line

    def restart(self) -> None:
        """Count from 0 again: a record is complete."""
        self._taken = 0


def _check_regular(file: IO[str] | IO[bytes]) -> None:
    # A pipe would block, and a device such as /dev/zero never ends.
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise Endless("it is not a regular file")


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
