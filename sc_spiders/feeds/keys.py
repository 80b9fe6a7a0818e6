"""Refuses to append to an output whose key of pseudonyms is not this crawl's. No key counts as another one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path

import orjson

from sc_spiders.errors import OutputError

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
    if not path.is_file() or path.suffix == ".csv" or not path.stat().st_size:
        return None
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as text:
        for line in filter(_CRAWL.search, _lines_with(b'"crawl"', text)):
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                return str(orjson.loads(line)["versions"].get("pseudonyms", ""))
    return None


def _lines_with(word: bytes, text: mmap) -> Iterator[bytes]:
    """The lines that have the word, the last one first. A killed crawl may have written much after it."""
    start = len(text)
    while (at := text.rfind(word, 0, start)) >= 0:
        start = text.rfind(b"\n", 0, at) + 1
        end = text.find(b"\n", at) + 1
        yield text[start : end or len(text)]
