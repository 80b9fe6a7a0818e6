"""Waits for a Redis that does not answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from redis.exceptions import RedisError
from scrapy.exceptions import CloseSpider

from sc_spiders import engine
from sc_spiders.errors import ArgumentError
from sc_spiders.redis_connection import place, reason, refusal

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

T = TypeVar("T")

_GIVE_UP = 10.0  # seconds since the crawl began to close
_EVERY = 60.0  # seconds between warnings


class Closing:
    """Tells when to stop waiting for Redis: at once if the crawl was stopped, after a while if it is closing."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._since: float | None = None

    def is_over(self) -> bool:
        if not self._crawler.crawling:
            return True
        if self._crawler.engine is None or self._crawler.engine.spider is None or not engine.is_closing(self._crawler):
            return False
        if self._since is None:
            self._since = time.monotonic()
        return time.monotonic() - self._since > _GIVE_UP


class Patience:
    """Repeats a call until Redis answers, however long that takes. `is_over` tells when to give up."""

    def __init__(self, url: str, is_over: Callable[[], bool]) -> None:
        self._url = url
        self._is_over = is_over

    async def __call__(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Raises CloseSpider if the crawl is stopped meanwhile, ArgumentError if waiting is useless."""
        told_at: float | None = None
        while True:
            try:
                answer = await ask()
            except (RedisError, OSError) as e:
                if why := refusal(e):
                    raise ArgumentError(f"{place(self._url)} {why}") from None
                if told_at is None or time.monotonic() - told_at >= _EVERY:
                    logger.warning("%s does not answer (%s); waiting for it.", place(self._url), reason(e))
                    told_at = time.monotonic()
            else:
                if told_at is not None:
                    logger.info("%s answers again.", place(self._url))
                return answer
            await asyncio.sleep(1)
            if self._is_over():
                raise CloseSpider("shutdown")
