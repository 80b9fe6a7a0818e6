"""What Scrapy says of requests and items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from scrapy.logformatter import LogFormatter, LogFormatterResult

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure


class QuietLogFormatter(LogFormatter):
    """Scrapy's own, but for what is said of every page at DEBUG: where that is not shown, it is not made either.

    Scrapy makes the records of all levels and then throws away those that are not wanted.
    """

    def __init__(self, debug: bool) -> None:
        self._debug = debug

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        level = str(crawler.settings["LOG_LEVEL"]).upper()
        return cls(debug=level not in {"INFO", "WARNING", "ERROR", "CRITICAL"})

    def crawled(  # type: ignore[override]  # None is documented, and not typed
        self, request: Request, response: Response, spider: Spider
    ) -> LogFormatterResult | None:
        if not self._debug:
            return None
        return super().crawled(request, response, spider)

    def scraped(  # type: ignore[override]
        self, item: Any, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult | None:
        if not self._debug:
            return None
        return super().scraped(item, response, spider)
