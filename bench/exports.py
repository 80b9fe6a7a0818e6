"""Measures exports of a large data set beside plain DuckDB: `make bench-exports`, or `python -m bench.exports`.

The data set is like a crawl of followers and likes: lists of 200 edges, a full record for half of the users,
no records for tracks. Each run is a process, whose CPU time and peak memory the system reports. An export and what it
is compared with take turns: `bench/plain.py` for formats that DuckDB writes, and with `--before` the project as it was
at an earlier commit.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import orjson

from bench.figures import Figure, at_least, at_most, environment, tell
from sc_spiders import records
from sc_spiders.dataset.columns import columns_of
from sc_spiders.export import FORMATS
from tests.records.samples import NOW, V2

ROOT = Path(__file__).parents[1]
ROWS = 200
BYTES = 1700
"""Bytes of disk for one edge: in the input, in the temporary files, in the largest output."""
WORKERS = 4
PLAIN = {"parquet": 1.5, "duckdb": 1.5, "csv": 1.5, "sqlite": 2.0, "merge": 1.5}
"""At most this many times the CPU of plain DuckDB; for SQLite, of its own `.import` of CSV that DuckDB wrote."""
FASTER = dict.fromkeys(PLAIN, 4.0) | {"graphml": 1.5, "gexf": 1.5}
"""At least this many times as fast as at the commit `--before`, when data sets were not yet read by DuckDB."""
PEAK = 500  # MiB
FILES = ("edge.jsonl", "user.jsonl")


class Run(NamedTuple):
    """CPU (seconds), peak memory (MiB) and size of the result (MB)."""

    cpu: float
    peak: float
    size: float


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU time and memory of exports.")
    parser.add_argument("--edges", type=int, default=1_000_000, help="default: one million")
    parser.add_argument("--formats", nargs="+", choices=[*FORMATS, "merge"], default=[*FASTER, "neo4j"])
    parser.add_argument("--rounds", type=int, default=3, help="runs of each; the medians are told; default: 3")
    parser.add_argument("--before", metavar="COMMIT", help="compare with this state of the project, too")
    parser.add_argument(
        "--folder", type=Path, help="on a disk with enough space; default: the system's temporary folder"
    )
    parser.add_argument("--json", type=Path, default=Path("bench/exports.json"))
    options = parser.parse_args()
    figures: list[Figure] = []
    runs: dict[str, dict[str, Run]] = {}
    with tempfile.TemporaryDirectory(prefix="exports-", dir=options.folder) as work:
        if (free := shutil.disk_usage(work).free) < options.edges * BYTES:
            sys.exit(f"{work} has {free / 1e9:.0f} GB free; {options.edges * BYTES / 1e9:.0f} GB are needed: --folder")
        bench = Bench(Path(work), options.before)
        make(bench.data, options.edges)
        for name in options.formats:
            runs[name] = bench.compare(name, options.rounds)
            figures += told(name, runs[name], options.edges)
    around = environment("duckdb", "orjson", "networkit")
    tell(
        options.json,
        around,
        figures,
        edges=options.edges,
        runs={n: {w: r._asdict() for w, r in o.items()} for n, o in runs.items()},
    )


def told(name: str, of: dict[str, Run], edges: int) -> list[Figure]:
    """The figures of a format."""
    figures = [
        at_most(f"{name}: peak, MiB", of["export"].peak, PEAK),
        Figure(f"{name}: CPU, s", of["export"].cpu),
        Figure(f"{name}: result, MB", of["export"].size),
    ]
    if "plain" in of:
        figures.append(at_most(f"{name}: CPU beside plain DuckDB", of["export"].cpu / of["plain"].cpu, PLAIN[name]))
    if "before" in of:
        figures.append(at_least(f"{name}: times as fast as before", of["before"].cpu / of["export"].cpu, FASTER[name]))
    return figures


class Bench:
    """Runs exports of one data set. `before`: a commit to compare some formats with."""

    def __init__(self, work: Path, before: str | None) -> None:
        self.data = work / "data"
        self._output = work / "output"
        self._before = work / "before"
        if before:
            archive = subprocess.run(["git", "archive", before], cwd=ROOT, stdout=subprocess.PIPE, check=True)
            with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
                files.extractall(self._before, filter="data")

    def compare(self, name: str, rounds: int) -> dict[str, Run]:
        """The medians of an export and of what it is compared with, which take turns."""
        commands = {"export": self._command(name, ROOT)}
        if name in PLAIN:
            commands["plain"] = [
                sys.executable,
                "-m",
                "bench.plain",
                name,
                str(self.data),
                str(self._output / "result"),
            ]
        if name in FASTER and self._before.exists():
            commands["before"] = self._command(name, self._before)
        runs: dict[str, list[Run]] = {who: [] for who in commands}
        for _ in range(rounds):
            for who, command in commands.items():
                runs[who].append(self._run(command, self._before if who == "before" else ROOT))
        return {who: Run(*map(median, zip(*of, strict=True))) for who, of in runs.items()}

    def _command(self, name: str, root: Path) -> list[str]:
        start = [sys.executable, "-m", "scrapy"]
        if name == "merge":
            return [*start, "merge", str(self.data), "-o", str(self._output / "result.jsonl")]
        return [*start, "export", str(self.data), name, "-o", str(self._output / f"result{FORMATS[name].suffix}")]

    def _run(self, command: list[str], root: Path) -> Run:
        """Runs a command, measures it and deletes its result."""
        self._output.mkdir()
        environment = os.environ | {"PYTHONPATH": str(root)}
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{' '.join(command)} ended with {process.returncode}")
        size = sum(file.stat().st_size for file in self._output.rglob("*") if file.is_file())
        shutil.rmtree(self._output)
        return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, size / 1e6)


def make(folder: Path, edges: int) -> None:
    """Writes the data set: `folder`/<worker>/edge.jsonl and user.jsonl, as the workers of a cluster do."""
    people = max(ROWS, edges // 10)
    for worker in range(WORKERS):
        part = folder / str(worker)
        part.mkdir(parents=True)
        for kind, rows in (("edge", _edges(edges, people)), ("user", _users(people // 2))):
            with (part / f"{kind}.jsonl").open("wb", buffering=1 << 20) as file:
                mine = (row for number, row in enumerate(rows) if number // ROWS % WORKERS == worker)
                file.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in mine)
    columns = {kind: {one.name: one.sql_type for one in columns_of(kind)} for kind in ("edge", "user")}
    (folder / "columns.json").write_text(json.dumps(columns))


def _edges(count: int, people: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(1)  # the same data set each time
    told = ("kind", "relation", "source", "target", "position", "created_at", "caption", "score")
    base = dict.fromkeys(told) | {"kind": "edge", "fetched_at": NOW, "api": "v2"}  # in the order of a crawl's edges
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
