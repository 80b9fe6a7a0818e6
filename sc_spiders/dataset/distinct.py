"""Removes duplicate records, in memory that does not grow with the input.

Records are first split into parts by a hash of their identity, so duplicates are in the same part. Each part is
small enough for memory. A small input is one part and is never written to disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from sc_spiders.records import dumps

from .identity import key, rank
from .listings import joined
from .reading import Record

PART_BYTES = 32 * 1024 * 1024
"""Bytes of input for one part. A part takes about three times as much memory."""

Entry = tuple[bytes, bytes, bytes, bytes]
"""Kind, hash of the identity, rank, JSON."""


def distinct(records: Iterator[Record], size: int, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Kind and JSON of every record once: the fuller or else the later duplicate; listings are joined to one.

    `size`: bytes of the input, which decide the number of parts. `folder`: where the parts are written; they take
    about as much space as the input. Raises OSError if the disk is full.
    """
    entries = map(_entry, records)
    count = -(-size // PART_BYTES)
    if count <= 1:
        yield from _of_part(entries)
        return
    with TemporaryDirectory(prefix=".parts-", dir=folder) as parts:
        files = [Path(parts, str(number)) for number in range(count)]
        _deal(entries, files)
        for file in files:
            if file.exists():
                yield from _of_part(_entries(file))
                file.unlink()


def _entry(record: Record) -> Entry:
    row, line = record
    digest = blake2b(key(row).encode(errors="replace"), digest_size=16).hexdigest()
    return row["kind"].encode(), digest.encode(), rank(row).encode(), line


def _deal(entries: Iterator[Entry], files: list[Path]) -> None:
    count = len(files)
    waiting: list[list[bytes]] = [[] for _ in files]
    size = 0
    for entry in entries:
        line = b" ".join(entry)
        waiting[int(entry[1][:12], 16) % count].append(line)
        size += len(line)
        if size > PART_BYTES:
            _flush(waiting, files)
            size = 0
    _flush(waiting, files)


def _flush(waiting: list[list[bytes]], files: list[Path]) -> None:
    # Each file is opened again each time: a very large input has more parts than a process may have open files.
    for lines, file in zip(waiting, files, strict=True):
        if lines:
            with file.open("ab") as part:
                part.write(b"\n".join(lines) + b"\n")
            lines.clear()


def _entries(file: Path) -> Iterator[Entry]:
    with file.open("rb") as lines:
        for line in lines:
            kind, digest, order, text = line[:-1].split(b" ", 3)
            yield kind, digest, order, text


def _of_part(entries: Iterator[Entry]) -> Iterator[tuple[str, bytes]]:
    kept: dict[bytes, tuple[bytes, bytes, bytes]] = {}
    listings: dict[bytes, list[bytes]] = {}
    for kind, digest, order, line in entries:
        if kind == b"listing":
            listings.setdefault(digest, []).append(line)
            continue
        before = kept.get(digest)
        if before is None or order >= before[0]:
            kept[digest] = order, kind, line
    for _, kind, line in kept.values():
        yield kind.decode(), line
    for lines in listings.values():
        if len(lines) == 1:
            yield "listing", lines[0]
        else:
            yield "listing", dumps(joined(map(orjson.loads, lines)))
