"""Makes the requests for listings' pages when they are handed out, and queues them. They are never stored."""

from __future__ import annotations

import heapq
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import count
from typing import TYPE_CHECKING, Any

from scrapy import Request

from sc_spiders.api import Api
from sc_spiders.api.hosts import Hosts
from sc_spiders.pages import page_size, reactions
from sc_spiders.pages.listing import Listing

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class Requests:
    """Makes the requests of one crawl."""

    def __init__(self, crawler: Crawler) -> None:
        self._hosts = Hosts.from_settings(crawler.settings)
        spider: Any = crawler.spider
        self._api: Api = spider.api
        self._callback, self._errback = spider.writing(spider.parse), spider.writing(spider.errback)

    @property
    def api(self) -> Api:
        """The API that is crawled."""
        return self._api

    def smaller(self, listing: Listing) -> Request | None:
        """A request for fewer rows, if the listing's next page has failed often enough."""
        if listing.attempts < page_size.AFTER:
            return None
        sizes = page_size.reduce(listing, self.api)
        if sizes is None:
            return None
        old, new = sizes
        logger.info(
            "%s: %s, %d times: asked for %d rows a page instead of %d",
            listing.name,
            listing.error,
            listing.attempts,
            new,
            old,
        )
        return self.page_of(listing)

    def page_of(self, listing: Listing) -> Request:
        """The request for a listing's next page."""
        spec = listing.spec
        meta: dict[str, Any] = {"listing": listing, "handle_httpstatus_all": True, "attempt": True}
        if spec.auth != "app":
            meta["auth"] = spec.auth
        further: dict[str, Any] = {}
        if spec.shape == "reactions":
            further = reactions.question(listing)
        host = self._api if spec.host == "api" else spec.host
        return Request(
            self._hosts.urls[host] + listing.url,
            callback=self._callback,
            errback=self._errback,
            meta=meta,
            dont_filter=True,
            **further,
        )


class RequestQueue:
    """First come retries that are due, then requests of begun listings, then new listings.

    `make` makes the request for a listing. `out`: listings that are handed out, by id, until their end is acknowledged.
    `new`: listings that are leased and not begun. `ready`: requests of begun listings. `waiting`: retries by time.
    """

    def __init__(self, make: Callable[[Listing], Request]) -> None:
        self._make = make
        self.out: dict[int, Listing] = {}
        self.new: deque[Listing] = deque()
        self.ready: deque[Request] = deque()
        self.waiting: list[tuple[float, int, Request]] = []
        self._serial = count()

    def __bool__(self) -> bool:
        return bool(self.new or self.ready or self.waiting)

    @property
    def leased(self) -> list[Listing]:
        """All leased listings: handed out, or still in the queue."""
        return [*self.out.values(), *self.new]

    @property
    def busy(self) -> int:
        """The number of leased listings that do not wait for a retry."""
        return len(self.new) + len(self.out) - len(self.waiting)

    @property
    def times(self) -> list[float]:
        """When each retry is due, by `time.monotonic()`."""
        return [at for at, _, _ in self.waiting]

    def add(self, listings: Iterable[Listing]) -> None:
        """Queue new listings."""
        self.new.extend(listings)

    def go_on(self, listing: Listing) -> None:
        """Queue a listing's next page."""
        self.out[listing.id] = listing
        self.ready.append(self._make(listing))

    def go_first(self, listing: Listing) -> None:
        """Queue a listing before all others."""
        self.out[listing.id] = listing
        self.ready.appendleft(self._make(listing))

    def put(self, request: Request) -> None:
        """Queue a request behind those that are ready."""
        self.ready.append(request)

    def put_first(self, request: Request) -> None:
        """Queue a request before all others."""
        self.ready.appendleft(request)

    def put_later(self, request: Request, seconds: float) -> None:
        """Queue a request that is sent when these seconds are over."""
        heapq.heappush(self.waiting, (time.monotonic() + seconds, next(self._serial), request))

    def next(self) -> Request | None:
        """The next request to send now, or None."""
        if self.waiting and self.waiting[0][0] <= time.monotonic():
            return heapq.heappop(self.waiting)[2]
        if self.ready:
            return self.ready.popleft()
        if self.new:
            listing = self.new.popleft()
            self.out[listing.id] = listing
            return self._make(listing)
        return None

    def drop(self, listing: Listing) -> None:
        """Forget a listing."""
        self.out.pop(listing.id, None)
