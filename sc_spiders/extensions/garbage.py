"""Tells Python's cycle collector to look less often."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Self

from scrapy import signals

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

# Defaults: (700, 10, 10). A page is some ten thousand objects without a cycle among them, which reference counting
# frees; at the defaults the collector walks each of them several times while decoding (docs: Performance).
_THRESHOLDS = (100_000, 20, 50)


class Garbage:
    """Raises the collector's thresholds once a spider is open, and keeps it off what was imported."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls()
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        return extension

    def spider_opened(self) -> None:
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_THRESHOLDS)
