"""The protocol through which the downloader talks to the scheduler: about attempts, waits and blocked endpoints."""

from __future__ import annotations

from typing import Protocol

from scrapy import Request

from sc_spiders.api import Api
from sc_spiders.api.responses import Resolution
from sc_spiders.pages.listing import Listing


class Ledger(Protocol):
    """What the scheduler does for the downloader. `blocked`: endpoints that get no more requests in this run."""

    @property
    def blocked(self) -> set[str]: ...

    @property
    def api(self) -> Api: ...

    @property
    def blocked_means(self) -> str:
        """A text for the log: what happens to listings of a blocked endpoint."""

    @property
    def has_answered(self) -> bool:
        """Whether an earlier run or another worker got an answer from the API."""

    def remember_wait(self, until: float) -> None:
        """Store for later runs that the API asked for a wait until then (seconds since 1970)."""

    def refusal(self, listing: Listing) -> Resolution | None:
        """How the listing ends if its page must not be requested (again); None if it may be requested."""

    async def attempt(self, listing: Listing, *, again: bool) -> None:
        """Store that this page is requested now.

        `again`: it is sent again with a new credential or after a redirect. That does not count as an attempt.
        """

    async def turn(self) -> None:
        """Wait until a request may be sent (SC_RATE). Raises IgnoreRequest if the crawl ends first."""

    def forgive(self, listing: Listing) -> None:
        """Take back an attempt that does not count."""

    def give_up(self, error: Exception) -> None:
        """End the crawl because of a bug of ours."""

    def first(self) -> Request:
        """The first page that the crawl begins with."""

    def asking(self, listing: Listing) -> Request:
        """A request for a listing's page that is not part of the crawl."""
