"""Where a crawl's CPU goes: `python -m bench.profile`. Users and an edge each to JSON Lines, as in `bench.crawls`.

The crawl looks at its own stack a few hundred times in a second of CPU, and books that to the first of the parts below
that it is in. What C code does (orjson, jsonschema_rs) is booked to the line that called it.
"""

from __future__ import annotations

import argparse
import json
import signal
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

EVERY = 0.001  # seconds of CPU; the kernel makes four of it

# The innermost frame that is in one of these, by function and end of its file's name, says what was being done.
PARTS = {
    ("decode", "records/decode.py"): "decoding",
    ("rows", "<projection of v2 user>"): "projection",
    ("convert", "records/convert.py"): "dates, share tokens",
    ("projected_valid", "records/validate.py"): "validation",
    ("check", "records/validate.py"): "validation",
    ("edges", "pages/emit.py"): "edges",
    ("export_item", "sc_spiders/feeds/formats.py"): "writing",
    ("commit", "frontier/scheduler.py"): "acknowledgement",
    ("acknowledge", "sc_spiders/feeds/exporter.py"): "acknowledgement",
    ("page", "pages/reader.py"): "the rest of a page's walk",
    ("parse", "sc_spiders/base_spiders/api_spider.py"): "letting go of what was decoded",
    ("sign", "downloader/auth.py"): "signing",
    ("doRead", "internet/tcp.py"): "Twisted: HTTP, inwards",
    ("doWrite", "internet/abstract.py"): "Twisted: HTTP, outwards",
    ("worker", "scrapy/utils/asyncio.py"): "letting go of what was written",
}


class Sampler:
    """Counts, from the opening of the spider to its end, in which part each moment fell; into the file PROFILE."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts: Counter[str] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        sampler = cls(Path(crawler.settings["PROFILE"]))
        crawler.signals.connect(sampler.begin, signals.spider_opened)
        crawler.signals.connect(sampler.end, signals.spider_closed)
        return sampler

    def begin(self) -> None:
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)

    def end(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        self._path.write_text(json.dumps(self._counts))

    def _look(self, number: int, frame: FrameType | None) -> None:
        while frame:
            code = frame.f_code
            for (function, file), part in PARTS.items():
                if code.co_name == function and code.co_filename.endswith(file):
                    self._counts[part] += 1
                    return
            frame = frame.f_back
        self._counts["the rest of Scrapy and Twisted"] += 1


class AddSampler:
    def update_settings(self, settings: BaseSettings) -> None:
        settings["EXTENSIONS"]["bench.profile.Sampler"] = 999


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=60, help="of each of 16 lists")
    options = parser.parse_args()
    addons: dict[str, Any] = {**ADDONS, "bench.profile.AddSampler": 200}
    del addons["bench.probe.AddProbe"]
    with server() as bench, NamedTemporaryFile() as file:
        command = bench.ours("user_graph", "user", lists(16, options.pages), "-a", "relations=followers")
        bench.run([*command, "-s", f"PROFILE={file.name}", "-s", "ADDONS=" + json.dumps(addons)])
        counts = Counter(json.loads(Path(file.name).read_text()))
    print(f"{counts.total()} moments over {16 * options.pages} pages", file=sys.stderr)
    for part, count in counts.most_common():
        print(f"{100 * count / counts.total():5.1f} %  {part}")


if __name__ == "__main__":
    main()
