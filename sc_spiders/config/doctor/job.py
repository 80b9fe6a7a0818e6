"""Checks that nobody changed the output of a job: reads all of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sc_spiders.config.doctor.finding import Finding
from sc_spiders.disk import lacks_locks
from sc_spiders.frontier.directory import FORMAT, SEEN, STORE
from sc_spiders.frontier.rewind import reader
from sc_spiders.frontier.sqlite import connect
from sc_spiders.frontier.whole import has_ids, size_of, sum_of

_PUT_BACK = "put back what the job wrote, or begin again with another JOBDIR"


def examine_job(folder: Path) -> Iterator[Finding]:
    """Compares lengths and checksums of the output with those in the job directory. Changes nothing."""
    if size_of(folder / STORE) < 0:
        yield Finding.bad(f"job: {folder} is no job directory", "name the JOBDIR of a crawl")
        return
    try:
        with closing(connect(folder / STORE, mode="ro", has_locks=not lacks_locks(folder))) as db:
            yield from _outputs(folder, db)
    except (sqlite3.Error, ValueError, TypeError, AttributeError) as e:
        yield Finding.bad(f"job: {folder} cannot be read ({e})", "begin again with another JOBDIR")


def _outputs(folder: Path, db: sqlite3.Connection) -> Iterator[Finding]:
    get = reader(db)
    if get("format") != FORMAT:
        yield Finding.bad(f"job: {folder} was made by another version", "look at it with that version")
        return
    lengths = get("left") or get("outputs", {})
    sums = get("left_sums") or get("sums", {})
    origin = get("origin", {})
    for path, length in lengths.items():
        if length:
            yield _compared(path, origin.get(path, 0), length, sums.get(path, 0))
    if has_ids(folder, get("seen", 0)):
        yield Finding.ok(f"job: {folder / SEEN} is whole")
    else:
        yield Finding.bad(f"job: {folder / SEEN} is not what the job wrote", "begin again with another JOBDIR")


def _compared(path: str, start: int, length: int, sum_: int) -> Finding:
    size = size_of(path)
    if size < 0:
        return Finding.bad(f"job: {path} is gone", _PUT_BACK)
    if size < length:
        return Finding.bad(f"job: {path} has {size:,} bytes, but {length:,} were acknowledged", _PUT_BACK)
    if sum_of(path, start, length) != sum_:
        return Finding.bad(f"job: {path} is not what the job wrote: its checksum is another", _PUT_BACK)
    return Finding.ok(f"job: {path}, {length:,} bytes, as the job wrote them")
