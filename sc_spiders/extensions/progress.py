"""Shows the progress of a crawl: a live display in a terminal, else a log line from time to time."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.utils.asyncio import call_later, create_looping_call

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.privacy import shown_arguments
from sc_spiders.context import context
from sc_spiders.extensions.estimate import Estimate, seconds_a_request
from sc_spiders.extensions.formatting import line
from sc_spiders.extensions.progress_file import ProgressFile, place_of
from sc_spiders.extensions.snapshot import Reader
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.pages.page import PAGE_WRITTEN
from sc_spiders.records.words import clock
from sc_spiders.redaction.printable import printable

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from sc_spiders.extensions.display import Display

logger = logging.getLogger(__name__)

_LONGEST = 1000  # characters of the arguments that are shown
_REFRESH = 0.25  # seconds
_FIRST = 5.0  # seconds until the first line
_WRITTEN = 2.0  # seconds between two states of the file
_DAY = 86_400.0  # seconds; of longer crawls the log warns
_COUNTED = 10_000  # listings without a page that the estimate looks at; each further one counts as one page


class Progress:
    """Reads counters on a timer. For each page, it only updates the estimate.

    The display needs a terminal on stderr, and no `--nolog` or log level above INFO. Without a display, and for
    LOG_FILE, it logs a line after 5 s, then every LOGSTATS_INTERVAL seconds (0: never). `progress.json` in the output
    folder says the same to programs.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.live = wants_display(crawler.settings)
        self.lines = not self.live or bool(crawler.settings["LOG_FILE"])
        self.interval = crawler.settings.getfloat("LOGSTATS_INTERVAL")
        self._display: Display | None = None
        self._timers: list[Any] = []
        self._file: ProgressFile | None = None
        self._pace = seconds_a_request(crawler.settings)
        self._is_warned = False
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def spider_opened(self, spider: ApiSpider) -> None:
        crawl = context(self.crawler).get(Crawl)
        if not crawl.is_begun:
            return  # bad arguments, or nothing to do
        self._tell_begin(spider)
        estimate = self._estimate = Estimate(spider.api, spider.listings.page_size, crawl.frontier.status.pages)
        for listing in crawl.frontier.unfinished(_COUNTED):
            estimate.expect(listing)
        estimate.ahead += max(0, crawl.frontier.unasked - _COUNTED)
        self._reader = Reader(self.crawler, estimate)
        if not crawl.frontier.status.shared:  # a worker cannot say how far all of them are
            self.crawler.signals.connect(estimate.add, PAGE_WRITTEN)
            self._every(_WRITTEN, self._warn)
        if file := place_of(crawl.frontier.status):
            self._file = ProgressFile(file, self._reader, crawl.frontier.status.started_at)
            self._every(_WRITTEN, self._file.write)
        if self.live:
            self._every(_REFRESH, self.show)
        if self.lines and self.interval:
            self._timers.append(call_later(min(_FIRST, self.interval), self._first_line))

    def _tell_begin(self, spider: ApiSpider) -> None:
        shown = shown_arguments(spider, spider.given, in_doubt=True)
        given = ", ".join(f"{name}={value}" for name, value in shown.items() if value and name[0] != "_")
        address = self.crawler.settings[{"public": "SC_PUBLIC_URL", "v2": "SC_V2_URL"}[spider.api]]
        logger.info(
            "%s: %s (the %s API at %s)", spider.name, printable(given, _LONGEST) or "begins", spider.api, address
        )

    def _warn(self) -> None:
        """Say once that the crawl will take days."""
        seconds = self._estimate.left * self._pace
        if self._is_warned or seconds < _DAY:
            return
        self._is_warned = True
        logger.info(
            "This crawl will take about %s: %s requests are known so far, one every %.2g s. "
            "preview=1 tells that before a crawl begins.",
            *(clock(seconds), f"{self._estimate.left:,}", self._pace),
        )

    def show(self) -> None:
        """Refresh the display. The first call starts it."""
        if self._display is None:
            from sc_spiders.extensions.display import Display  # imports rich, which takes long

            self._display = Display()
        self._display.show(self._reader.read())

    def tell(self) -> None:
        """Log a line."""
        logger.info("%s", line(self._reader.read()))

    def spider_closed(self) -> None:
        for timer in self._timers:
            _stop(timer)
        self._timers.clear()
        if self._file:
            self._file.remove()

    def engine_stopped(self) -> None:
        """End the display. It is the last step: the lines of the summary then take its place."""
        if self._display:
            self._display.end()

    def _first_line(self) -> None:
        self._timers.pop()
        self.tell()
        self._every(self.interval, self.tell)

    def _every(self, seconds: float, tell: Any) -> None:
        timer = create_looping_call(tell)
        timer.start(seconds, now=False)
        self._timers.append(timer)


def wants_display(settings: BaseSettings) -> bool:
    """Whether a live display is possible and wanted."""
    level = logging.getLevelName(settings["LOG_LEVEL"])
    quiet = not settings.getbool("LOG_ENABLED") or (isinstance(level, int) and level > logging.INFO)
    # Records on the same terminal would mix with the display.
    records = any(str(uri) == "-" or str(uri).startswith("stdout:") for uri in settings.getdict("FEEDS"))
    return (
        not quiet
        and sys.stderr.isatty()
        and os.environ.get("TERM", "").lower() not in {"", "dumb", "unknown"}
        and not (records and sys.stdout.isatty())
    )


def _stop(timer: Any) -> None:
    """Stop a looping call, or cancel a delayed one."""
    if not hasattr(timer, "stop"):
        timer.cancel()
    elif timer.running:
        timer.stop()
