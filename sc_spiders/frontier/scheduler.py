"""Scrapy's scheduler over a `Job`: requests are made from listings when they are handed out, and never stored.

Begun listings go before new ones, new ones by level. A request that a middleware sends back (a renewed credential, a
wait) is one that is already handed out: it goes to the front, or waits for its time. How often a page was asked for is
in the store before it is asked for: so SC_ATTEMPTS holds over all restarts, also for what kills the process. Requests
of other people's spiders pass through in memory, in their order.
"""

from __future__ import annotations

import heapq
import logging
import os
import socket
import sqlite3
import sys
import time
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from scrapy import Request, signals
from scrapy.core.scheduler import BaseScheduler
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from scrapy.utils.job import job_dir

from sc_spiders import engine, records
from sc_spiders.api import Api
from sc_spiders.api.hosts import Hosts
from sc_spiders.api.responses import Action, Resolution
from sc_spiders.context import context
from sc_spiders.downloader.circuit import Circuit
from sc_spiders.downloader.ledger import Ledger
from sc_spiders.frontier.base import CrawlSpec
from sc_spiders.frontier.job import Job
from sc_spiders.frontier.output_files import lock_output
from sc_spiders.frontier.sqlite import LEASED, RESTING
from sc_spiders.pages import page_size as pagesize
from sc_spiders.pages import reactions
from sc_spiders.pages.batches import TOO_MANY, attempts_of, is_divided
from sc_spiders.pages.listing import SUSPICIOUS, Listing

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Spider
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

    from sc_spiders.pages.page import Page

logger = logging.getLogger(__name__)

_BATCH = 32  # new listings looked up at a time
_ENDED = 200  # listings of a blocked endpoint that are ended in one go, so that the rest of the crawl goes on


def is_ours(spider: Spider) -> bool:
    """Whether a spider is one of this project's, which name listings and not requests."""
    return hasattr(spider, "identity")


class Scheduler(BaseScheduler):
    """`job` is the crawl, `blocked` the endpoints that are not asked any more in this run.

    `acknowledge` writes a page and commits it; the feeds set it.
    """

    job: Job
    acknowledge: Callable[[Page], None]

    blocked_means = "its listings end 'blocked', the others go on. The same command tries them again later."

    _free_from = 0
    _one_by_one = False
    _at_last = False  # it is the turn of listings that a former run has tried in vain

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.hosts = Hosts.from_settings(crawler.settings)
        self.blocked: set[str] = set()
        self._attempts = crawler.settings.getint("SC_ATTEMPTS")
        self._ready: deque[Request] = deque()
        self._waiting: list[tuple[float, int, Request]] = []
        self._new: deque[Listing] = deque()
        self._out: dict[int, Listing] = {}
        self._unsent: set[int] = set()  # handed out, and still pending in the store
        self._asked: set[int] = set()  # on the wire
        self._serial = count()
        self._rate = crawler.settings.getfloat("SC_RATE")
        self._next_at = 0.0
        self.worker = f"{socket.gethostname()}-{os.getpid()}"
        self._broken = False
        self._alone: int | None = None
        self._locks: list[BinaryIO] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        scheduler = cls(crawler)
        context(crawler).add(Scheduler, scheduler)
        context(crawler).add(Ledger, scheduler)
        context(crawler).add(records.Drift, records.Drift(crawler.settings["SC_API"]))
        crawler.signals.connect(scheduler.opened, signals.spider_opened)
        return scheduler

    def open(self, spider: Spider) -> Deferred[None] | None:
        self._spider: Any = spider
        if is_ours(spider):
            # Kept: Scrapy parses a callback's source once for as long as the method object lives, else each time.
            ours: Any = spider
            self._page, self._failed, self._ended = ours.parse, ours.errback, ours.ended
        return None

    def opened(self, spider: Spider) -> None:
        """The last to hear of it: whoever writes pages has begun, or has said why not."""
        told = getattr(spider, "refused", False) or (hasattr(self, "job") and self.job.finished)
        if not hasattr(self, "acknowledge") and not told:
            logger.error(
                "Nothing would write what is fetched: the extension sc_spiders.feeds.exporter.PageFeedExporter is off."
            )
            raise CloseSpider("bad_arguments")
        if hasattr(self, "job"):
            self._end_waiting(list(self.job.hydration.over.values()))

    def find(self) -> Job:
        """The job of this crawl, begun before or not. Raises ArgumentError where it cannot be begun or gone on with."""
        spider = self._spider
        if not is_ours(spider):
            self.job = Job({"spider": spider.name}, None)
            return self.job
        spec: CrawlSpec = spider.crawl_spec()
        self._free_from = spec.unordered_from
        self._one_by_one = spec.sequential
        folder = job_dir(self.crawler.settings)
        drift = context(self.crawler).get(records.Drift)
        self.job = Job(
            spec.identity, Path(folder) if folder else None, spec.defaults, spec.fingerprint, spec.seeds, drift
        )
        return self.job

    def claim(self, paths: Iterable[str]) -> None:
        """Keep these output files to this process. Raises OutputError where another one writes to them, OSError."""
        self._locks = [lock_output(path) for path in paths if self.job.stamp not in path]

    def close(self, reason: str) -> Deferred[None] | None:
        for lock in self._locks:
            lock.close()
        return None

    def begin(self, outputs: dict[str, int]) -> None:
        """Start, or go on, with these output files and their present lengths.

        Raises OutputError where the files are not as acknowledged, OSError or sqlite3.Error where writing fails.
        """
        if self.job.resumed:
            self.job.resume()
            logger.info("Going on with the crawl begun at %s.", self.job.started_at)
            self._wait_out(self.job.wait_until - time.time())
            return
        self.job.outputs = outputs
        self.job.begin()

    def _wait_out(self, seconds: float) -> None:
        """What is left of a wait that the API asked a former run for."""
        circuit = context(self.crawler).get(Circuit)
        if seconds > self.crawler.settings.getfloat("SC_MAX_WAIT"):
            logger.info("The API asked for a wait that is not over (%.0f s): one request tries whether it is.", seconds)
            circuit.open_for(0)
        elif seconds > 0:
            logger.info("The API asked for a wait that is not over: %.0f s.", seconds)
            circuit.open_for(seconds)

    @property
    def _at_hand(self) -> bool:
        """Whether there are requests here that are due some time."""
        return bool(self._ready or self._waiting or self._new)

    def has_pending_requests(self) -> bool:
        # Only what may be handed out counts: what waits for listings that are lost would keep the crawl from noticing.
        if not self._at_hand:
            self._new.extend(self._more())
        return self._at_hand

    def enqueue_request(self, request: Request) -> bool:
        listing = request.meta.get("listing")
        if listing is None:
            self._ready.append(request)
            return True
        self._asked.discard(listing.id)
        if not self._save(listing, RESTING):
            return False
        delay = request.meta.pop("delay", None)
        if delay is None:  # for a new credential, or a redirect
            self._ready.appendleft(request)
            return True
        request.meta["attempt"] = True
        if delay:
            heapq.heappush(self._waiting, (time.monotonic() + delay, next(self._serial), request))
            self.wake(delay)
        else:
            self._ready.append(request)
        return True

    def next_request(self) -> Request | None:
        try:
            return self._hand_out()
        except Exception:  # the engine would not ask again, and stand still
            self.give_up()
            return None

    def _hand_out(self) -> Request | None:
        if self._is_alone() or (self._rate and not self._allowed()):
            return None
        for _ in range(_ENDED):
            request = self._next()
            if request is None:
                return None
            listing = request.meta.get("listing")
            if listing is None:
                return request
            sys.audit("sc_spiders.hand_out.before", listing)
            if not (resolution := self._unwanted(listing)):
                if listing.losses >= SUSPICIOUS and not self._alone_with(listing):
                    self._ready.appendleft(request)
                    return None
                return self._reduced(listing) or request
            self.acknowledge(self._ended(listing, resolution))
        self.wake()
        return None

    def _reduced(self, listing: Listing) -> Request | None:
        """The request with fewer rows, where its page has failed often enough."""
        if listing.attempts < pagesize.AFTER or not (sizes := pagesize.reduce(listing, self.api)):
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
        return self._request(listing)

    def _alone_with(self, listing: Listing) -> bool:
        """Whether nothing else is out: what may have killed a process goes out alone, so that only it is to blame."""
        if self._in_progress():
            return False
        self._alone = listing.id
        return True

    def _is_alone(self) -> bool:
        if self._alone is not None and not self._in_progress():
            self._alone = None
        return self._alone is not None

    def _in_progress(self) -> int:
        return len(engine.in_flight(self.crawler))

    def _next(self) -> Request | None:
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
        self._unsent.add(listing.id)
        return self._request(listing)

    def _more(self) -> list[Listing]:
        """New listings to hand out."""
        if self._one_by_one and self._out:
            return []
        try:
            self.job.plant()
            if self.job.hydration.pooled and not self.job.store.levels:
                self.job.ask_for_stubs()
            new = self._pending(tried=False) or (self._pending(tried=True) if self._may_try else [])
        except sqlite3.Error as e:
            self._fail(e)
            return []
        self._at_last = self._at_last or any(listing.tried for listing in new)
        return new[:1] if self._one_by_one else new

    def _pending(self, *, tried: bool) -> list[Listing]:
        found = self.job.store.pending(_BATCH + len(self._unsent), self._free_from, tried=tried)
        return [listing for listing in found if listing.id not in self._unsent]

    @property
    def _may_try(self) -> bool:
        """Whether listings that a former run has tried in vain may go out: the others have all had their turn.

        Side by side, a few that are refused again would have the endpoint blocked before the others' second page.
        """
        return self._at_last or all(listing.tried for listing in self._out.values())

    def _save(self, listing: Listing, state: int) -> bool:
        """Remember a listing as it is now: attempts are counted across restarts."""
        try:
            self.job.store.save(listing, state)
        except sqlite3.Error as e:
            self._fail(e)
            return False
        return True

    def refusal(self, listing: Listing) -> Resolution | None:
        """How a listing ends whose page is not asked for (again); None where it is."""
        if resolution := self._unwanted(listing):
            return resolution
        if self._sendings(listing) >= attempts_of(listing, self._attempts):
            return Resolution(Action.FAIL, error=listing.error or "lost")
        return None

    def _unwanted(self, listing: Listing) -> Resolution | None:
        """The same, whatever happened to that page. Many end so at once, which need not wait for their turn."""
        if listing.endpoint in self.blocked:
            return Resolution(Action.FAIL, "blocked", "http_403")
        if self.job.hydration.division.is_too_long(listing):
            return Resolution(Action.FAIL, error=TOO_MANY)
        return None

    def _sendings(self, listing: Listing) -> int:
        """How often its present page was asked for."""
        return listing.attempts

    async def attempt(self, listing: Listing, *, again: bool) -> None:
        """A page is asked for now. `again`: for a new credential or a redirect, which is no further attempt."""
        self._unsent.discard(listing.id)
        self._asked.add(listing.id)
        if not again:
            listing.attempts += 1
        self._save(listing, LEASED)

    def heed(self, until: float) -> None:
        """Remember for later runs that the API asked to be left alone until then (seconds since 1970)."""
        try:
            self.job.heed(until)
        except sqlite3.Error as e:
            self._fail(e)

    def forgive(self, listing: Listing) -> None:
        """Take back an attempt that does not count."""
        listing.attempts = max(0, listing.attempts - 1)
        state = LEASED if listing.id in self._asked else RESTING
        self._save(listing, state)

    def first(self) -> Request:
        """The first page that the crawl begins with."""
        return self._request(self._spider.seeds()[0])

    def asking(self, listing: Listing) -> Request:
        """The request for a listing that is none of the job's."""
        return self._request(listing)

    @property
    def api(self) -> Api:
        """The API that is crawled."""
        api: Api = self._spider.api
        return api

    def _allowed(self) -> bool:
        moment = time.monotonic()
        if moment < self._next_at:
            return False
        if not (self._at_hand or self.job.store.levels):
            return True
        self._next_at = max(moment, self._next_at) + 1 / self._rate
        self.wake(1 / self._rate)
        return True

    def _fail(self, error: Exception) -> None:
        """End the crawl: the job directory cannot be written. The engine would only log the error and stand still."""
        assert self.crawler.engine
        if not self._broken:
            self._broken = True
            logger.error("The job directory cannot be written: %s. Make room and start the same command again.", error)
            engine.close(self.crawler, "disk")

    def give_up(self) -> None:
        """End the crawl for the exception that is being handled; its listings stay as they are acknowledged."""
        assert self.crawler.engine
        logger.exception("The crawl cannot go on; this is a fault of ours")
        if not self._broken:
            self._broken = True
            engine.close(self.crawler, "shutdown")

    def wake(self, seconds: float = 0) -> None:
        """Have the engine ask for requests then."""
        engine.wake(self.crawler, seconds)

    def _request(self, listing: Listing) -> Request:
        spider: Any = self._spider
        spec = listing.spec
        meta: dict[str, Any] = {"listing": listing, "handle_httpstatus_all": True, "attempt": True}
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
        over = self.job.commit(listing, added, outputs)
        if is_divided(listing):
            self._new.clear()  # its parts go before what was to be handed out next
        self._asked.discard(listing.id)
        self._unsent.discard(listing.id)
        if listing.ended or listing.waiting:
            self._out.pop(listing.id, None)
            if self._one_by_one or not self._out:
                self.wake()
        else:
            self._ready.append(self._request(listing))
        self._end_waiting(over)

    def _end_waiting(self, playlists: list[Listing]) -> None:
        """Have these end, for which all is there: by a page that goes the way of those of answers."""
        assert self.crawler.engine
        for playlist in playlists:
            self._out[playlist.id] = playlist
            request = self._request(playlist)
            request.meta["resolution"] = Resolution(Action.FAIL, *self.job.hydration.ending(playlist))
            done = self.crawler.engine.scraper.enqueue_scrape(Response(request.url), request)
            done.addBoth(lambda _: self.wake())  # the engine sees to that for downloads only, and else 5 s later

    @property
    def has_answered(self) -> bool:
        """Whether a former run, or another worker maybe, has had an answer."""
        return self.job.answered

    @property
    def levels(self) -> Mapping[int, int]:
        """How many listings of each level have not ended."""
        return self.job.store.levels

    @property
    def queued(self) -> int:
        """Listings that wait for their turn."""
        return max(0, sum(self.levels.values()) + self.job.planting.left - len(self._out))

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
