"""Counts how much of our code one page runs through: `python -m bench.trace`. Users and edges, with a job directory.

Counts the calls of functions of sc_spiders, and the calls that go to another file than the call before, from one
acknowledged page to the next. There is one list: the pages of several would mix, and how depends on the machine. The
median counts, so that timers do not: on a slow machine, a page meets more of them.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from statistics import median
from types import FrameType
from typing import Any

from bench.crawls import Bench, lists, server
from bench.observer import Observer, observed

_OURS = "/sc_spiders/"
_PAGE = "frontier/job.py:JobFrontier.acknowledge"


class Tracer(Observer):
    """Counts calls by function, and switches of file, page by page."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._pages: list[tuple[Counter[str], int]] = []
        self._calls: Counter[str] = Counter()
        self._switches = 0
        self._last = ""

    def begin(self) -> None:
        sys.setprofile(self._note)

    def end(self) -> Any:
        sys.setprofile(None)
        return self._pages

    def _note(self, frame: FrameType, event: str, argument: object) -> None:
        if event != "call":
            return
        code = frame.f_code
        if _OURS not in code.co_filename:
            return
        name = f"{code.co_filename.partition(_OURS)[2]}:{code.co_qualname}"
        if name == _PAGE:
            self._pages.append((self._calls, self._switches))
            self._calls, self._switches = Counter(), 0
        self._calls[name] += 1
        self._switches += code.co_filename != self._last
        self._last = code.co_filename


def traced(bench: Bench, pages: int) -> list[tuple[dict[str, int], int]]:
    """For each page of the middle of a crawl: calls by function, and switches of file."""
    found = observed(bench, "bench.trace.Tracer", lists(1, pages), "-s", "JOBDIR=job")
    return [(calls, switches) for calls, switches in found[len(found) // 4 : -len(found) // 4]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=240, help="of the list")
    parser.add_argument("--functions", type=int, default=0, help="print this many of the most called functions")
    options = parser.parse_args()
    with server() as bench:
        pages = traced(bench, options.pages)
    calls = median(sum(calls.values()) for calls, _ in pages)
    print(f"one page: {calls:.0f} calls, {median(switches for _, switches in pages):.0f} switches of file")
    total: Counter[str] = Counter()
    for one, _ in pages:
        total.update(one)
    for name, count in total.most_common(options.functions):
        print(f"{count / len(pages):7.2f}  {name}")


if __name__ == "__main__":
    main()
