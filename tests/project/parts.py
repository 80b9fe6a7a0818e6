"""Components of other people's projects."""

from __future__ import annotations

from typing import ClassVar

from scrapy import Request
from scrapy.core.downloader import Downloader
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.http import Response
from scrapy.statscollectors import MemoryStatsCollector

from sc_spiders.downloader.retry import RetryMiddleware
from sc_spiders.frontier.scheduler import Scheduler


class Nothing:
    """A component that does nothing."""


class Counting:
    """A downloader middleware that counts requests and answers."""

    counted: ClassVar[list[str]] = []

    async def process_request(self, request: Request) -> None:
        self.counted.append(request.url)

    async def process_response(self, request: Request, response: Response) -> Response:
        return response


class OwnDownloader(Downloader):
    """A downloader that is as good as Scrapy's."""


class OwnStats(MemoryStatsCollector):
    """Statistics that are as good as Scrapy's."""


class OwnScheduler(Scheduler):
    """A scheduler that is as good as ours."""


class OwnRetry(RetryMiddleware):
    """A middleware that is as good as ours."""


class OwnHandler(HTTP11DownloadHandler):
    """A handler that adds no credentials."""
