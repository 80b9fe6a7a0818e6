"""Files that only the user can read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from scrapy import signals

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_PRIVATE = 0o066  # other users can still pass through folders: `output` may have crawls of theirs
_masks: list[int] = []  # the process's umask before each crawl that asked for private files


class PrivateFiles:
    """From now to the end of the crawl, only the user can read the files that this process makes.

    The process's umask does it, because it holds from the first byte of each file, whichever code makes the file.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        mask = os.umask(_PRIVATE)
        os.umask(mask | _PRIVATE)
        _masks.append(mask)
        crawler.signals.connect(self.engine_started, signals.engine_started)
        crawler.signals.connect(self.end, signals.spider_closed)  # the last signal of a crawl that is refused

    def engine_started(self) -> None:
        self._crawler.signals.disconnect(self.end, signals.spider_closed)
        self._crawler.signals.connect(self.end, signals.engine_stopped)

    def end(self) -> None:
        os.umask(_masks.pop())
