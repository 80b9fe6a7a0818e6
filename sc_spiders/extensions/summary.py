"""Sets the finish_reason of a crawl, and logs its last lines."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import CloseSpider, DontCloseSpider, NotConfigured

from sc_spiders.api.responses import Action, Resolution
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.context import context
from sc_spiders.extensions.outcome import drift, summary
from sc_spiders.frontier.scheduler import Scheduler

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from sc_spiders.frontier.job import Job

logger = logging.getLogger(__name__)


class Summary:
    """Sets `incomplete` if a seed was not found or a listing ended loop, blocked, credentials or error."""

    def __init__(self, crawler: Crawler) -> None:
        if not issubclass(crawler.spidercls, ApiSpider):
            raise NotConfigured
        self.crawler = crawler
        self._job: Job | None = None
        crawler.signals.connect(self.spider_idle, signals.spider_idle)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def spider_idle(self, spider: ApiSpider) -> None:
        try:
            sys.audit("sc_spiders.idle.before")
            for listing in self._scheduler.lost():
                logger.error("%s: its page was never written; this is a fault of a spider or a pipeline", listing.name)
                spider.forget(listing)
                self._scheduler.acknowledge(spider.ended(listing, Resolution(Action.FAIL, error="internal")))
        except Exception:  # it would be idle again, and this fail again
            self._scheduler.give_up()
            return
        if self._scheduler.has_pending_requests():
            raise DontCloseSpider
        if self._scheduler.job.bad:
            raise CloseSpider("incomplete")

    def spider_closed(self) -> None:
        # Told last of all, after Scrapy's own closing lines; by then the engine has let go of the scheduler.
        self._job = getattr(self._scheduler, "job", None)

    def engine_stopped(self) -> None:
        stats, spider = self.crawler.stats, self.crawler.spider
        assert stats
        reason = stats.get_value("finish_reason", "shutdown")
        if self._job and isinstance(spider, ApiSpider) and reason != "bad_arguments":
            for line in (*summary(spider, self._job, reason), *drift(stats.get_stats())):
                logger.info(line)

    @property
    def _scheduler(self) -> Scheduler:
        return context(self.crawler).get(Scheduler)
