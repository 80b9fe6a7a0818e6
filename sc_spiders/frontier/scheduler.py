"""Scrapy's scheduler over a `Frontier`.

If a middleware returns a request, its listing is handed out already. A resend (after a renewed credential or a
redirect) goes first, and a retry waits until it is due. Further requests of a spider are queued in memory.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, signals
from scrapy.core.scheduler import BaseScheduler
from scrapy.utils.defer import deferred_from_coro

from sc_spiders import engine
from sc_spiders.api.responses import Action, Resolution
from sc_spiders.context import context
from sc_spiders.downloader.circuit import Circuit
from sc_spiders.downloader.ledger import Ledger
from sc_spiders.errors import ActionsStopped, typed
from sc_spiders.frontier.base import Ack, Frontier
from sc_spiders.frontier.choice import frontier_for
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.frontier.crawl_ledger import BLOCKED, CrawlLedger
from sc_spiders.frontier.leasing import Leasing
from sc_spiders.frontier.requests import RequestQueue, Requests
from sc_spiders.pages.known import Known
from sc_spiders.pages.listing import SUSPICIOUS, Listing
from sc_spiders.pages.page import PageWriter

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

logger = logging.getLogger(__name__)

_ENDED = 200  # listings that end at once without a request, before the rest of the crawl goes on


class Scheduler(BaseScheduler):
    """`crawl`: the crawl of this process. `queue`: the requests of leased listings."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.crawl = Crawl(crawler)
        self.frontier = self.crawl.frontier = frontier_for(crawler, self.crawl)
        self.requests = Requests(crawler)
        self.queue = RequestQueue(self.requests.page_of)
        self.ledger = CrawlLedger(crawler, self.crawl, self.requests)
        self._leasing = Leasing(
            self.frontier,
            self.queue,
            concurrency=crawler.settings.getint("CONCURRENT_REQUESTS"),
            wake=self.wake,
            failed=self.crawl.give_up,
        )
        self._alone = False  # the request in flight may kill the process, so no other is sent
        self._known: Known | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        scheduler = cls(crawler)
        context(crawler).add(Scheduler, scheduler)
        context(crawler).add(Crawl, scheduler.crawl)
        context(crawler).add(RequestQueue, scheduler.queue)
        context(crawler).add(Ledger, scheduler.ledger)
        crawler.signals.connect(scheduler.spider_opened, signals.spider_opened)
        return scheduler

    def open(self, spider: Spider) -> Deferred[None]:
        return deferred_from_coro(self._open(spider))

    async def _open(self, spider: Any) -> None:
        self._spider = spider
        try:
            spec = spider.crawl_spec()
        except Exception as e:
            self.crawl.refuse(e)
            return
        self._leasing.sequential = spec.sequential
        await self.crawl.open(spec)
        if self.crawl.status and not self.crawl.status.finished:
            await self._try_out()

    async def _try_out(self) -> None:
        try:
            for trial in context(self.crawler).trials:
                await trial()
        except Exception as e:
            self.crawl.refuse(e)

    def spider_opened(self) -> None:
        """Runs after the feed exporter's `spider_opened`: the crawl is begun, or was refused."""
        if self.crawl.is_begun:
            self._known = context(self.crawler).find(Known)
            self._wait_out()
            if self.frontier.status.resumed and context(self.crawler).resume_checks:
                self._soon(_resume(self.crawler, self.crawl, self._leasing))
            else:
                self._leasing.start()
            for playlist in self.frontier.hydration.over.values():
                self._soon(self._end(playlist, _ending_of(playlist, self.frontier)))

    def _wait_out(self) -> None:
        """Wait for the rest of a wait that the API asked an earlier run for."""
        status, circuit = self.frontier.status, context(self.crawler).get(Circuit)
        _tell_of_stops(self._spider, self.frontier)
        seconds = status.wait_until - time.time()
        if seconds > self.crawler.settings.getfloat("SC_MAX_WAIT"):
            logger.info("The API asked for a wait that is not over (%.0f s): one request tries it anyway.", seconds)
            circuit.open_for(0)
        elif seconds > 0:
            logger.info("The API asked for a wait that is not over: %.0f s.", seconds)
            circuit.open_for(seconds)

    def close(self, reason: str) -> Deferred[None]:
        return deferred_from_coro(self._close())

    async def _close(self) -> None:
        self._leasing.stop()
        await asyncio.gather(*self._ending, return_exceptions=True)
        if not self.crawl.is_begun:  # otherwise the closing records are still to be written
            self.crawl.release()

    # What Scrapy asks

    def has_pending_requests(self) -> bool:
        if self.queue or self._ending or self._leasing.is_asking:
            return True
        # Listings in `out` do not count: if one was lost, the crawl gets idle, and `end_lost` finds it.
        return not (self.queue.out or self.frontier.is_over)

    def enqueue_request(self, request: Request) -> bool:
        listing = request.meta.get("listing")
        if listing is None:
            self.queue.put(request)
            return True
        if not self.ledger.come_back(listing):
            return False
        delay = request.meta.pop("delay", None)
        if delay is None:
            self.queue.put_first(request)
            return True
        request.meta["attempt"] = True
        if delay:
            self.queue.put_later(request, delay)
            self._leasing.refill()  # others go out meanwhile
            self.wake(delay)
        else:
            self.queue.put(request)
        return True

    def next_request(self) -> Request | None:
        queue = self.queue
        if not (queue.ready or queue.new or queue.waiting):
            return None
        try:
            request = self._next()
        except Exception as e:  # otherwise the engine would stop asking, and the crawl would hang
            self.crawl.give_up(e)
            return None
        return request

    def _next(self) -> Request | None:
        if self._alone and engine.in_flight(self.crawler):
            return None
        self._alone = False
        for _ in range(_ENDED):
            request = self.queue.next()
            if request is None:
                return None
            listing = request.meta.get("listing")
            if listing is None:
                return request
            sys.audit("sc_spiders.hand_out.before", listing)
            if self._known and (page := self._known.page(listing)):
                self._soon(context(self.crawler).get(PageWriter).write(page))
                continue
            if listing.endpoint in self.frontier.blocked:
                self._soon(self._end(listing, BLOCKED))
                continue
            if listing.attempts:
                request = self.requests.smaller(listing) or request
            if listing.losses < SUSPICIOUS:
                return request
            return self._by_itself(request)
        self.wake()
        return None

    def _by_itself(self, request: Request) -> Request | None:
        """Send a request that may have killed a process alone: if the process dies again, the request is to blame."""
        if engine.in_flight(self.crawler):
            self.queue.put_first(request)
            return None
        self._alone = True
        return request

    def wake(self, seconds: float = 0) -> None:
        """Make the engine ask for requests when these seconds are over."""
        engine.wake(self.crawler, seconds)

    # Pages

    def holds(self, listing: Listing) -> bool:
        """Whether a page of that listing may be written. If not, the listing is another worker's now."""
        held = self.frontier.holds(listing)
        if not held:
            self.queue.drop(listing)
            self._leasing.refill()
        return held

    async def acknowledge(self, ack: Ack) -> None:
        """Acknowledge a page that is written. The listing's next page is requested before new listings.

        Raises the same as `Frontier.acknowledge`.
        """
        listing = ack.listing
        self.ledger.sent.discard(listing.id)
        done = await self.frontier.acknowledge(ack)
        goes_on = done.held and not listing.ended and listing.spec.shape != "one"  # an object has no next page
        if goes_on:
            self.queue.go_on(listing)
        else:
            self.queue.drop(listing)
        for batch in done.leased:
            self.queue.go_first(batch)
        if ack.follow or not goes_on:  # otherwise there is nothing new to lease
            self._leasing.look_again()
        for playlist in done.over:
            await self._end(playlist, _ending_of(playlist, self.frontier))

    async def _end(self, listing: Listing, resolution: Resolution) -> None:
        """End a listing without a request."""
        self.queue.out[listing.id] = listing
        await context(self.crawler).get(PageWriter).write(self._spider.ended(listing, resolution))

    def _soon(self, write: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(write)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        task.add_done_callback(lambda _: self.wake())

    def end_lost(self) -> None:
        """End listings that were handed out and lost, so that the crawl can end. Only a bug loses a listing."""
        for listing in list(self.queue.out.values()):
            logger.error("%s: its page was never written; this is a bug in a spider or a pipeline", listing.name)
            self._spider.forget(listing)
            self._soon(self._end(listing, Resolution(Action.FAIL, error="internal")))


async def _resume(crawler: Crawler, crawl: Crawl, leasing: Leasing) -> None:
    """Go on with a resumed crawl, if all its checks allow that."""
    try:
        for check in context(crawler).resume_checks:
            await check()
    except ActionsStopped as e:
        if str(e):
            context(crawler).refuse(f"{crawler.spider.name}: {e}.")  # type: ignore[union-attr]
        engine.close(crawler, e.reason)
    except Exception as e:
        crawl.give_up(e)
    else:
        leasing.start()


def _tell_of_stops(spider: Any, frontier: Frontier) -> None:
    """Log whether an earlier run was stopped, or what a stop of this one would cost."""
    status = frontier.status
    if status.resumed:
        anew = ""
        if frontier.files.in_output:
            anew = f"; {typed.setting('SC_FRESH', '1')} begins anew"
        logger.info("Going on with the crawl begun at %s%s.", status.started_at, anew)
    elif not (status.kept or spider.is_preview):
        job = typed.setting("JOBDIR", "FOLDER")
        logger.info("A stop will lose this crawl: with %s, or without -o, it could be resumed.", job)


def _ending_of(playlist: Listing, frontier: Frontier) -> Resolution:
    """How a playlist ends that no longer waits for tracks."""
    return Resolution(Action.FAIL, *frontier.hydration.ending(playlist))
