"""`scrapy crawl`, with an exit code that tells how the crawl ended."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from scrapy.commands.crawl import Command as CrawlCommand
from scrapy.exceptions import UsageError

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import refuse_unknown
from sc_spiders.config.addon import CANNOT_CUT, CANNOT_WRITE
from sc_spiders.config.scrapy_settings import misfits
from sc_spiders.errors import ArgumentError
from sc_spiders.extensions.outcome import EXIT_CODES, advice, exit_code
from sc_spiders.feeds.names import bad_names
from sc_spiders.redaction.logs import hide, redact, secrets

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

# Names that Scrapy's own functions have for what they hand on: the spider, which refuses others, never sees them.
_TAKEN = frozenset({"self", "cls", "crawler", "crawler_or_spidercls"})

# The names of modules, too, are for who looks for a fault (default: with %(name)s).
_FORMAT = "%(asctime)s %(levelname)s: %(message)s"


def _matters(record: logging.LogRecord) -> bool:
    # A filter rather than a level: Scrapy's logging set-up resets the levels of its own loggers. What it says to a
    # Ctrl-C is an answer to the person who pressed it.
    return record.levelno > logging.INFO or str(record.msg).startswith("Received %(signame)s")


def _refuse(text: str) -> NoReturn:
    """One line, where Scrapy would explain all of its options or show a traceback."""
    print(redact(f"ERROR: {text}"), file=sys.stderr)
    raise SystemExit(EXIT_CODES["bad_arguments"])


class Command(CrawlCommand):
    """Scrapy's own command; the exit code follows from the finish_reason."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        hide(*secrets(self.settings))
        outputs = [*(opts.output or ()), *(opts.overwrite_output or ())]
        for name in outputs:
            if Path(name).suffix in _COMPRESSED:
                _refuse(f"{name}: {CANNOT_CUT}")
        given = [argument.partition("=")[0] for argument in opts.spargs or ()]
        if twice := next((name for name in given if given.count(name) > 1), None):
            _refuse(
                f"the argument {twice!r} is given twice, and one of them would be lost; see whether it takes a list"
            )
        try:
            super().process_options(args, opts)
        except UsageError as e:
            unknown = str(e).startswith("Unrecognized output format")
            _refuse(f"{', '.join(outputs)}: it {CANNOT_WRITE}" if unknown else str(e))
        except OSError as e:
            _refuse(f"the file for the process id {e.filename} cannot be written: {e.strerror}")
        hide(*secrets(self.settings))  # those of -s as well
        if problem := next(misfits(self.settings), None):
            _refuse(problem)
        level = self.settings["LOG_LEVEL"].upper()
        self.settings.set("LOG_LEVEL", level, priority="cmdline")
        if level == "INFO":
            for name in _TALKATIVE:
                logging.getLogger(name).addFilter(_matters)
            self.settings.set("LOG_FORMAT", _FORMAT, priority="project")

    def _create_crawler(self, spidercls: type[Spider] | str) -> Crawler:
        self._crawler = super()._create_crawler(spidercls)
        return self._crawler

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.crawler_process
        spiders = self.crawler_process.spider_loader.list()
        if option := next((one for one in args if one.startswith("-")), None):
            _refuse(f"there is no option {option}; `scrapy crawl --help` tells those there are")
        if len(args) != 1 or args[0] not in spiders:
            named = (
                f"there is no spider {args[0]!r}" if len(args) == 1 else f"one spider is to be named, not {len(args)}"
            )
            _refuse(f"{named}; there are {', '.join(sorted(spiders))}")
        spider = self.crawler_process.spider_loader.load(args[0])
        if issubclass(spider, ApiSpider):
            try:
                refuse_unknown(spider.declared(), sorted(_TAKEN & opts.spargs.keys()))
            except ArgumentError as e:
                _refuse(f"{args[0]}: {e}")
        assert self.settings
        if problem := next(bad_names(self.settings, spider), None):
            _refuse(problem)
        super().run(args, opts)
        stats = self._crawler.stats
        reason = stats.get_value("finish_reason") if stats else None
        if reason is None and not self.crawler_process.bootstrap_failed:
            reason = "shutdown"  # by a second Ctrl-C: nobody was asked any more
            logger.warning(
                "Stopped at once (exit code %d)%s", exit_code(reason), advice(self._crawler.settings, reason)
            )
        self.exitcode = max(self.exitcode, exit_code(reason))
