"""Sets the finish_reason of a crawl, and logs its last lines."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import CloseSpider, DontCloseSpider

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.context import context
from sc_spiders.extensions.exit_status import drift, summary
from sc_spiders.frontier.scheduler import Scheduler

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from sc_spiders.frontier.base import CrawlStatus

logger = logging.getLogger(__name__)


class Summary:
    """Sets `incomplete` if a seed was not found or a listing ended loop, blocked, credentials or error."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._status: CrawlStatus | None = None
        crawler.signals.connect(self.spider_idle, signals.spider_idle)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def spider_idle(self, spider: ApiSpider) -> None:
        try:
            sys.audit("sc_spiders.idle.before")
            self._scheduler.end_lost()
        except Exception as e:  # otherwise the crawl would become idle and fail here again and again
            self._scheduler.crawl.give_up(e)
            return
        if self._scheduler.has_pending_requests():
            raise DontCloseSpider
        if self._scheduler.frontier.is_bad:
            raise CloseSpider("incomplete")

    def spider_closed(self) -> None:
        # Logged last, after Scrapy's own closing lines. By then the engine no longer has the scheduler.
        self._status = self._scheduler.crawl.status

    def engine_stopped(self) -> None:
        stats, spider = self.crawler.stats, self.crawler.spider
        assert stats
        reason = stats.get_value("finish_reason", "shutdown")
        if not (self._status and isinstance(spider, ApiSpider)) or reason == "bad_arguments":
            return
        if not (spider.is_preview and reason == "finished"):  # it tells all that there is to tell
            for line in (*summary(spider, self._status, reason), *drift(stats.get_stats())):
                logger.info(line)

    @property
    def _scheduler(self) -> Scheduler:
        return context(self.crawler).get(Scheduler)
