"""Measures how long a crawl keeps the event loop busy at a time: `python -m bench.stalls`. With a job directory.

A turn of the loop lasts from one look for events to the next. While it lasts, no answer is read and no signal heard.
CPU of the loop's thread counts, so that other programs do not: on a quiet machine it is the time that passes.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

from bench.crawls import lists, server
from bench.observer import Observer, observed

_LISTS = 16
_START = 16  # turns until the first page


class Turns(Observer):
    """Notes the length of each turn of the event loop, in milliseconds of CPU."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._turns: list[float] = []

    def begin(self) -> None:
        selector: Any = asyncio.get_event_loop()._selector  # type: ignore[attr-defined]
        look, begun = selector.select, time.thread_time()

        def select(timeout: float | None = None) -> Any:
            nonlocal begun
            self._turns.append((time.thread_time() - begun) * 1000)
            found = look(timeout)
            begun = time.thread_time()
            return found

        selector.select = select

    def end(self) -> Any:
        return self._turns


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=60, help="of each of 16 lists")
    options = parser.parse_args()
    with server() as bench:
        turns = observed(bench, "bench.stalls.Turns", lists(_LISTS, options.pages), "-s", "JOBDIR=job")
    start, turns = turns[:_START], turns[_START:]
    parts = quantiles(turns, n=100)
    print(f"{len(turns):,} turns of the loop for {_LISTS * options.pages:,} pages of 200 users")
    print(f"half of them under {parts[49]:.1f} ms, 99 % under {parts[98]:.1f} ms, the longest {max(turns):.1f} ms")
    print(f"before the first page, the longest {max(start):.1f} ms")


if __name__ == "__main__":
    main()
