"""How much of our code one page goes through: `python -m bench.trace`. Users and an edge each, with a job directory.

Counts the calls of functions of sc_spiders, and how often a call goes to another file than the call before it, in a
crawl of many pages; what a crawl of a few pages counts is taken off. So starting and closing cost nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import FrameType
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from bench.crawls import ADDONS, lists, server

_OURS = "/sc_spiders/"
_LISTS = 4
_FEW = 10  # pages of a list, to be taken off


class Tracer:
    """Counts from the opening of the spider to its end; into the file TRACE."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._calls: Counter[str] = Counter()
        self._switches = 0
        self._last = ""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        tracer = cls(Path(crawler.settings["TRACE"]))
        crawler.signals.connect(tracer.begin, signals.spider_opened)
        crawler.signals.connect(tracer.end, signals.spider_closed)
        return tracer

    def begin(self) -> None:
        sys.setprofile(self._note)

    def end(self) -> None:
        sys.setprofile(None)
        self._path.write_text(json.dumps({"switches": self._switches, "calls": self._calls}))

    def _note(self, frame: FrameType, event: str, argument: object) -> None:
        if event != "call":
            return
        code = frame.f_code
        if _OURS not in code.co_filename:
            return
        self._calls[f"{code.co_filename.partition(_OURS)[2]}:{code.co_qualname}"] += 1
        self._switches += code.co_filename != self._last
        self._last = code.co_filename


class AddTracer:
    def update_settings(self, settings: BaseSettings) -> None:
        settings["EXTENSIONS"]["bench.trace.Tracer"] = 999


def traced(pages: int, run: Any) -> tuple[Counter[str], int]:
    """Calls by function, and switches of file, in a crawl of so many pages a list."""
    with NamedTemporaryFile() as file:
        run(pages, file.name)
        found = json.loads(Path(file.name).read_text())
    return Counter(found["calls"]), int(found["switches"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=60, help="of each list")
    parser.add_argument("--functions", type=int, default=0, help="name the functions that are called most")
    options = parser.parse_args()
    addons: dict[str, Any] = {**ADDONS, "bench.trace.AddTracer": 200}
    del addons["bench.probe.AddProbe"]
    with server() as bench:

        def run(pages: int, trace: str) -> None:
            command = bench.ours("user_graph", "user", lists(_LISTS, pages), "-a", "relations=followers")
            settings = ["-s", f"TRACE={trace}", "-s", "ADDONS=" + json.dumps(addons), "-s", "JOBDIR=job"]
            bench.run([*command, *settings])

        few, few_switches = traced(_FEW, run)
        many, many_switches = traced(_FEW + options.pages, run)
    pages = _LISTS * options.pages
    many.subtract(few)
    print(f"one page: {many.total() / pages:.0f} calls, {(many_switches - few_switches) / pages:.0f} switches of file")
    for name, count in many.most_common(options.functions):
        print(f"{count / pages:7.2f}  {name}")


if __name__ == "__main__":
    main()
