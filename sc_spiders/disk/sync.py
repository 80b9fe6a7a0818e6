"""Syncs files to the disk. Without it, a machine that loses power may lose the last 30 seconds of writes."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

TOO_FEW = frozenset({errno.EMFILE, errno.ENFILE})  # file descriptors: connections may use all of them for a moment


def sync_file(path: str | Path) -> None:
    """Sync the content of a file. Raises OSError."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def sync_name(path: str | Path) -> None:
    """Sync the name of a file, and the names of its parent folders.

    Folders that cannot be opened or synced are skipped.
    """
    for folder in Path(path).absolute().parents:
        with suppress(OSError):
            sync_file(folder)


def sync_tree(path: Path) -> None:
    """Sync a file, or a folder with its content. Raises OSError."""
    if path.is_dir():
        for found in sorted(path.iterdir()):
            sync_tree(found)
    sync_file(path)
