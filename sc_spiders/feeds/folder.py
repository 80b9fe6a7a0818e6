"""The output folder of a crawl, named after the time when the crawl began."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from pathlib import Path

from sc_spiders.frontier.base import Frontier


def make_folder(feeds: Iterable[str], name: str, frontier: Frontier) -> None:
    """Make the folder, unless it exists. `feeds`: their URIs. `name`: the spider's.

    If another crawl began in the same second, the stamp gets a number. Raises OSError, sqlite3.Error.
    """
    if frontier.files.in_output:
        return
    for feed in feeds:
        head, found, rest = feed.partition("%(stamp)s")
        if found and "%(worker)s" not in rest:  # otherwise workers share the folder, and each makes its own in it
            _make(head % {"name": name}, frontier)
            return


def _make(head: str, frontier: Frontier) -> None:
    status, files = frontier.status, frontier.files
    if files.planned:  # a process died before it began the crawl
        with suppress(OSError):
            Path(files.planned).rmdir()  # fails if there are files in it
    stamp = status.stamp
    for number in count(1):
        if number > 1:
            status.stamp = f"{stamp}-{number}"
        folder = Path(head + status.stamp)
        if folder.exists():
            continue
        files.plan_folder(str(folder.absolute()))
        with suppress(FileExistsError):
            folder.mkdir(parents=True)
            sys.audit("sc_spiders.make_folder.after")
            return
