"""Locks on files: they keep two processes from writing to the same file.

Some file systems have no locks: Lustre that is mounted without `flock`, NFS without a lock manager. Files there are
used without locks, with a warning.
"""

from __future__ import annotations

import errno
import fcntl
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

logger = logging.getLogger(__name__)

_HELD = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES})
_MISSING = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP})

_AT_ONCE = fcntl.LOCK_EX | fcntl.LOCK_NB


class Locks:
    """The locks of one crawl. The first file that cannot be locked is logged.

    `danger`: what may happen without locks.
    """

    def __init__(self, danger: str) -> None:
        self._danger = danger
        self._is_told = False

    def lock(self, file: IO[bytes]) -> None:
        """Lock an open file for this process, until it is closed.

        Raises BlockingIOError if another process holds the lock, OSError.
        """
        if _is_locked(file, fcntl.flock) or self._is_told:
            return
        self._is_told = True
        logger.warning("The file system of %s has no locks: %s.", Path(file.name).parent, self._danger)


def lacks_locks(folder: Path) -> bool:
    """Whether files in that folder cannot be locked, by us or by SQLite. False if no file can be made there."""
    with suppress(OSError), TemporaryFile(dir=folder) as file:
        return not (has_record_locks(file) and _is_locked(file, fcntl.flock))
    return False


def has_record_locks(file: IO[bytes]) -> bool:
    """Whether the file system has the locks that SQLite uses. The file must be open for writing. Raises OSError."""
    try:
        is_locked = _is_locked(file, fcntl.lockf)
    except BlockingIOError:
        return True
    if is_locked:
        fcntl.lockf(file, fcntl.LOCK_UN)
    return is_locked


def _is_locked(file: IO[bytes], lock: Callable[[IO[bytes], int], None]) -> bool:
    """Lock a file by flock or lockf. Returns False if the file system has no such locks."""
    try:
        lock(file, _AT_ONCE)
    except OSError as e:
        if e.errno in _MISSING:
            return False
        if e.errno in _HELD:
            raise BlockingIOError(e.errno, e.strerror) from None
        raise
    return True
