"""Finds the output of the latest crawl, for a command without an INPUT."""

from __future__ import annotations

import re
from pathlib import Path

from sc_spiders.errors import InputError

# The name of a crawl's folder: its start in UTC, with a number if another crawl began in the same second.
_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)(?:-(\d+))?", re.ASCII)


def latest_output() -> Path:
    """The output folder of the crawl that began last, of all in `output/`. Raises InputError if there is none."""
    starts = {}
    for path in Path("output").glob("*/*/"):
        if found := _STAMP.fullmatch(path.name):
            starts[path] = (found[1], int(found[2] or 1))
    if not starts:
        raise InputError("there is no crawl in output/ here; name the file or the folder of one")
    return max(starts, key=starts.__getitem__)
