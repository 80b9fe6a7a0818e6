"""The requests of leased listings, in the order in which they are sent."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import count

from scrapy import Request

from sc_spiders.pages.listing import Listing


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
