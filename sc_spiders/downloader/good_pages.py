"""Chooses the page that the health probe requests: if possible, not one of a list that failed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, cast

from sc_spiders.api import CATALOGUE
from sc_spiders.pages.listing import Listing, first_page

if TYPE_CHECKING:
    from scrapy import Request

    from sc_spiders.downloader.ledger import Ledger

_SOMEBODY = "https://soundcloud.com/soundcloud"  # if that user is gone, the API answers 404: that will do


class GoodPages:
    """Keeps two answered pages of each endpoint in this run: the last one, and the last one of another list."""

    def __init__(self) -> None:
        self._good: dict[str, Request] = {}
        self._others: dict[str, Request] = {}

    def __bool__(self) -> bool:
        """Whether the API has sent a page in this run."""
        return bool(self._good)

    def keep(self, request: Request, endpoint: str) -> None:
        """Remember a page that was answered."""
        listing = request.meta["listing"]
        before = self._good.get(endpoint)
        if before is not None and before.meta["listing"] is not listing:
            self._others[endpoint] = before
        self._good[endpoint] = request

    def choose(self, ledger: Ledger, failing: Collection[Listing], turn: int) -> Request:
        """The page to request after `turn` pages failed: another one each time, because the page itself may be broken.

        The order: pages of endpoints without a failure, pages of lists without a failure, a page outside of all lists,
        pages of the failing lists.
        """
        lists = {_name(one) for one in failing}
        endpoints = {one.endpoint for one in failing}
        known = [*self._good.values(), *self._others.values(), ledger.first()]
        own = [one for one in known if _name(_of(one)) in lists]
        others = [one for one in known if _name(_of(one)) not in lists]
        others.sort(key=lambda one: _of(one).endpoint in endpoints)
        pages = [*others, *self._outside_of_lists(ledger), *own]
        return pages[turn % len(pages)]

    def _outside_of_lists(self, ledger: Ledger) -> Iterator[Request]:
        url, kept = first_page(CATALOGUE["resolve"], ledger.api, query={"url": _SOMEBODY})
        yield ledger.asking(Listing("resolve", None, url, kept))


def _of(request: Request) -> Listing:
    return cast("Listing", request.meta["listing"])


def _name(listing: Listing) -> tuple[str, str | None, str | None]:
    return listing.endpoint, listing.subject, listing.seed
