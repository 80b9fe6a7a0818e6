"""Has the disk take what was written: without that a machine that stops may lose the last half a minute of it."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

TOO_FEW = frozenset({errno.EMFILE, errno.ENFILE})  # descriptors: connections may have all of them for a moment


def sync_file(path: str | Path) -> None:
    """Return once all bytes of that file are on the disk. Raises OSError."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def sync_name(path: str | Path) -> None:
    """Return once the name of that file is on the disk, and those of the folders that lead to it.

    A folder that may not be opened, or is on a file system that has no such call, is left to the system.
    """
    for folder in Path(path).absolute().parents:
        with suppress(OSError):
            sync_file(folder)


def sync_tree(path: Path) -> None:
    """Return once a file, or a folder with all that is in it, is on the disk. Raises OSError."""
    if path.is_dir():
        for found in sorted(path.iterdir()):
            sync_tree(found)
    sync_file(path)
