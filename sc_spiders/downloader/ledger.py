"""What the scheduler lets the answers of the API change: what waits, and what was counted."""

from __future__ import annotations

from typing import Protocol

from scrapy import Request

from sc_spiders.api import Api
from sc_spiders.downloader.circuit import Gate
from sc_spiders.pages.listing import Listing


class Ledger(Protocol):
    """The scheduler, as the downloader knows it."""

    gate: Gate
    blocked: set[str]

    @property
    def api(self) -> Api: ...

    @property
    def blocked_means(self) -> str:
        """What becomes of listings whose endpoint is blocked, in words."""

    @property
    def has_answered(self) -> bool:
        """Whether a former run, or another worker maybe, has had an answer."""

    def hold(self, seconds: float, *, asked: bool = False) -> None:
        """Hand nothing out for that long. `asked`: by the API; a later run heeds that too."""

    def answered(self) -> None:
        """An answer came, and none that asks to be left alone or to be asked again."""

    def forgive(self, listing: Listing) -> None:
        """An attempt that does not count."""

    def first(self) -> Request:
        """The first page that the crawl begins with."""

    def asking(self, listing: Listing) -> Request:
        """The request for a listing's page, beside the crawl's own."""

    def wake(self, seconds: float = 0) -> None:
        """Have the engine ask for requests then."""
