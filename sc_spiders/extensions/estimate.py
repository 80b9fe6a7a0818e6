"""How many pages there will be, as far as the API has announced it."""

from __future__ import annotations

from math import ceil

from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page


class Estimate:
    """Adds up pages that came and pages that are to be expected; a listing without an announcement counts as one page.

    What is announced is often a little off, and listings that are not found yet are not in it: an estimate.
    """

    def __init__(self, api: str, page_size: int | None) -> None:
        self.api = api
        self.page_size = page_size
        self.came = 0
        self.ahead = 0
        self.announced = False
        self._open: dict[int, int] = {}

    def expect(self, listing: Listing) -> None:
        """A listing that is known and not ended."""
        if listing.pages:
            self._keep(listing)
        else:
            self.ahead += self._first(listing)

    def add(self, page: Page) -> None:
        """A page that came, and the listings that it led to."""
        listing = page.listing
        self.came += 1
        for found in page.follow:
            self.ahead += self._first(found)
        before = self._open.pop(listing.id, None)
        self.ahead -= self._first(listing) if before is None else before
        if not listing.ended:
            self._keep(listing)

    @property
    def left(self) -> int:
        """Pages still to be expected."""
        return max(0, self.ahead)

    @property
    def share(self) -> float | None:
        """How much of it has come, 0 to 1; None where nothing was announced."""
        if not (self.announced and self.came):
            return None
        return self.came / (self.came + self.left)

    def _keep(self, listing: Listing) -> None:
        rest = self._open[listing.id] = self._rest(listing)
        self.ahead += rest

    def _first(self, listing: Listing) -> int:
        """Pages to expect of a listing that has not begun, by what was known of it then."""
        if listing.announced is None or "tracks" in listing.extra or listing.relation == "finds":
            return 1  # these announce themselves on their first page
        self.announced = True
        return max(1, ceil(_wanted(listing) / min(self.page_size or 200, listing.spec.size[self.api])))

    def _rest(self, listing: Listing) -> int:
        """Pages to expect of a listing that has begun, by how much its pages gave so far."""
        if listing.announced is None:
            return 1
        self.announced = True
        return max(1, ceil((_wanted(listing) - listing.rows) * listing.pages / max(listing.rows, 1)))


def _wanted(listing: Listing) -> int:
    announced = listing.announced or 0
    if not listing.limit:
        return announced
    return min(announced, listing.limit)
