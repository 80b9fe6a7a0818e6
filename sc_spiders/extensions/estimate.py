"""Estimates the number of pages, by what the API has announced."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def seconds_a_request(settings: BaseSettings) -> float:
    """The least mean time between two requests of a crawl of this process. 0 if nothing slows it down."""
    rate = settings.getfloat("SC_RATE")
    return max(settings.getfloat("DOWNLOAD_DELAY"), 1 / rate if rate else 0)


class Estimate:
    """Counts pages that came and pages to expect. A listing without an announced number counts as one page.

    `came`: pages that earlier runs got.

    It is an estimate: announced numbers are often a little off, and listings that are not found yet are missing.
    """

    def __init__(self, api: str, page_size: int | None, came: int = 0) -> None:
        self.api = api
        self.page_size = page_size
        self.came = came
        self.ahead = 0
        self.announced = False
        self._open: dict[int, int] = {}

    def expect(self, listing: Listing) -> None:
        """Add a listing that has not ended."""
        if listing.pages:
            self._keep(listing)
        else:
            self.ahead += self.first(listing)

    def add(self, page: Page) -> None:
        """Count a page, and the listings that it led to."""
        listing = page.listing
        self.came += 1
        for found in page.follow:
            self.ahead += self.first(found)
        before = self._open.pop(listing.id, None)
        if before is None:
            before = self.first(listing)
        self.ahead -= before
        if not listing.ended:
            self._keep(listing)

    @property
    def left(self) -> int:
        """Pages to come."""
        return max(0, self.ahead)

    @property
    def share(self) -> float | None:
        """The share of pages that came, 0 to 1; None if nothing was announced."""
        if not (self.announced and self.came):
            return None
        return self.came / (self.came + self.left)

    def _keep(self, listing: Listing) -> None:
        rest = self._open[listing.id] = self.rest(listing)
        self.ahead += rest

    def first(self, listing: Listing) -> int:
        """Pages of a listing before its first page."""
        if listing.announced is None or "tracks" in listing.extra or listing.relation == "finds":
            return 1  # their first page announces their number
        self.announced = True
        return max(1, ceil(wanted(listing) / min(self.page_size or 200, listing.spec.size[self.api])))

    def rest(self, listing: Listing) -> int:
        """Pages to come of a listing, by the rows of its pages so far."""
        if listing.announced is None:
            return 1
        self.announced = True
        return max(1, ceil((wanted(listing) - listing.rows) * listing.pages / max(listing.rows, 1)))


def wanted(listing: Listing) -> int:
    """The number of rows that are wanted of those that were announced."""
    announced = listing.announced or 0
    if not listing.limit:
        return announced
    return min(announced, listing.limit)
