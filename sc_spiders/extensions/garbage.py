"""Makes Python's cycle collector run less often."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Self

from scrapy import signals

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

# Defaults: (700, 10, 10). A page is some ten thousand objects without cycles; reference counting frees them. With the
# defaults the collector visits each object several times while a page is decoded (docs: Performance).
_THRESHOLDS = (100_000, 20, 50)


class Garbage:
    """Raises the collector's thresholds when a spider opens, and excludes all objects of imported modules."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls()
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        return extension

    def spider_opened(self) -> None:
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_THRESHOLDS)
