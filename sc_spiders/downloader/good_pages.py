"""What is asked for to see whether anything is answered: something else than what has failed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, cast

from sc_spiders.api import CATALOGUE
from sc_spiders.pages.listing import Listing, first_page

if TYPE_CHECKING:
    from scrapy import Request

    from sc_spiders.downloader.ledger import Ledger

_SOMEBODY = "https://soundcloud.com/soundcloud"  # whether there is one is no matter: that it is not is an answer, too


class GoodPages:
    """Knows pages of this run that were answered well: of each endpoint the last, and the last of another list."""

    def __init__(self) -> None:
        self._good: dict[str, Request] = {}
        self._others: dict[str, Request] = {}

    def __bool__(self) -> bool:
        """Whether the API has answered anything well in this run."""
        return bool(self._good)

    def keep(self, request: Request) -> None:
        """That page was answered well."""
        listing = request.meta["listing"]
        before = self._good.get(listing.endpoint)
        if before is not None and before.meta["listing"] is not listing:
            self._others[listing.endpoint] = before
        self._good[listing.endpoint] = request

    def choose(self, ledger: Ledger, failing: Collection[Listing], turn: int) -> Request:
        """What to ask for the `turn`-th time in a row (from 0): not always the same, for it may be broken, too.

        First pages of endpoints of which nothing has failed, then of lists that have not; where none is left,
        something of no list, and only then what the failing lists have had themselves.
        """
        lists, endpoints = {_name(one) for one in failing}, {one.endpoint for one in failing}
        known = [*self._good.values(), *self._others.values(), ledger.first()]
        own = [one for one in known if _name(_of(one)) in lists]
        others = [one for one in known if _name(_of(one)) not in lists]
        others.sort(key=lambda one: _of(one).endpoint in endpoints)
        offered = [*others, *self._something_else(ledger), *own]
        return offered[turn % len(offered)]

    def _something_else(self, ledger: Ledger) -> Iterator[Request]:
        url, kept = first_page(CATALOGUE["resolve"], ledger.api, query={"url": _SOMEBODY})
        yield ledger.asking(Listing("resolve", None, url, kept))


def _of(request: Request) -> Listing:
    return cast("Listing", request.meta["listing"])


def _name(listing: Listing) -> tuple[str, str | None, str | None]:
    return listing.endpoint, listing.subject, listing.seed
