"""Measures what the card of a crawl costs at its end, compared with the crawl and with a plain SHA-256.

    python -m bench.cards [--mb 1000]

Files of so many megabytes are made of track records, as JSON Lines and CSV. The ways are interleaved, and the median of
three rounds counts, in seconds of CPU. The files are in the page cache, as at the end of a crawl that has just written
them.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from bench.figures import HERE, Figure, at_most, environment, tell
from sc_spiders import records
from sc_spiders.dataset.card import FileFacts
from tests.records.samples import NOW, V2

PAGE = 200
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description="What a card costs at the end of a crawl.")
    parser.add_argument("--mb", type=int, default=1000, help="size of each file (default: 1000)")
    parser.add_argument("--json", type=Path, default=HERE / "cards.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cards-") as folder:
        lines, rows = make(Path(folder), options.mb * 1_000_000)
        page = orjson.dumps([V2["track"][0]] * PAGE)
        size = len(dumped(page))
        ways: dict[str, Callable[[], object]] = {
            "plain": lambda: plain(lines),
            "jsonl": lambda: read(FileFacts(lines)),
            "csv": lambda: read(FileFacts(rows, is_quoted=True)),
            "pages": lambda: [dumped(page) for _ in range(20)],
        }
        spent = measured(ways)
        crawl = spent["pages"] * lines.stat().st_size / (20 * size)
    figures = [
        Figure("seconds of CPU for a gigabyte of JSON Lines", spent["jsonl"] * 1000 / options.mb),
        Figure("seconds of CPU for a gigabyte of CSV", spent["csv"] * 1000 / options.mb),
        Figure("JSON Lines ÷ a plain SHA-256 of the same file", spent["jsonl"] / spent["plain"]),
        at_most("JSON Lines ÷ making these records of the API's pages", spent["jsonl"] / crawl, 0.2),
    ]
    tell(options.json, environment("orjson"), figures, megabytes=options.mb)


def make(folder: Path, size: int) -> tuple[Path, Path]:
    """A file of JSON Lines and one of CSV, of that size in bytes."""
    (row,), _ = records.kind("track", "v2").project(V2["track"][:1], NOW)
    text = io.StringIO(newline="")
    csv.writer(text).writerow(row.values())
    lines, rows = folder / "track.jsonl", folder / "track.csv"
    repeat(lines, records.dumps(row) + b"\n", size)
    repeat(rows, text.getvalue().encode(), size)
    return lines, rows


def repeat(path: Path, line: bytes, size: int) -> None:
    many = line * (4_000_000 // len(line))
    with path.open("wb") as file:
        while file.tell() < size:
            file.write(many)


def dumped(page: bytes) -> bytes:
    """What a crawl does for a page, without the network."""
    rows, _ = records.kind("track", "v2").project(records.decode(page), NOW, drift=records.Drift("v2"))
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def plain(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(facts: FileFacts) -> None:
    for _ in facts.read():
        pass


def measured(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median seconds of CPU of each way."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begun = time.process_time()
            way()
            spent[name].append(time.process_time() - begun)
    return {name: statistics.median(found) for name, found in spent.items()}


if __name__ == "__main__":
    main()
