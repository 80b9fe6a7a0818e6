"""The state of a crawl at one moment, read from existing counters."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from sc_spiders import engine
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.privacy import shown_arguments
from sc_spiders.context import context
from sc_spiders.downloader.circuit import Circuit
from sc_spiders.downloader.probe import HealthProbe
from sc_spiders.extensions.estimate import Estimate, seconds_a_request
from sc_spiders.frontier.scheduler import Scheduler
from sc_spiders.frontier.troubles import NAMED, Wait, faults, first_waits, shown_name
from sc_spiders.pages.listing import Listing

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


_WINDOW = 30.0  # seconds; a rate is the mean of so many
# Kinds of records that are written at the end: they do not show progress.
_UNTOLD = frozenset({"crawl", "listing"})
_AS_ASKED = frozenset({"complete", "limit"})
# Arguments that tell the subject of a crawl without seeds.
_TOLD = ("q", "kind", "genre", "tag", "url", "path")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a crawl. Times are in seconds. `share` (0 to 1) and `left` are estimates; None without one.

    `growing`: the crawl will find more listings. `walking`: some listings that are walked, the newest first. `waiting`:
    number of requests that wait for a retry; `soonest`: time until the first of them; `waits`: the first of them.
    `held`: time until any request is sent again; `unanswered`: because nothing is answered. `faults`: failures of this
    run by what they were. `closing`: the crawl is ending. `doing`: what it does besides walking lists.
    """

    spider: str
    subject: str
    api: str
    elapsed: float
    pages: int
    rate: float
    records: Mapping[str, int]
    complete: int
    short: Mapping[str, int]
    queue: int
    walking: tuple[str, ...]
    waiting: int
    soonest: float
    waits: tuple[Wait, ...]
    held: float
    unanswered: bool
    faults: Mapping[str, int]
    blocked: tuple[str, ...]
    share: float | None
    left: float | None
    growing: bool
    closing: bool
    doing: str = ""


class Reader:
    """Reads snapshots of one crawl. It is cheap enough for several reads a second."""

    def __init__(self, crawler: Crawler, estimate: Estimate) -> None:
        self.crawler = crawler
        self.estimate = estimate
        self.began = time.monotonic()
        self._pages: deque[tuple[float, int]] = deque([(self.began, 0)])
        self._free_rate = 0.0  # pages a second, before a wait
        self._pace = seconds_a_request(crawler.settings)  # the first pages may come faster than the rate allows

    @property
    def scheduler(self) -> Scheduler:
        return context(self.crawler).get(Scheduler)

    def read(self) -> Snapshot:
        spider = self.crawler.spider
        assert isinstance(spider, ApiSpider)
        scheduler, moment = self.scheduler, time.monotonic()
        status = scheduler.frontier.status
        pages = self._stat("pages")
        rate = self._rate(moment, pages)
        waits = scheduler.queue.times
        held = max(0.0, context(self.crawler).get(Circuit).until - moment)
        return Snapshot(
            spider=spider.name,
            subject=_shortened(about(spider)),
            api=spider.api,
            elapsed=moment - self.began,
            pages=pages,
            rate=rate,
            records={kind: count for kind, count in sorted(status.counts.items()) if kind not in _UNTOLD},
            complete=status.listings["complete"],
            short={
                ended: count for ended, count in sorted(status.listings.items()) if ended not in _AS_ASKED and count
            },
            queue=max(0, sum(scheduler.frontier.levels.values()) - len(scheduler.queue.out)),
            walking=self._walking(),
            waiting=len(waits),
            soonest=max(held, min(waits, default=moment) - moment),
            waits=tuple(first_waits(self.crawler, held)),
            held=held,
            unanswered=context(self.crawler).get(HealthProbe).down,
            faults=faults(self.crawler),
            blocked=tuple(sorted(scheduler.frontier.blocked)),
            share=None if spider.doing else self.estimate.share,  # then it no longer walks lists
            left=self._seconds_left(held, rate),
            growing=any(level < spider.unordered_from for level in scheduler.frontier.levels),
            closing=engine.is_closing(self.crawler),
            doing=spider.doing,
        )

    def _seconds_left(self, held: float, rate: float) -> float | None:
        """Seconds until the end; None if nothing was announced, or no page came recently."""
        if not held:
            self._free_rate = rate
        if self.estimate.share is None or not self._free_rate:
            return None
        return held + self.estimate.left * max(1 / self._free_rate, self._pace)

    def _rate(self, moment: float, pages: int) -> float:
        """Pages a second, over the last _WINDOW seconds."""
        samples = self._pages
        if moment - samples[-1][0] >= 1:
            samples.append((moment, pages))
        while len(samples) > 2 and moment - samples[0][0] > _WINDOW:
            samples.popleft()
        since, before = samples[0]
        return (pages - before) / max(moment - since, 0.1)

    def _walking(self) -> tuple[str, ...]:
        """The newest of the listings that are walked, without those that wait."""
        queue = self.scheduler.queue
        waiting = {request.meta["listing"].id for _, _, request in queue.waiting}
        at_hand = (listing for listing in reversed(queue.out.values()) if listing.id not in waiting)
        return tuple(self._named(listing) for listing in islice(at_hand, NAMED))

    def _named(self, listing: Listing) -> str:
        """A listing's name and its progress."""
        name = shown_name(self.crawler, listing)
        if not listing.pages:
            return name
        if not listing.announced:
            return f"{name} ({listing.fetched:,})"
        return f"{name} ({listing.fetched:,} of {listing.announced:,})"

    def _stat(self, name: str) -> int:
        if not self.crawler.stats:
            return 0
        count: int = self.crawler.stats.get_value(name, 0)
        return count


def _shortened(subject: str) -> str:
    if len(subject) <= 60:
        return subject
    return f"{subject[:57]}..."


def about(spider: ApiSpider) -> str:
    """The subject of the crawl: its seeds, or the arguments that stand for them."""
    told: tuple[str, ...] = _TOLD
    if spider.subject:
        told = (spider.subject,)
    given = shown_arguments(spider, spider.given, in_doubt=True)
    values = (given.get(name) or spider.defaults.get(name, "") for name in told)
    return " ".join(filter(None, values))
