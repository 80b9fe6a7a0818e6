"""Scrapy's scheduler over a `Job`: requests are made from listings when they are handed out, and never stored.

Begun listings go before new ones, new ones by level. A request that a middleware sends back (a renewed credential, a
wait) is one that is already handed out: it goes to the front, or waits for its time. Requests of other people's spiders
pass through in memory, in their order.
"""

from __future__ import annotations

import heapq
import logging
import os
import socket
import sqlite3
import time
from collections import deque
from collections.abc import Collection
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler
from scrapy.utils.asyncio import call_later
from scrapy.utils.defer import _schedule_coro
from scrapy.utils.job import job_dir

from sc_spiders import reactions
from sc_spiders.frontier.job import Job
from sc_spiders.frontier.sqlite import LEASED
from sc_spiders.hosts import Hosts
from sc_spiders.listing import Listing
from sc_spiders.spider import ApiSpider

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

logger = logging.getLogger(__name__)

_BATCH = 32  # new listings leased at a time: fewer transactions, and little to hand back


class Scheduler(BaseScheduler):
    """`job` is the crawl; `wait_until(request, delay)` is how a request waits without holding anything."""

    job: Job

    _free_from = 0

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.hosts = Hosts.from_settings(crawler.settings)
        self.blocked: set[str] = set()
        self._ready: deque[Request] = deque()
        self._waiting: list[tuple[float, int, Request]] = []
        self._new: deque[Listing] = deque()
        self._out: dict[int, Listing] = {}
        self._serial = count()
        self._rate = crawler.settings.getfloat("SC_RATE")
        self._next_at = 0.0
        self.worker = f"{socket.gethostname()}-{os.getpid()}"

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open(self, spider: Spider) -> Deferred[None] | None:
        self._spider = spider
        if isinstance(spider, ApiSpider):
            # Kept: Scrapy parses a callback's source once for as long as the method object lives, else for each request.
            self._page, self._failed = spider.page, spider.failed
        return None

    def find(self) -> Job:
        """The job of this crawl, begun before or not. Raises ArgumentError where it cannot be begun or gone on with."""
        spider = self._spider
        if not isinstance(spider, ApiSpider):
            self.job = Job({"spider": spider.name}, None)
            return self.job
        spider.check()
        self._free_from = spider.free_from
        folder = job_dir(self.crawler.settings)
        self.job = Job(spider.identity(), Path(folder) if folder else None)
        return self.job

    def begin(self, outputs: dict[str, int]) -> None:
        """Start, or go on, with these output files and their present lengths.

        Raises OutputError where the files are not as acknowledged, OSError or sqlite3.Error where writing fails.
        """
        if self.job.resumed:
            self.job.resume()
            logger.info("Going on with the crawl begun at %s.", self.job.started_at)
            return
        self.job.outputs = outputs
        self.job.begin(self._spider.seeds() if isinstance(self._spider, ApiSpider) else [])

    def has_pending_requests(self) -> bool:
        if self._ready or self._waiting or self._new:
            return True
        return self.job.store.levels.total() > len(self._out) or self.job.stubs.pooled

    def enqueue_request(self, request: Request) -> bool:
        listing = request.meta.get("listing")
        delay = request.meta.pop("wait", 0)
        if listing is not None and not self._save(listing):
            return False
        if delay:
            heapq.heappush(self._waiting, (time.monotonic() + delay, next(self._serial), request))
            call_later(delay, self._wake)
        elif listing is None:
            self._ready.append(request)
        else:
            self._ready.appendleft(request)
        return True

    def next_request(self) -> Request | None:
        if self._rate and not self._allowed():
            return None
        if self._waiting and self._waiting[0][0] <= time.monotonic():
            return heapq.heappop(self._waiting)[2]
        if self._ready:
            return self._ready.popleft()
        if not self._new:
            self._new.extend(self._more())
        if not self._new:
            return None
        listing = self._new.popleft()
        self._out[listing.id] = listing
        return self._request(listing)

    def _more(self) -> list[Listing]:
        """New listings, leased."""
        try:
            if self.job.stubs.pooled and not self.job.store.levels:
                self.job.ask_for_stubs()
            return self.job.store.lease(_BATCH, self._free_from)
        except sqlite3.Error as e:
            self._fail(e)
            return []

    def _save(self, listing: Listing) -> bool:
        """Remember a listing as it is now: attempts are counted across restarts."""
        try:
            self.job.store.commit([(listing, LEASED)], [], {})
        except sqlite3.Error as e:
            self._fail(e)
            return False
        return True

    def _allowed(self) -> bool:
        moment = time.monotonic()
        if moment < self._next_at:
            return False
        if not (self._ready or self._waiting or self._new or self.job.store.levels):
            return True
        self._next_at = max(moment, self._next_at) + 1 / self._rate
        call_later(1 / self._rate, self._wake)
        return True

    def _fail(self, error: Exception) -> None:
        """End the crawl: the job directory cannot be written. The engine would only log the error and stand still."""
        logger.error("The job directory cannot be written: %s. Make room and start the same command again.", error)
        assert self.crawler.engine
        _schedule_coro(self.crawler.engine.close_spider_async(reason="disk"))

    def _wake(self) -> None:
        engine = self.crawler.engine
        if engine and engine._slot and not engine._slot.closing:
            engine._slot.nextcall.schedule()

    def _request(self, listing: Listing) -> Request:
        spider: Any = self._spider
        spec = listing.spec
        meta: dict[str, Any] = {"listing": listing, "handle_httpstatus_all": True}
        if spec.auth != "app":
            meta["auth"] = spec.auth
        return Request(
            self.hosts.url(spider.api if spec.host == "api" else spec.host, listing.url),
            callback=self._page,
            errback=self._failed,
            meta=meta,
            dont_filter=True,
            **(reactions.question(listing) if spec.shape == "reactions" else {}),
        )

    def holds(self, listing: Listing) -> bool:
        """Whether what came for that listing may be written. Always: nobody else can have taken it."""
        return True

    def commit(self, listing: Listing, added: list[Listing], outputs: dict[str, int]) -> None:
        """Acknowledge a page whose records are written. The listing's next page is handed out before anything new."""
        self.job.commit(listing, added, outputs)
        if listing.ended or listing.waiting:
            self._out.pop(listing.id, None)
        else:
            self._ready.append(self._request(listing))

    @property
    def queued(self) -> int:
        """Listings that wait for their turn."""
        return self.job.store.levels.total() - len(self._out)

    @property
    def at_hand(self) -> Collection[Listing]:
        """Listings whose pages are being asked for."""
        return self._out.values()

    @property
    def waiting(self) -> list[float]:
        """When each request that waits goes on, by `time.monotonic()`."""
        return [at for at, _, _ in self._waiting]

    def lost(self) -> list[Listing]:
        """Listings that were handed out and are nowhere any more. Only a bug leaves some; the crawl must still end."""
        return list(self._out.values())
