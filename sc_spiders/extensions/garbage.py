"""Makes Python's cycle collector run less often while crawls run."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Self

from scrapy import signals

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

# Defaults: (700, 10, 10). A page is some ten thousand objects without cycles; reference counting frees them. With the
# defaults the collector visits each object several times while a page is decoded (docs: Performance).
_THRESHOLDS = (100_000, 20, 50)


class _Collector:
    """Python's cycle collector. All crawls of the process share it: the last one that ends restores it."""

    def __init__(self) -> None:
        self._users: set[Garbage] = set()
        self._before = gc.get_threshold()
        self._is_frozen = False

    def begin(self, user: Garbage) -> None:
        if not self._users:
            self._before = gc.get_threshold()
            gc.set_threshold(*_THRESHOLDS)
            # Objects that somebody else has frozen could not be told from ours, and would be unfrozen with them.
            self._is_frozen = not gc.get_freeze_count()
            if self._is_frozen:
                gc.collect()
                gc.freeze()
        self._users.add(user)

    def end(self, user: Garbage) -> None:
        if user not in self._users:  # Scrapy also closes spiders that it failed to open
            return
        self._users.remove(user)
        if self._users:
            return
        if gc.get_threshold() == _THRESHOLDS:
            gc.set_threshold(*self._before)
        if self._is_frozen:
            gc.unfreeze()


_collector = _Collector()


class Garbage:
    """Raises the collector's thresholds while a spider is open, and excludes all objects of imported modules."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls()
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_opened(self) -> None:
        _collector.begin(self)

    def spider_closed(self) -> None:
        _collector.end(self)
