"""Runs the user's command (`SC_ON_END`) when a crawl has ended."""

from __future__ import annotations

import asyncio
import logging
import shlex
import subprocess
from typing import TYPE_CHECKING, Any, Self

import orjson
from scrapy import signals
from scrapy.exceptions import NotConfigured

from sc_spiders.api.clock import now
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.context import context
from sc_spiders.extensions.exit_status import crawl_record
from sc_spiders.frontier.crawl import Crawl

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class OnEnd:
    """Gives the command the crawl record on its standard input, as JSON. A crawl that was refused runs none."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings["SC_ON_END"]:
            raise NotConfigured
        self.crawler = crawler
        self._words = shlex.split(crawler.settings["SC_ON_END"])
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def engine_stopped(self) -> None:
        spider, crawl = self.crawler.spider, context(self.crawler).get(Crawl)
        if crawl.is_begun and isinstance(spider, ApiSpider) and not spider.is_preview:
            await asyncio.to_thread(self._run, orjson.dumps(self._record(spider, crawl)))

    def _record(self, spider: ApiSpider, crawl: Crawl) -> dict[str, Any]:
        """The crawl record as it was written. If it could not be written: what it would have told."""
        assert self.crawler.stats
        reason = self.crawler.stats.get_value("finish_reason", "shutdown")
        status = crawl.frontier.status
        record = status.record or crawl_record(spider, status, reason, now())
        return {**record, "finish_reason": reason}

    def _run(self, record: bytes) -> None:
        try:
            code = subprocess.run(self._words, input=record, check=False).returncode  # noqa: S603  # the user's own
        except OSError as e:
            logger.error("SC_ON_END: %s cannot be run: %s", self._words[0], e.strerror)
        else:
            if code:
                logger.error("SC_ON_END: %s has failed with exit code %d", self._words[0], code)
