"""Measures exports of a large data set, one after the other: `make bench-exports`, or `python -m bench.exports`.

The data set is like a crawl of followers and likes: lists of 200 edges, a full record for half of the users,
no records for tracks. Each export is a process, and the system reports its peak memory.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from bench.figures import environment
from sc_spiders import records
from sc_spiders.export import FORMATS
from tests.records.samples import NOW, V2

ROOT = Path(__file__).parents[1]
ROWS = 200
BYTES = 1700
"""Bytes of disk for one edge: in the input, in the temporary files, in the largest output."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Memory and speed of every export.")
    parser.add_argument("--edges", type=int, default=10_000_000, help="default: ten million")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS), help="default: all")
    parser.add_argument(
        "--folder", type=Path, help="on a disk with enough space; default: the system's temporary folder"
    )
    parser.add_argument("--json", type=Path, default=Path("bench/exports.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="exports-", dir=options.folder) as work:
        if (free := shutil.disk_usage(work).free) < options.edges * BYTES:
            sys.exit(f"{work} has {free / 1e9:.0f} GB free; {options.edges * BYTES / 1e9:.0f} GB are needed: --folder")
        data = Path(work, "data")
        make(data, options.edges)
        size = sum(file.stat().st_size for file in data.iterdir())
        print(f"{options.edges:,} edges, {size / 1e6:,.0f} MB of JSON Lines")
        print(f"{'':10}{'peak MiB':>10}{'seconds':>10}{'edges/s':>10}{'MB':>8}")
        formats = {}
        for name in options.formats:
            formats[name] = one = measure(name, data, options.edges)
            print(
                f"{name:10}{one['peak_mib']:10,.0f}{one['wall_s']:10,.0f}{one['edges_per_s']:10,.0f}{one['mb']:8,.0f}"
            )
    report = {
        "environment": environment("orjson", "pyarrow", "duckdb", "pyroaring"),
        "edges": options.edges,
        "input_mb": size / 1e6,
        "formats": formats,
    }
    options.json.write_text(json.dumps(report, indent=1) + "\n")


def measure(name: str, data: Path, edges: int) -> dict[str, float]:
    """Peak memory (MiB), CPU and wall (seconds), edges a second and size (MB) of one export. Deletes the result."""
    output = data.with_suffix(FORMATS[name].suffix)
    command = [sys.executable, "-m", "scrapy", "export", str(data), name, "-o", str(output)]
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    files = [file for file in (output, *output.rglob("*")) if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    if output.is_dir():
        shutil.rmtree(output)
    else:
        output.unlink()
    return {
        "peak_mib": usage.ru_maxrss / 1024,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "wall_s": wall,
        "edges_per_s": edges / wall,
        "mb": size / 1e6,
    }


def make(folder: Path, edges: int) -> None:
    """Writes the data set: `folder`/edge.jsonl and `folder`/user.jsonl."""
    folder.mkdir()
    people = max(ROWS, edges // 10)
    for kind, rows in (("edge", _edges(edges, people)), ("user", _users(people // 2))):
        with (folder / f"{kind}.jsonl").open("wb", buffering=1 << 20) as file:
            file.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _edges(count: int, people: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(1)  # the same data set each time
    base = dict.fromkeys(records.FIELDS["edge"]) | {"kind": "edge", "fetched_at": NOW, "api": "v2"}
    for begin in range(0, count, ROWS):
        number = begin // ROWS
        walked = f"soundcloud:users:{_id(number)}"
        for other in chance.sample(range(people), min(ROWS, count - begin)):
            if number % 4:
                yield base | {"relation": "follows", "source": f"soundcloud:users:{_id(other)}", "target": walked}
            else:
                track, date = f"soundcloud:tracks:{_id(other)}", f"2026-01-{other % 28 + 1:02}T12:00:00Z"
                yield base | {"relation": "likes", "source": walked, "target": track, "created_at": date}


def _users(count: int) -> Iterator[dict[str, Any]]:
    (user,), _ = records.kind("user", "v2").project(V2["user"][:1], NOW)
    for number in range(count):
        urn = f"soundcloud:users:{_id(number)}"
        yield user | {"id": _id(number), "urn": urn, "username": f"User {number}", "permalink": f"user-{number}"}


def _id(number: int) -> int:
    """An id. Ids are as sparse as SoundCloud's."""
    return 1000 + number * 1499


if __name__ == "__main__":
    main()
