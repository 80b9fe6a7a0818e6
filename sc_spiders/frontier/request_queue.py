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
    """

    def __init__(self, make: Callable[[Listing], Request]) -> None:
        self._make = make
        self.out: dict[int, Listing] = {}
        self._new: deque[Listing] = deque()
        self._ready: deque[Request] = deque()
        self._waiting: list[tuple[float, int, Request]] = []
        self._serial = count()

    def __bool__(self) -> bool:
        return bool(self._new or self._ready or self._waiting)

    @property
    def leased(self) -> list[Listing]:
        """All leased listings: handed out, or still in the queue."""
        return [*self.out.values(), *self._new]

    @property
    def busy(self) -> int:
        """How many of them do not wait for a retry."""
        return len(self._new) + len(self.out) - len(self._waiting)

    @property
    def times(self) -> list[float]:
        """When each retry is due, by `time.monotonic()`."""
        return [at for at, _, _ in self._waiting]

    def add(self, listings: Iterable[Listing]) -> None:
        """Queue new listings."""
        self._new.extend(listings)

    def go_on(self, listing: Listing) -> None:
        """Queue a listing's next page."""
        self.out[listing.id] = listing
        self._ready.append(self._make(listing))

    def go_first(self, listing: Listing) -> None:
        """Queue a listing before all others."""
        self.out[listing.id] = listing
        self._ready.appendleft(self._make(listing))

    def put(self, request: Request) -> None:
        """Queue a request behind those that are ready."""
        self._ready.append(request)

    def put_first(self, request: Request) -> None:
        """Queue a request before all others."""
        self._ready.appendleft(request)

    def put_later(self, request: Request, seconds: float) -> None:
        """Queue a request that is sent after that time."""
        heapq.heappush(self._waiting, (time.monotonic() + seconds, next(self._serial), request))

    def next(self) -> Request | None:
        """The next request to send now, or None."""
        if self._waiting and self._waiting[0][0] <= time.monotonic():
            return heapq.heappop(self._waiting)[2]
        if self._ready:
            return self._ready.popleft()
        if self._new:
            listing = self._new.popleft()
            self.out[listing.id] = listing
            return self._make(listing)
        return None

    def drop(self, listing: Listing) -> None:
        """Forget a listing."""
        self.out.pop(listing.id, None)
