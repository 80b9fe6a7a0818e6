"""`scrapy crawl`, with an exit code that tells how the crawl ended."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrapy.commands.crawl import Command as CrawlCommand

from sc_spiders.outcome import exit_code

if TYPE_CHECKING:
    import argparse

    from scrapy import Spider
    from scrapy.crawler import Crawler


# What they say at INFO (versions, components, statistics) helps who looks for a fault: --loglevel DEBUG has it.
_TALKATIVE = (
    "scrapy.utils.log",
    "scrapy.middleware",
    "scrapy.addons",
    "scrapy.crawler",
    "scrapy.core.engine",
    "scrapy.statscollectors",
    "scrapy.extensions.feedexport",
)


def _more_than_info(record: logging.LogRecord) -> bool:
    # A filter rather than a level: Scrapy's logging set-up resets the levels of its own loggers.
    return record.levelno > logging.INFO


class Command(CrawlCommand):
    """Scrapy's own command; the exit code follows from the finish_reason."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings
        if self.settings["LOG_LEVEL"] == "INFO":
            for name in _TALKATIVE:
                logging.getLogger(name).addFilter(_more_than_info)

    def _create_crawler(self, spidercls: type[Spider] | str) -> Crawler:
        self._crawler = super()._create_crawler(spidercls)
        return self._crawler

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        super().run(args, opts)
        stats = self._crawler.stats
        reason = stats.get_value("finish_reason") if stats else None
        self.exitcode = max(self.exitcode, exit_code(reason))
