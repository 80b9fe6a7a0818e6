"""Measures what SC_NEVER and SC_PSEUDONYMS cost a page: `python -m bench.privacy`.

A page is 200 objects: decoding, projection and writing, without network and Scrapy. On the list of SC_NEVER are 1,000
ids and 1,000 names that do not occur, as on nearly every page. The ways take turns, and the least of the rounds counts.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import orjson

from bench.figures import HERE, Figure, at_most, environment, tell
from sc_spiders import records
from sc_spiders.records import OptOut, People, Pseudonyms
from tests.records.samples import NOW, V2

KINDS = ("user", "track", "comment", "playlist")
ROWS, ROUNDS = 200, 60
NEVER = 1.2
PEOPLE = People((f"soundcloud:users:{10**12 + i}" for i in range(1000)), (f"nobody-{i}" for i in range(1000)))


def main() -> None:
    parser = argparse.ArgumentParser(description="What SC_NEVER and SC_PSEUDONYMS cost a page.")
    parser.add_argument("--json", type=Path, default=HERE / "privacy.json")
    options = parser.parse_args()
    figures = []
    for kind in KINDS:
        plain, never, pseudonyms = measured(kind)
        figures.append(Figure(f"{kind}: CPU of a page, ms", plain * 1000))
        figures.append(at_most(f"{kind}: with SC_NEVER", never / plain, NEVER))
        figures.append(Figure(f"{kind}: with SC_PSEUDONYMS", pseudonyms / plain))
    tell(options.json, environment("orjson"), figures)


def measured(kind: str) -> list[float]:
    """Seconds of CPU for a page: plain, with SC_NEVER, with SC_PSEUDONYMS."""
    objects = [{**V2[kind][0], "id": i, "urn": f"soundcloud:{kind}s:{i}"} for i in range(1000, 1000 + ROWS)]
    page = orjson.dumps(objects)
    ways: list[tuple[OptOut | None, Pseudonyms | None]] = [
        (None, None),
        (OptOut(PEOPLE), None),
        (None, Pseudonyms(b"k" * 32)),
    ]
    spent: list[list[float]] = [[] for _ in ways]
    for _ in range(ROUNDS):
        for way, times in zip(ways, spent, strict=True):
            begun = time.process_time()
            write(kind, page, *way)
            times.append(time.process_time() - begun)
    return list(map(min, spent))


def write(kind: str, page: bytes, opt_out: OptOut | None, pseudonyms: Pseudonyms | None) -> bytes:
    objects = records.decode(page)
    if opt_out:
        assert not opt_out.found(kind, objects)
    rows, _ = records.kind(kind, "v2").project(objects, NOW, drift=records.Drift("v2"))
    if opt_out:
        rows = opt_out.kept(kind, rows)
    if pseudonyms:
        pseudonyms.cover(kind, rows)
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


if __name__ == "__main__":
    main()
