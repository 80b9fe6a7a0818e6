"""Counts how much of our code one page runs through: `python -m bench.trace`. Users and edges, with a job directory.

Counts the calls of functions of sc_spiders, and the calls that go to another file than the call before. A crawl of many
pages is compared with a crawl of few, so the cost of starting and closing does not count.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from bench.crawls import Bench, lists, server
from bench.observer import Observer, observed

_OURS = "/sc_spiders/"
_LISTS = 4
_FEW = 10  # pages of a list in the short crawl


class Tracer(Observer):
    """Counts calls by function, and switches of file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._calls: Counter[str] = Counter()
        self._switches = 0
        self._last = ""

    def begin(self) -> None:
        sys.setprofile(self._note)

    def end(self) -> Any:
        sys.setprofile(None)
        return {"switches": self._switches, "calls": self._calls}

    def _note(self, frame: FrameType, event: str, argument: object) -> None:
        if event != "call":
            return
        code = frame.f_code
        if _OURS not in code.co_filename:
            return
        self._calls[f"{code.co_filename.partition(_OURS)[2]}:{code.co_qualname}"] += 1
        self._switches += code.co_filename != self._last
        self._last = code.co_filename


def traced(bench: Bench, pages: int) -> tuple[Counter[str], int]:
    """Calls by function, and switches of file, in a crawl with this many pages a list."""
    found = observed(bench, "bench.trace.Tracer", lists(_LISTS, pages), "-s", "JOBDIR=job")
    return Counter(found["calls"]), int(found["switches"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=60, help="of each list")
    parser.add_argument("--functions", type=int, default=0, help="print this many of the most called functions")
    options = parser.parse_args()
    with server() as bench:
        few, few_switches = traced(bench, _FEW)
        many, many_switches = traced(bench, _FEW + options.pages)
    pages = _LISTS * options.pages
    many.subtract(few)
    print(f"one page: {many.total() / pages:.0f} calls, {(many_switches - few_switches) / pages:.0f} switches of file")
    for name, count in many.most_common(options.functions):
        print(f"{count / pages:7.2f}  {name}")


if __name__ == "__main__":
    main()
