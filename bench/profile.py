"""Shows where a crawl's CPU goes: `python -m bench.profile`. Users and edges to JSON Lines, as in `bench.crawls`.

The crawl samples its own stack a few hundred times in a second of CPU, and counts each sample for the innermost of the
parts below. Time in C code (orjson, jsonschema_rs) counts for the line that called it.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from bench.crawls import lists, server
from bench.observer import Observer, observed

EVERY = 0.001  # seconds of CPU; the kernel's own limit makes it 0.004

# Parts by function and end of the file's name. The innermost frame with such a function decides.
PARTS = {
    ("decode_page", "pages/answer.py"): "decoding",
    ("rows", "<projection of v2 user>"): "projection",
    ("convert", "records/convert.py"): "dates, share tokens",
    ("projected_valid", "records/validate.py"): "validation",
    ("check", "records/validate.py"): "validation",
    ("edges", "pages/emit.py"): "edges",
    ("export_rows", "sc_spiders/feeds/formats.py"): "writing",
    ("acknowledge", "frontier/job.py"): "acknowledgement",
    ("_acknowledge", "sc_spiders/feeds/exporter.py"): "acknowledgement",
    ("page", "pages/reader.py"): "the rest of reading a page",
    ("parse", "sc_spiders/base_spiders/api_spider.py"): "freeing decoded objects",
    ("sign", "downloader/auth.py"): "signing",
    ("doRead", "internet/tcp.py"): "Twisted: HTTP, receiving",
    ("doWrite", "internet/abstract.py"): "Twisted: HTTP, sending",
    ("worker", "scrapy/utils/asyncio.py"): "freeing written objects",
}


class Sampler(Observer):
    """Counts samples of the stack by part."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._counts: Counter[str] = Counter()

    def begin(self) -> None:
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)

    def end(self) -> Any:
        signal.setitimer(signal.ITIMER_PROF, 0)
        return self._counts

    def _sample(self, number: int, frame: FrameType | None) -> None:
        while frame:
            code = frame.f_code
            for (function, file), part in PARTS.items():
                if code.co_name == function and code.co_filename.endswith(file):
                    self._counts[part] += 1
                    return
            frame = frame.f_back
        self._counts["the rest of Scrapy and Twisted"] += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=60, help="of each of 16 lists")
    options = parser.parse_args()
    with server() as bench:
        counts = Counter(observed(bench, "bench.profile.Sampler", lists(16, options.pages)))
    print(f"{counts.total()} samples over {16 * options.pages} pages", file=sys.stderr)
    for part, count in counts.most_common():
        print(f"{100 * count / counts.total():5.1f} %  {part}")


if __name__ == "__main__":
    main()
