"""Hides the credentials of a crawl in the log while it runs."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Self

from scrapy import signals

from sc_spiders.context import context
from sc_spiders.redaction import logs
from sc_spiders.redaction.given import redis_passwords, secrets
from sc_spiders.redaction.known import Secrets

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings


class Redaction:
    """Add-on: hides the credentials of a crawl, from before Scrapy logs the settings until the crawl ends."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._secrets = context(crawler).get_or_make(Secrets)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def update_settings(self, settings: BaseSettings) -> None:
        self._secrets.hide(*secrets(settings), *redis_passwords(settings))
        logs.begin(self._secrets)
        # Scrapy sends no signal for a crawl that fails before its spider is open.
        weakref.finalize(self.crawler, logs.end, self._secrets).atexit = False
        self.crawler.signals.connect(self.engine_started, signals.engine_started)
        self.crawler.signals.connect(self.end, signals.spider_closed)

    def engine_started(self) -> None:
        """Wait for engine_stopped. Connected now, `end` runs after the extensions, which log their last lines."""
        self.crawler.signals.disconnect(self.end, signals.spider_closed)
        self.crawler.signals.connect(self.end, signals.engine_stopped)

    def end(self) -> None:
        """Forget the credentials of this crawl. A crawl that is refused ends with spider_closed: no engine started."""
        logs.end(self._secrets)
