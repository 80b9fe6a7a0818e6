"""The requests at hand, in the order in which they go out."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import count

from scrapy import Request

from sc_spiders.pages.listing import Listing


class RequestQueue:
    """Retries whose time has come, requests of begun listings, then listings that are leased and not begun.

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
        """All listings that are here or out."""
        return [*self.out.values(), *self._new]

    @property
    def busy(self) -> int:
        """How many of them do not wait for a time."""
        return len(self._new) + len(self.out) - len(self._waiting)

    @property
    def times(self) -> list[float]:
        """When each retry goes out, by `time.monotonic()`."""
        return [at for at, _, _ in self._waiting]

    def add(self, listings: Iterable[Listing]) -> None:
        """New listings."""
        self._new.extend(listings)

    def go_on(self, listing: Listing) -> None:
        """A listing's next page."""
        self.out[listing.id] = listing
        self._ready.append(self._make(listing))

    def go_first(self, listing: Listing) -> None:
        """A listing that goes out before all others."""
        self.out[listing.id] = listing
        self._ready.appendleft(self._make(listing))

    def put(self, request: Request) -> None:
        """A request that goes out behind those that are ready."""
        self._ready.append(request)

    def put_first(self, request: Request) -> None:
        """A request that goes out before all others."""
        self._ready.appendleft(request)

    def put_later(self, request: Request, seconds: float) -> None:
        """A request that goes out once so much time has passed."""
        heapq.heappush(self._waiting, (time.monotonic() + seconds, next(self._serial), request))

    def next(self) -> Request | None:
        """The request that goes out now, if there is one."""
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
        """It is done with here."""
        self.out.pop(listing.id, None)
