"""Gives the command that runs a crawl its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import NotConfigured

from sc_spiders import engine
from sc_spiders.extensions.exit_status import exit_code

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class ExitCode:
    """Sets the exit code of `scrapy crawl` and `scrapy runspider`, also in a project with Scrapy's own commands."""

    def __init__(self, crawler: Crawler) -> None:
        command = engine.command_of(crawler)
        if command is None:
            raise NotConfigured
        self.crawler = crawler
        self._command = command
        # A second Ctrl-C ends the process without a signal.
        command.exitcode = exit_code(None)
        crawler.signals.connect(self.tell, signals.spider_closed)  # the only one if the crawl is refused
        crawler.signals.connect(self.tell, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def tell(self) -> None:
        self._command.exitcode = exit_code(self.crawler.stats.get_value("finish_reason"))
