"""Records what happens to requests: attempts, blocked endpoints, waits for later runs."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import cached_property
from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest

from sc_spiders import engine
from sc_spiders.api import Api
from sc_spiders.api.responses import Action, Resolution
from sc_spiders.context import context
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.frontier.requests import Requests
from sc_spiders.pages.batches import TOO_MANY, attempts_of
from sc_spiders.pages.listing import Listing
from sc_spiders.records import OptOut

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

BLOCKED = Resolution(Action.FAIL, "blocked", "http_403")
"""How the listings of a blocked endpoint end."""

_LOOK = 0.5  # seconds between two checks whether the crawl is closing: Scrapy has no signal for that
_ALONE = "its listings end 'blocked', the others go on. The same command tries them again later."
_AMONG_OTHERS = (
    "this worker leaves its listings to the others. Where none is left that may ask, they end 'blocked', and the same "
    "command tries them again later."
)


class CrawlLedger:
    """Implements `downloader.ledger.Ledger`. `blocked`: endpoints that get no more requests in this run."""

    def __init__(self, crawler: Crawler, crawl: Crawl, requests: Requests) -> None:
        self._crawl = crawl
        self._crawler = crawler
        self._requests = requests
        self._attempts = crawler.settings.getint("SC_ATTEMPTS")
        self.sent: set[int] = set()  # listings with a request in flight
        self._has_failed = False

    @property
    def blocked(self) -> set[str]:
        return self._crawl.frontier.blocked

    @property
    def api(self) -> Api:
        return self._requests.api

    @property
    def blocked_means(self) -> str:
        if self._crawl.frontier.status.shared:
            return _AMONG_OTHERS
        return _ALONE

    @property
    def has_answered(self) -> bool:
        return self._crawl.frontier.status.answered

    def refusal(self, listing: Listing) -> Resolution | None:
        frontier = self._crawl.frontier
        if self._is_opted_out(listing):
            listing.announced = None  # no record may tell how long it is
            return Resolution(Action.FAIL, "end")
        if listing.endpoint in frontier.blocked:
            return BLOCKED
        if listing.spec.shape == "batch" and frontier.hydration.division.is_too_long(listing):
            return Resolution(Action.FAIL, error=TOO_MANY)
        was_sent = listing.attempts or listing.losses
        if was_sent and listing.sendings >= attempts_of(listing, self._attempts):
            return Resolution(Action.FAIL, error=listing.error or "lost")
        return None

    def _is_opted_out(self, listing: Listing) -> bool:
        """Whether the listing belongs to somebody whom SC_NEVER names."""
        opt_out = self._opt_out
        return bool(opt_out and opt_out.people.has_listing(listing.subject, listing.seed, listing.url))

    @cached_property
    def _opt_out(self) -> OptOut | None:
        return context(self._crawler).find(OptOut)

    async def attempt(self, listing: Listing, *, again: bool) -> None:
        """Store that a listing's page is about to be requested."""
        self.sent.add(listing.id)
        if not again:
            listing.attempts += 1
        self._save(listing, sent=True)

    async def turn(self) -> None:
        pace = self._crawl.frontier.pace
        if not pace.rate:
            return
        turn = asyncio.ensure_future(pace.turn())
        while not turn.done():
            await asyncio.wait([turn], timeout=_LOOK)
            if engine.is_closing(self._crawler):
                turn.cancel()
                raise IgnoreRequest("the crawl is closing")

    def forgive(self, listing: Listing) -> None:
        if listing.ended:
            return  # for instance blocked meanwhile; storing it now would open it again
        listing.attempts = max(0, listing.attempts - 1)
        self._save(listing, sent=listing.id in self.sent)

    def come_back(self, listing: Listing) -> bool:
        """Store that the request came back unanswered. Returns whether that worked."""
        self.sent.discard(listing.id)
        return self._save(listing, sent=False)

    def give_up(self, error: Exception) -> None:
        self._crawl.give_up(error)

    def remember_wait(self, until: float) -> None:
        try:
            self._crawl.frontier.remember_wait(until)
        except sqlite3.Error as e:
            self._crawl.fail(e)

    def _save(self, listing: Listing, *, sent: bool) -> bool:
        if self._has_failed:  # the crawl ends; another try could wait long for a lock
            return False
        try:
            self._crawl.frontier.save(listing, sent=sent)
        except sqlite3.Error as e:
            self._has_failed = True
            self._crawl.fail(e)
            return False
        return True

    def first(self) -> Request:
        return self._requests.page_of(self._crawl.seeds[0])

    def asking(self, listing: Listing) -> Request:
        return self._requests.page_of(listing)
