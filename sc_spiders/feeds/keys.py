"""Refuses to append to an output whose key of pseudonyms is not this crawl's. No key counts as another one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import orjson

from sc_spiders.errors import OutputError

_TAIL = 1 << 20  # bytes at the end of a file, where its last crawl record is
_CRAWL = re.compile(rb'"kind"\s*:\s*"crawl"')  # other tools write spaces


def check_keys(paths: Iterable[str], fingerprint: str) -> None:
    """Compare the key's fingerprint ("" without a key) with the last crawl record in each file.

    A file without a crawl record (`SC_KINDS`, CSV) cannot be checked. Raises OutputError, OSError.
    """
    for path in map(Path, paths):
        theirs = _fingerprint(path)
        if theirs not in (None, fingerprint):
            raise OutputError(f"{path} {_words(theirs)}; {_remedy(fingerprint)}")


def _words(theirs: str | None) -> str:
    if theirs:
        return f"has pseudonyms of the key {theirs}"
    return "has no pseudonyms"


def _remedy(ours: str) -> str:
    if ours:
        return f"this crawl's key is {ours}: give the same key in SC_PSEUDONYMS, or another file"
    return "this crawl has no key: give the same key in SC_PSEUDONYMS, or another file"


def _fingerprint(path: Path) -> str | None:
    """The fingerprint in the last crawl record: "" without a key; None if there is no record."""
    if not path.is_file() or path.suffix == ".csv":
        return None
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
        lines = file.read().splitlines()
    for line in reversed(lines):
        if not _CRAWL.search(line):
            continue
        try:
            return str(orjson.loads(line)["versions"].get("pseudonyms", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return None
