"""Finds the output of the latest crawl, for a command without an INPUT."""

from __future__ import annotations

import re
from pathlib import Path

from sc_spiders.errors import InputError

# The name of a crawl's folder: its start in UTC, with a number if another crawl began in the same second.
_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)(?:-(\d+))?", re.ASCII)


# Files of a crawl that tell how it went, and hold nothing that it found.
_ABOUT = frozenset({"crawl", "listing", "rejected"})
_ENDINGS = frozenset({".jsonl", ".jl", ".csv"})


def latest_output() -> Path:
    """The output folder of the crawl that began last, of all in `output/`.

    Raises InputError if there is none, or if that one has found nothing.
    """
    starts = {}
    for path in Path("output").glob("*/*/"):
        if found := _STAMP.fullmatch(path.name):
            starts[path] = (found[1], int(found[2] or 1))
    if not starts:
        raise InputError("there is no crawl in output/ here; name the file or the folder of one")
    newest_first = sorted(starts, key=starts.__getitem__, reverse=True)
    latest = newest_first[0]
    if _has_found(latest):
        return latest
    before = next(filter(_has_found, newest_first), None)
    if before is None:
        raise InputError("no crawl in output/ here has found anything yet; name the file or the folder of another")
    raise InputError(f"the latest crawl, {latest}, has found nothing; the one before that has is {before}: name it")


def _has_found(folder: Path) -> bool:
    """Whether a crawl's folder, or that of one of its workers, has records of what was found."""
    files = (path for path in folder.rglob("*") if path.suffix in _ENDINGS and path.stem not in _ABOUT)
    return any(path.is_file() and path.stat().st_size for path in files)
