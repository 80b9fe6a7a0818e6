"""`scrapy crawl`, with an exit code that tells how the crawl ended."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands.crawl import Command as CrawlCommand

from sc_spiders.addon import CANNOT_CUT
from sc_spiders.outcome import EXIT_CODES, advice, exit_code
from sc_spiders.redaction import redact

if TYPE_CHECKING:
    import argparse

    from scrapy import Spider
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

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

_COMPRESSED = frozenset({".gz", ".bz2", ".xz", ".zst", ".zip"})

# The names of modules, too, are for who looks for a fault (default: with %(name)s).
_FORMAT = "%(asctime)s %(levelname)s: %(message)s"


def _matters(record: logging.LogRecord) -> bool:
    # A filter rather than a level: Scrapy's logging set-up resets the levels of its own loggers. What it says to a
    # Ctrl-C is an answer to the person who pressed it.
    return record.levelno > logging.INFO or str(record.msg).startswith("Received %(signame)s")


class Command(CrawlCommand):
    """Scrapy's own command; the exit code follows from the finish_reason."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        for name in (*(opts.output or ()), *(opts.overwrite_output or ())):
            if Path(name).suffix in _COMPRESSED:  # Scrapy would explain all of its options
                print(redact(f"ERROR: {name}: {CANNOT_CUT}"), file=sys.stderr)
                raise SystemExit(EXIT_CODES["bad_arguments"])
        super().process_options(args, opts)
        assert self.settings
        if self.settings["LOG_LEVEL"] == "INFO":
            for name in _TALKATIVE:
                logging.getLogger(name).addFilter(_matters)
            self.settings.set("LOG_FORMAT", _FORMAT, priority="project")

    def _create_crawler(self, spidercls: type[Spider] | str) -> Crawler:
        self._crawler = super()._create_crawler(spidercls)
        return self._crawler

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        super().run(args, opts)
        stats = self._crawler.stats
        reason = stats.get_value("finish_reason") if stats else None
        if reason is None and self.crawler_process and not self.crawler_process.bootstrap_failed:
            reason = "shutdown"  # by a second Ctrl-C: nobody was asked any more
            logger.warning(
                "Stopped at once (exit code %d)%s", exit_code(reason), advice(self._crawler.settings, reason)
            )
        self.exitcode = max(self.exitcode, exit_code(reason))
