"""Scrapy's LogStats for log files, which other programs read (LogParser, ScrapydWeb).

Without LOG_FILE, people read the log: our display and our progress lines tell them more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from scrapy.exceptions import NotConfigured
from scrapy.extensions.logstats import LogStats as ScrapysLogStats

from sc_spiders.context import context
from sc_spiders.frontier.crawl import Crawl

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler


class LogStats(ScrapysLogStats):
    """Logs how many pages and items came, if there is a LOG_FILE and the crawl has begun."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not crawler.settings["LOG_FILE"]:
            raise NotConfigured
        return super().from_crawler(crawler)

    def spider_opened(self, spider: Spider) -> None:
        self.task = None
        if context(spider.crawler).get(Crawl).is_begun:
            super().spider_opened(spider)
