"""Parts that a bench adds to a crawl: an extension that records CPU over time, and a pipeline that does nothing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import IO, Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from sc_spiders.pages.page import PAGE_WRITTEN, Page

EVERY = 5  # pages from line to line


class Nothing:
    """An item pipeline that does nothing."""

    def process_item(self, item: Any) -> Any:
        return item


class Probe:
    """While pages are acknowledged, writes lines to the file PROBE: users so far, CPU seconds of this process so
    far."""

    def __init__(self, crawler: Crawler, file: IO[str]) -> None:
        self._file = file
        self._pages = self._users = 0
        crawler.signals.connect(self.page_written, PAGE_WRITTEN)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, Path(crawler.settings["PROBE"]).open("w"))

    def page_written(self, page: Page) -> None:
        self._pages += 1
        self._users += len(page.rows.get("user", ()))
        if self._pages % EVERY == 0:
            self._file.write(f"{self._users} {time.process_time()}\n")

    def spider_closed(self) -> None:
        self._file.close()


class AddProbe:
    """Adds the probe."""

    def update_settings(self, settings: BaseSettings) -> None:
        settings["EXTENSIONS"]["bench.probe.Probe"] = 999
