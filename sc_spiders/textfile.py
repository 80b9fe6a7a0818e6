"""Small text files that a person names."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TextIO

__all__ = ["open_text"]


def open_text(path: Path, largest: int, encoding: str = "utf-8") -> TextIO:
    """A regular file of at most so many bytes, to be read. Raises OSError, and ValueError with the reason.

    A pipe would be waited for, and a device such as /dev/zero read without end.
    """
    file = open(path, encoding=encoding, opener=_open)  # noqa: SIM115
    status = os.fstat(file.fileno())
    if stat.S_ISREG(status.st_mode) and status.st_size <= largest:
        return file
    file.close()
    raise ValueError(f"it has more than {largest:,} bytes" if stat.S_ISREG(status.st_mode) else "it is no regular file")


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
