"""Cuts output files back to acknowledged pages, and keeps what somebody else wrote to them."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import BinaryIO

import orjson

from sc_spiders.disk import Locks, sync_file, sync_name
from sc_spiders.errors import Disturbed, OutputError, typed
from sc_spiders.frontier.whole import Ends, size_of

logger = logging.getLogger(__name__)

_OWN_STREAMS = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")


MOVED = "was moved or deleted while it was written"

ANEW = f"begin again with another {typed.job()}, or with {typed.setting('SC_FRESH', '1')} if none was given"
"""What to do about a job that cannot go on."""

NO_LOCKS = "two crawls of the same folder would not notice each other"


def disturbed(path: str, what: str) -> Disturbed:
    """The error for an output file that somebody else has changed. `what` has happened to it."""
    return Disturbed(
        f"{path} {what}. Nothing more was written to it; put back what was there (a log rotation must leave it alone), "
        "and start the same command again"
    )


class WriteIntent:
    """Notes in a file of the job directory how long the output files will be after the next page.

    A resumed job knows that somebody else wrote all that is beyond that length. The note is no acknowledgement and
    needs no transaction: it is written in one call, and the operating system keeps it if the process dies.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._file: int | None = None

    def note(self, lengths: Mapping[str, int]) -> None:
        """Raises OSError."""
        if self._path is None:
            return
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o666)
        os.pwrite(self._file, orjson.dumps(dict(lengths), None, orjson.OPT_APPEND_NEWLINE), 0)

    def read(self) -> dict[str, int]:
        """The last note; empty if it cannot be read. Raises OSError."""
        try:
            found = orjson.loads(self._path.read_bytes().partition(b"\n")[0]) if self._path else {}
        except (FileNotFoundError, ValueError):
            return {}
        return {str(path): end for path, end in found.items() if type(end) is int} if isinstance(found, dict) else {}

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def cut_back(path: Path, length: int, written: int, planned: int) -> None:
    """Cut a file back to that length.

    Bytes up to `written`, or to `planned` if the file is that long, are this job's and are deleted. Bytes beyond may
    be another crawl's: they are moved to a new file, with a warning. Raises OSError.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return
    own = max(length, min(written, size))
    own = planned if own < planned <= size else own
    if size > own:
        kept = _unused(path)
        with path.open("rb") as whole, kept.open("xb") as rest:
            whole.seek(own)
            shutil.copyfileobj(whole, rest)
        sync_file(kept)
        sync_name(kept)
        logger.warning(
            "%s: it had %s bytes at its end that this job did not write; they are now in %s.",
            path,
            f"{size - own:,}",
            kept.name,
        )
    if size > length:
        os.truncate(path, length)


def check(ends: Ends, lengths: dict[str, int], sums: dict[str, int], *, grown: bool) -> None:
    """Raises OutputError if an output file is gone, shorter than its length here, or not what the job wrote.

    `grown`: whether it may be longer.
    """
    for path, length in lengths.items():
        size = size_of(path)
        if not grown and max(size, length) > 0 and size != length:
            raise OutputError(
                f"{path} has been changed since this job stopped ({length} bytes then, {max(size, 0)} now): put back "
                f"what was there, or {ANEW}"
            )
        if length and size < length:
            what = "is gone" if size < 0 else f"has {size} bytes"
            raise OutputError(
                f"{path} {what}, but {length} were acknowledged: it was moved or changed since; put it back, or {ANEW}"
            )
        if not (_ends_a_line(path, length) and ends.holds(path, length, sums.get(path, 0))):
            raise OutputError(
                f"{path} is not what this job wrote: the last of the {length} acknowledged bytes were changed. Put "
                f"back what was there, or {ANEW}"
            )


def _ends_a_line(path: str, length: int) -> bool:
    if not length:
        return True
    with Path(path).open("rb") as file:
        file.seek(length - 1)
        return file.read(1) == b"\n"


def _check_regular(path: str) -> None:
    """Check a path before it is opened: opening a pipe would wait for its reader."""
    if path.startswith(_OWN_STREAMS) or not Path(path).exists() or Path(path).is_file():
        return
    what = "a directory" if Path(path).is_dir() else "a pipe, a device or a socket"
    raise OutputError(
        f"{path} is {what}, which cannot be cut back: give a file, or `-o -:jsonlines` to write to a pipe"
    )


def lock_output(path: str, locks: Locks) -> BinaryIO:
    """Open a file and lock it for this process. The lock lasts until the file is closed.

    Raises OutputError if another process writes to it or if it is not a regular file, OSError.
    """
    _check_regular(path)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    file = Path(path).open("ab")  # noqa: SIM115  # the lock lasts as long as it is open
    try:
        locks.lock(file)
    except BlockingIOError:
        file.close()
        raise OutputError(
            f"another crawl writes to {path}: give each its own (of several workers, with %(worker)s in the name)"
        ) from None
    except BaseException:
        file.close()
        raise
    return file


def _unused(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
    names = (f"{path.name}.cut-{stamp}" + (f"-{number}" if number > 1 else "") for number in count(1))
    return next(beside for name in names if not (beside := path.with_name(name)).exists())
