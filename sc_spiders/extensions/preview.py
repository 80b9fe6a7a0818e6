"""The preview of a crawl: asks only for the seeds, and tells what the crawl would ask for."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import NotConfigured

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.context import context
from sc_spiders.extensions.estimate import Estimate, seconds_a_request, wanted
from sc_spiders.frontier.fingerprint import chosen_kinds
from sc_spiders.pages.batches import SIZE
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page
from sc_spiders.records.words import clock, counted

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

# Bytes of a record as JSON Lines: the means of records of real answers.
_BYTES = {"user": 1900, "track": 3400, "playlist": 2000, "comment": 500, "selection": 600, "edge": 240}
_OTHERS = 1000
_NAMED = 20  # lists that are told one by one, the longest of them


@dataclass(frozen=True, slots=True)
class _List:
    """A list that the crawl would walk. `rows`: None if the API announces no number."""

    name: str
    rows: int | None
    requests: int
    bytes: int

    def __str__(self) -> str:
        if self.rows is None:
            return f"{self.name}: rows unknown, at least {counted(self.requests, 'request')}"
        return f"{self.name}: {counted(self.rows, 'row')}, {counted(self.requests, 'request')}"


class Preview:
    """Takes the pages of a crawl whose `preview` is 1: none of their records is written, and no list is walked."""

    def __init__(self, crawler: Crawler) -> None:
        if not (isinstance(crawler.spider, ApiSpider) and crawler.spider.is_preview):
            raise NotConfigured
        self.crawler = crawler
        self._spider = crawler.spider
        self._estimate = Estimate(self._spider.api, self._spider.listings.page_size)
        self._kinds = chosen_kinds(crawler.settings)
        self._lists: list[_List] = []
        self._begun = time.monotonic()
        self._pages = 0
        context(crawler).add(Preview, self)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def take(self, page: Page) -> None:
        """Note the lists that the page leads to. Only seeds stay to be asked for."""
        self._pages += 1
        page.rows.clear()
        page.items.clear()
        listing = page.listing
        if "tracks" in listing.extra and listing.announced is None:
            listing.announced = listing.fetched  # the page has all of them, most by id only
        if not listing.ended:
            self._note(listing, self._further(listing))
            self._spider.forget(listing)
            listing.end("end")
        for found in page.follow:
            if not found.seed:
                self._note(found, self._estimate.first(found))
        page.follow = [found for found in page.follow if found.seed]

    def _further(self, listing: Listing) -> int:
        """Requests to come of a list whose first page came. A playlist's page has few of its tracks in full."""
        if listing.spec.shape == "one":
            return ceil((listing.announced or 0) / SIZE)
        return self._estimate.rest(listing)

    def _note(self, listing: Listing, requests: int) -> None:
        rows = None
        size = 0
        if listing.announced is not None:
            rows = wanted(listing)
            size = rows * self._bytes(listing)
        self._lists.append(_List(listing.name, rows, requests, size))

    def _bytes(self, listing: Listing) -> int:
        """The bytes that a row of that list gives."""
        kinds = listing.spec.kinds
        if "tracks" in listing.extra:
            kinds = ("track",)
        written = [_BYTES.get(kind, _OTHERS) for kind in kinds if self._writes(kind)]
        size = sum(written) // max(1, len(written))
        if self._writes("edge") and (listing.spec.edge or "tracks" in listing.extra):
            size += _BYTES["edge"]
        return size

    def _writes(self, kind: str) -> bool:
        return not self._kinds or kind in self._kinds

    def engine_stopped(self) -> None:
        if self._pages:
            for line in self.lines():
                logger.info(line)

    def lines(self) -> Iterator[str]:
        """What the crawl would ask for, as the log tells it."""
        yield f"{self._spider.name}: a preview; only the seeds were asked for, and nothing was written"
        lists = sorted(self._lists, key=lambda one: -(one.rows or 0))
        for one in lists[:_NAMED]:
            yield f"  {one}"
        if len(lists) > _NAMED:
            yield f"  and {len(lists) - _NAMED:,} more"
        yield f"  in all: {', '.join(self._sums())}"
        if self._spider.unordered_from > 0:
            yield "  the users who are found will be walked too: their lists come on top"

    def _sums(self) -> Iterator[str]:
        requests = self._pages + sum(one.requests for one in self._lists)
        rows = sum(one.rows or 0 for one in self._lists)
        least = ""
        if any(one.rows is None for one in self._lists):
            least = "at least "
        yield counted(len(self._lists), "list")
        yield f"{least}{counted(rows, 'row')}"
        yield f"{least}{counted(requests, 'request')}"
        pace = seconds_a_request(self.crawler.settings)
        if not pace:
            pace = (time.monotonic() - self._begun) / self._pages
        about = least or "about "
        yield f"{about}{clock(requests * pace)} ({_short(pace)} s a request)"
        yield f"{about}{_size(sum(one.bytes for one in self._lists))} of JSON Lines"


def _short(seconds: float) -> str:
    """`0.17`, `1,000`."""
    if seconds < 10:
        return f"{seconds:.2g}"
    return f"{seconds:,.0f}"


def _size(size: int) -> str:
    """`1.5 GB`."""
    value, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.3g} {unit}"
