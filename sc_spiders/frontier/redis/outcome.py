"""The status of a shared crawl from Redis's counts, and how Redis is told that a listing ended."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sc_spiders.frontier.base import CrawlStatus
from sc_spiders.frontier.endings import CAME, all_refused, is_bad, shortfall
from sc_spiders.pages.batches import is_divided
from sc_spiders.pages.listing import LISTED, Listing, is_listed

BEHIND = "behind:"  # prefix of `CrawlStatus.behind`'s names in the crawl's totals
_TOLD = "told"  # in a listing's extra: Redis has already counted it among the crawl's lists
NAMED = "named"  # there, too: the text under which the crawl names the listing among those that are not complete


class Outcome:
    """`finished`: the crawl's finish_reason, "" while it runs. `is_bad`: the data set lacks something."""

    def __init__(self) -> None:
        self.finished = ""
        self.is_bad = False

    def conclude(
        self, status: CrawlStatus, finished: str, totals: Counter[str], named: list[str] | None = None
    ) -> None:
        """Update `status`. `named`: names of incomplete listings, if known."""
        self.finished = finished
        status.answered = totals["pages"] > 0
        status.listings = Counter(
            {name.removeprefix("ended:"): count for name, count in totals.items() if name.startswith("ended:")}
        )
        anything = totals[CAME] > 0 or status.listings["complete"] > 0
        self.is_bad = totals["bad"] > 0 or all_refused(status.listings, anything=anything)
        status.crawl_counts = {LISTED: totals["lists"]}
        status.behind = Counter({name: totals[f"{BEHIND}{name}"] for name in ("lists", "rows")})
        if named is not None:
            status.named = named


def ending(listing: Listing) -> dict[str, Any]:
    """How a listing ended, as arguments of its acknowledgement. A listing that was tried again is not counted twice."""
    if is_divided(listing):  # other listings replace it
        return {"listed": False}
    details: dict[str, Any] = {"listed": _is_listed(listing) and not listing.extra.get(_TOLD)}
    if listing.complete:
        if listing.is_list:
            details["ended"] = "complete"
        return details
    how, words = shortfall(listing)
    return details | {"ended": how, "name": words, "bad": is_bad(listing)}


def to_be_tried_again(listing: Listing, before: Listing | None) -> Listing:
    """The state in which a listing is parked. `before`: the listing before its page, if it has only one page."""
    name = shortfall(listing)[1]
    state = before or listing
    state.end(listing.ended or "", listing.error)
    state.attempts = listing.attempts
    state.extra[_TOLD] = bool(listing.extra.get(_TOLD)) or _is_listed(listing)
    state.extra[NAMED] = name
    return state


def _is_listed(listing: Listing) -> bool:
    """Whether its record counts among the crawl's lists."""
    return (listing.is_list or not listing.complete) and is_listed(listing.endpoint, listing.pages)
