"""What hinders a crawl at this moment: failures, and listings that wait for a retry."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from sc_spiders.context import context
from sc_spiders.downloader.circuit import Circuit
from sc_spiders.frontier.requests import RequestQueue
from sc_spiders.pages.listing import Listing
from sc_spiders.records import Pseudonyms
from sc_spiders.records.words import clock

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

NAMED = 3
"""How many waits are named. A display has no room for more."""
_FAULTS = "faults/"  # and what it was: the name of a stat


@dataclass(frozen=True, slots=True)
class Wait:
    """A listing that is requested again in `seconds`. `error`: the last failure. `attempt`: the number of the next."""

    name: str
    error: str
    attempt: int
    seconds: float

    @property
    def words(self) -> str:
        """`in 0:00:04, attempt 3 after http_503: likes of forss`. The name is last: a narrow terminal cuts the end."""
        when = "now"
        if round(self.seconds):
            when = f"in {clock(self.seconds)}"
        return f"{when}, attempt {self.attempt} after {self.error}: {self.name}"


def troubles(crawler: Crawler) -> dict[str, Any]:
    """What `status` shows of a worker: `held` (seconds until any request is sent), `waits`, `faults`."""
    held = max(0.0, context(crawler).get(Circuit).until - time.monotonic())
    waits = [asdict(wait) for wait in first_waits(crawler, held)]
    return {"held": held, "waits": waits, "faults": faults(crawler)}


def first_waits(crawler: Crawler, held: float) -> list[Wait]:
    """The waits of a crawl that will be over first. `held`: seconds until any request is sent."""
    moment = time.monotonic()
    first = nsmallest(NAMED, context(crawler).get(RequestQueue).waiting)
    listings = [(at, request.meta["listing"]) for at, _, request in first]
    return [
        Wait(shown_name(crawler, one), one.error or "", one.attempts + 1, max(held, at - moment))
        for at, one in listings
    ]


def shown_name(crawler: Crawler, listing: Listing) -> str:
    """A listing's name, as it may be shown."""
    if pseudonyms := context(crawler).find(Pseudonyms):
        return pseudonyms.line(listing.name)
    return listing.name


def faults(crawler: Crawler) -> dict[str, int]:
    """The number of failed requests of this run by kind of failure, the most frequent first."""
    assert crawler.stats
    counts = {name: count for name, count in crawler.stats.get_stats().items() if name.startswith(_FAULTS)}
    return {name.removeprefix(_FAULTS): counts[name] for name in sorted(counts, key=lambda one: -counts[one])}
