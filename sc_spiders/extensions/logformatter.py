"""Scrapy's log lines about requests and items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from scrapy.logformatter import LogFormatter, LogFormatterResult

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure


class QuietLogFormatter(LogFormatter):
    """Scrapy's own, but it makes no DEBUG records about pages if the log level would drop them."""

    def __init__(self, debug: bool) -> None:
        self._debug = debug

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        level = str(crawler.settings["LOG_LEVEL"]).upper()
        return cls(debug=level not in {"INFO", "WARNING", "ERROR", "CRITICAL"})

    def crawled(  # type: ignore[override]  # None is documented, but not in the type
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
