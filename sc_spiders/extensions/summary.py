"""Gives the crawl its finish_reason, and its log the last lines."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Self, cast

from scrapy import signals
from scrapy.exceptions import CloseSpider, DontCloseSpider, NotConfigured

from sc_spiders.faults import Do, Verdict
from sc_spiders.outcome import summary
from sc_spiders.spider import ApiSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from sc_spiders.frontier.scheduler import Scheduler

logger = logging.getLogger(__name__)


class Summary:
    """`incomplete` where a seed was not found or a listing ended loop, blocked or error; then the last lines."""

    def __init__(self, crawler: Crawler) -> None:
        if not issubclass(crawler.spidercls, ApiSpider):
            raise NotConfigured
        self.crawler = crawler
        self._lines: list[str] = []
        crawler.signals.connect(self.spider_idle, signals.spider_idle)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def spider_idle(self, spider: ApiSpider) -> None:
        lost = self._scheduler.lost()
        for listing in lost:
            logger.error("%s: its answer was never acknowledged; this is a fault of ours", listing.name)
            assert self.crawler.engine
            self.crawler.engine.scraper._start_itemproc_nowait(spider.ended(listing, Verdict(Do.END, error="internal")))
        if lost:
            raise DontCloseSpider
        if self._scheduler.job.bad:
            raise CloseSpider("incomplete")

    def spider_closed(self, spider: ApiSpider, reason: str) -> None:
        # Told last of all, after Scrapy's own closing lines; by then the engine has let go of the scheduler.
        job = getattr(self._scheduler, "job", None)
        if job and reason != "bad_arguments":
            self._lines = list(summary(spider, job, reason))

    def engine_stopped(self) -> None:
        for line in self._lines:
            logger.info(line)

    @property
    def _scheduler(self) -> Scheduler:
        engine: Any = self.crawler.engine
        return cast("Scheduler", engine.scheduler)
