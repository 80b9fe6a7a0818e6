"""Cutting output files back to what was acknowledged, and nothing that somebody else has put there."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import BinaryIO

import orjson

logger = logging.getLogger(__name__)


class OutputError(Exception):
    """The output on disk is not what was acknowledged, or somebody else writes it; the message says what to do."""


class Plan:
    """How long the output files will be once the page that is about to be written is there, in a file of the job's.

    Noted before each page: whatever lies beyond that length when the job goes on was written by somebody else. It is no
    acknowledgement, and needs no transaction: a page that is written over it in one go, and the memory of the machine,
    survive the death of the process.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._file: int | None = None

    def note(self, lengths: dict[str, int]) -> None:
        """Raises OSError."""
        if self._path is None:
            return
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o666)
        os.pwrite(self._file, orjson.dumps(lengths, None, orjson.OPT_APPEND_NEWLINE), 0)

    def read(self) -> dict[str, int]:
        """What was noted last; nothing where that cannot be read any more. Raises OSError."""
        try:
            found = orjson.loads(self._path.read_bytes().partition(b"\n")[0]) if self._path else {}
        except (FileNotFoundError, ValueError):
            return {}
        return {str(path): end for path, end in found.items() if type(end) is int} if isinstance(found, dict) else {}

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def cut_back(path: Path, length: int, planned: int) -> None:
    """Cut a file back to that length. What is known to be this job's, up to `planned` if that is reached, goes.

    The rest is put beside it, and told: a crawl that appended to the same file, say. Raises OSError.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return
    own = planned if length < planned <= size else length
    if size > own:
        kept = _unused(path)
        with path.open("rb") as whole, kept.open("xb") as rest:
            whole.seek(own)
            shutil.copyfileobj(whole, rest)
        logger.warning(
            "%s: what is beyond all that this job is known to have written (%s bytes) is now in %s.",
            path,
            f"{size - own:,}",
            kept.name,
        )
    if size > length:
        os.truncate(path, length)


def check_end(path: Path, length: int) -> None:
    """Raises OutputError where what was acknowledged of a file does not end with a line: it is not what was written."""
    with path.open("rb") as file:
        file.seek(length - 1)
        if file.read(1) != b"\n":
            raise OutputError(
                f"{path} is not what this job wrote: no line ends at byte {length}, where the acknowledged ones do. It "
                "was changed since, or a power cut took its end: put back what was there, or begin again with another "
                "JOBDIR"
            )


def lock_output(path: str) -> BinaryIO:
    """Keep a file to this process as long as it is open. Raises OutputError where another one writes to it, OSError."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    file = Path(path).open("ab")  # noqa: SIM115  # the lock lasts as long as it is open
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise OutputError(
            f"another crawl writes to {path}: give each its own (of several workers, with %(worker)s in the name)"
        ) from None
    return file


def _unused(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
    names = (f"{path.name}.cut-{stamp}" + (f"-{number}" if number > 1 else "") for number in count(1))
    return next(beside for name in names if not (beside := path.with_name(name)).exists())
