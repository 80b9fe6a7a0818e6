"""What the downloader lets the scheduler know, and asks it: attempts, and listings that end without being asked for."""

from __future__ import annotations

from typing import Protocol

from scrapy import Request

from sc_spiders.api import Api
from sc_spiders.api.responses import Resolution
from sc_spiders.pages.listing import Listing


class Ledger(Protocol):
    """The scheduler, as the downloader knows it. `blocked`: endpoints that are not asked any more in this run."""

    @property
    def blocked(self) -> set[str]: ...

    @property
    def api(self) -> Api: ...

    @property
    def blocked_means(self) -> str:
        """What becomes of listings whose endpoint is blocked, in words."""

    @property
    def has_answered(self) -> bool:
        """Whether a former run, or another worker maybe, has had an answer."""

    def heed(self, until: float) -> None:
        """Remember for later runs that the API asked to be left alone until then (seconds since 1970)."""

    def refusal(self, listing: Listing) -> Resolution | None:
        """How a listing ends whose page is not asked for (again); None where it is."""

    async def attempt(self, listing: Listing, *, again: bool) -> None:
        """Return once it is stored that this page is asked for now.

        `again`: for a new credential or a redirect, which is no further attempt.
        """

    async def turn(self) -> None:
        """Return when a request may be sent (SC_RATE). Raises IgnoreRequest where the crawl ends before."""

    def forgive(self, listing: Listing) -> None:
        """Take back an attempt that does not count."""

    def give_up(self, error: Exception) -> None:
        """End the crawl for an error that is a fault of ours."""

    def first(self) -> Request:
        """The first page that the crawl begins with."""

    def asking(self, listing: Listing) -> Request:
        """The request for a listing's page, beside the crawl's own."""
