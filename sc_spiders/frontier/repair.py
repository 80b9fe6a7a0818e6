"""Partial last lines: a killed crawl may leave one, and the next record would be appended to it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import BinaryIO

import orjson

from sc_spiders.disk.text_file import LONGEST_LINE
from sc_spiders.errors import OutputError

_STEP = 1 << 20  # bytes


def make_whole(path: Path) -> int:
    """Cut a partial last line off a file of JSON lines or CSV. Returns the number of bytes that were cut off.

    Raises OSError; OutputError for a last line that no crawl has written.
    """
    if not path.is_file():
        return 0
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        end = _end(file, size, path.suffix)
        if end == size:
            return 0
        if size - end > LONGEST_LINE:
            raise OutputError(f"{path}: what follows its last line end is too long to be a record; see what it is")
        file.seek(end)
        if path.suffix != ".csv" and _is_json(file.read()):  # only the line end is missing
            file.write(b"\n")
            return 0
        file.truncate(end)
    return size - end


def _end(file: BinaryIO, size: int, suffix: str) -> int:
    """The position after the last whole line."""
    if suffix == ".csv":
        return _end_of_rows(file)
    return _end_of_lines(file, size)


def _end_of_lines(file: BinaryIO, size: int) -> int:
    """The position after the last line end."""
    at = size
    while at and size - at <= LONGEST_LINE:
        start = max(0, at - _STEP)
        file.seek(start)
        found = file.read(at - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        at = start
    return at


def _end_of_rows(file: BinaryIO) -> int:
    """The same for CSV, where cells may contain line ends."""
    file.seek(0)
    at = end = 0
    quoted = False
    for line in iter(partial(file.readline, _STEP), b""):
        at += len(line)
        quoted ^= line.count(b'"') % 2 == 1
        if line.endswith(b"\n") and not quoted:
            end = at
    return end


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True
