"""Measures how long a job with many pending listings takes to go on: `python -m bench.resume`.

Crawls the followers of users and of their followers until so many lists are in the queue, kills the crawl, and starts
it again: seconds and CPU seconds from the start of the process to its first answer. In turns with a new job.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from statistics import median
from typing import Any

from bench.crawls import Bench, lists, server

_OURS = ("-a", "relations=followers", "-a", "depth=2")
_FIRST_PAGE = ("-s", "CLOSESPIDER_PAGECOUNT=1", "-s", "EXTENSIONS=" + json.dumps({"bench.resume.FirstPage": 1}))
_PATIENCE = 600  # seconds


class FirstPage:
    """Prints CPU seconds of the process when the first answer comes."""

    def __init__(self) -> None:
        self._is_told = False

    @classmethod
    def from_crawler(cls, crawler: Any) -> Any:
        from scrapy import signals  # this module is imported by the bench, too

        extension = cls()
        crawler.signals.connect(extension.response_received, signals.response_received)
        return extension

    def response_received(self) -> None:
        if not self._is_told:
            self._is_told = True
            print(f"first {time.time()} {time.process_time()}", flush=True)


def pending(job: Path) -> int:
    """How many lists wait in a job; 0 while it has no store."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{job}/frontier.sqlite?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM listings WHERE state = 0").fetchone()[0])
    return 0


def fill(bench: Bench, command: Sequence[str], folder: Path, count: int) -> int:
    """Crawls until `count` lists wait, and kills the crawl. Returns how many there are."""
    process = subprocess.Popen(
        command, cwd=folder, env=bench.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + _PATIENCE
    while pending(folder / "job") < count:
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit("the crawl ended before there were so many lists")
        time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return pending(folder / "job")


def first_page(bench: Bench, command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Seconds and CPU seconds until the first answer."""
    begun = time.time()
    done = subprocess.run(
        [*command, *_FIRST_PAGE], cwd=folder, env=bench.environment, capture_output=True, text=True, check=False
    )
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("first "))
    _, moment, cpu = line.split()
    return float(moment) - begun, float(cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lists", type=int, default=100_000, help="that wait in the queue")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    seeds = lists(16, 200)
    with server() as bench, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old = bench.ours("user_graph", "user", seeds, *_OURS, "-O", "old.jsonl", "-s", "JOBDIR=job")
        found = fill(bench, old, folder, options.lists)
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        print(
            f"{found:,} lists wait; the output and the job directory have {size / 1e6:,.0f} MB; {os.cpu_count()} cores"
        )
        measured: dict[str, list[tuple[float, float]]] = {"a new job": [], "that job": []}
        for number in range(options.rounds):
            new = bench.ours("user_graph", "user", seeds, *_OURS, "-O", f"{number}.jsonl", "-s", f"JOBDIR=job{number}")
            measured["a new job"].append(first_page(bench, new, folder))
            measured["that job"].append(first_page(bench, old, folder))
        for what, times in measured.items():
            seconds, cpu = (median(column) for column in zip(*times, strict=True))
            print(f"{what}: {seconds:.1f} s, {cpu:.1f} s of CPU until the first answer")


if __name__ == "__main__":
    main()
