"""Carries out the resolutions of `sc_spiders.api.responses` on responses and failed downloads.

The spider decodes a good response right before it reads the page, and then tells the middleware how that went. If this
middleware decoded the response, the data would leave the processor's cache before the spider reads it. Reading would
then take half as long again.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from scrapy.exceptions import DownloadCancelledError

from sc_spiders import engine
from sc_spiders.api.hosts import Hosts
from sc_spiders.api.responses import BLOCKS_IN_A_ROW, Action, Resolution, wait_for
from sc_spiders.context import context
from sc_spiders.downloader.circuit import Circuit
from sc_spiders.downloader.compression import BROKEN, TOO_LARGE
from sc_spiders.downloader.ledger import Ledger
from sc_spiders.downloader.probe import HealthProbe, resolution_of
from sc_spiders.downloader.redirect import follow
from sc_spiders.failures import SCARCE, failure, is_odd
from sc_spiders.pages.batches import attempts_of
from sc_spiders.pages.listing import Listing
from sc_spiders.redaction.known import Secrets

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


logger = logging.getLogger(__name__)

_TOO_LARGE = frozenset({TOO_LARGE, "download_stopped"})  # flags
_UNTOLD = 2  # failures of a page that are not logged at INFO


def resolution_on(exception: Exception) -> Resolution | None:
    """What to do after a failed download; None if the exception itself ends the listing."""
    if isinstance(exception, DownloadCancelledError):
        return Resolution(Action.FAIL, error="too_large")
    word = failure(exception)
    if word is None:
        return None
    if word == "certificate":
        return Resolution(Action.FAIL, error=word)
    if word in SCARCE:
        return Resolution(Action.RATE_LIMITED, error=word)
    return Resolution(Action.RETRY, error=word)


class RetryMiddleware:
    """Retries, opens the circuit, counts blocks.

    `meta["resolution"]` gives the spider the resolution that ends a listing. `meta["delay"]` of a retry is the wait in
    seconds.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.hosts = Hosts.from_settings(crawler.settings)
        self.attempts = crawler.settings.getint("SC_ATTEMPTS")
        self.circuit = Circuit(lambda: engine.is_closing(crawler), lambda until: self._ledger.remember_wait(until))
        self.health = HealthProbe(crawler, self.circuit)
        self._secrets = context(crawler).get_or_make(Secrets)
        self._blocks: Counter[str] = Counter()
        self._odd: set[type[Exception]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        context(crawler).add(Circuit, middleware.circuit)
        context(crawler).add(HealthProbe, middleware.health)
        return middleware

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        listing = request.meta.get("listing")
        if listing is None:
            return response
        resolution = self._resolution(listing, response)
        if resolution is None:
            return response
        return self.carry_out(request, resolution) or response

    def _resolution(self, listing: Listing, response: Response) -> Resolution | None:
        """What to do with a response; None if the spider must read its body first."""
        if not 200 <= response.status < 300:
            return resolution_of(listing, response, self._secrets.redact)
        if not _TOO_LARGE.isdisjoint(response.flags):
            return Resolution(Action.FAIL, error="too_large")
        if BROKEN in response.flags:
            return Resolution(Action.RETRY, error="cut")
        return None

    def accept(self, request: Request, endpoint: str) -> None:
        """A page came. `endpoint`: that of the request, because the page may change the listing's endpoint."""
        listing = request.meta["listing"]
        if self.health.has_failed or not self.circuit.is_closed:
            self.health.success()
        if listing.spec.host == "api" and (listing.pages <= 1 or endpoint not in self._blocks):  # a list's first page
            self.health.good.keep(request, endpoint)
        self._blocks[endpoint] = 0

    def carry_out(self, request: Request, resolution: Resolution) -> Request | None:
        """The request to send next; or None if the listing ends. Then `meta` has the resolution that ends it."""
        listing = request.meta["listing"]
        if resolution.action in (Action.RETRY, Action.RATE_LIMITED):
            again = self._try_again(request, listing, resolution)
            self.circuit.failure(listing)  # called last: if the circuit was opened, the next request waits
            return again
        self.health.success()
        self._count(resolution)
        if resolution.action is Action.FOLLOW:
            further = follow(self.hosts, request, listing, resolution.location or "")
            if not isinstance(further, Resolution):
                return further
            resolution = further
        if resolution.action is Action.BLOCK and not self._is_blocked(listing):
            return self._again_later(request, listing, resolution)
        self._tell_remark(listing, resolution)
        request.meta["resolution"] = resolution
        return None

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        listing = request.meta.get("listing")
        if listing is None:
            return None
        resolution = self._resolution_on_failure(listing, exception)
        if resolution is None:
            return None
        return self.carry_out(request, resolution)

    def _resolution_on_failure(self, listing: Listing, exception: Exception) -> Resolution | None:
        """What to do after a failed download; None if the spider gets the exception itself."""
        resolution = resolution_on(exception)
        if resolution and is_odd(resolution.error or ""):
            self._tell_of(exception, listing)
        if resolution and resolution.error in SCARCE:
            self._ledger.forgive(listing)  # nothing was sent
        return resolution

    def _tell_of(self, exception: Exception, listing: Listing) -> None:
        """Log an exception that we have no error code for, once for each type."""
        if type(exception) not in self._odd:
            self._odd.add(type(exception))
            logger.warning(
                "%s: the request could not be sent: %s: %s", listing.name, type(exception).__name__, exception
            )

    def _tell_remark(self, listing: Listing, resolution: Resolution) -> None:
        """Log the API's message about a next page that it refuses. No record has it."""
        if resolution.remark:
            which = f"attempt {listing.attempts} of {attempts_of(listing, self.attempts)}"
            word = resolution.error or resolution.ended
            logger.info("%s: %s: %s, %s", listing.name, word, resolution.remark, which)

    def _count(self, resolution: Resolution) -> None:
        assert self.crawler.stats
        self.crawler.stats.inc_value(f"faults/{resolution.error or resolution.ended}")

    def _try_again(self, request: Request, listing: Listing, resolution: Resolution) -> Request | None:
        """Retry after a wait. Sometimes all requests have to wait.

        If the API may be down, the last attempt does not end the listing. The request waits for the probe. If the API
        is down, the attempt is taken back; otherwise the handler ends the listing.
        """
        self._count(resolution)
        listing.error = resolution.error
        if again := self._again_uncounted(request, listing, resolution):
            return again
        last = listing.attempts >= attempts_of(listing, self.attempts)
        if last:
            self._tell_remark(listing, resolution)
        doubted = self.health.doubts(listing, resolution, last=last)
        wait, shared = self._pause(listing, resolution, doubted=doubted)
        if shared:
            self.circuit.open_for(wait, asked=bool(resolution.wait))
        if doubted:
            self.health.find_out()
        elif last:
            request.meta["resolution"] = resolution
            return None
        if last:  # the handler makes it wait for the probe
            return _again(request)
        if not self.health.leaving:
            self._tell(listing, wait, told=shared or listing.attempts > _UNTOLD)
        if shared:  # the handler makes it wait
            return _again(request)
        return _again(request, wait)

    def _again_uncounted(self, request: Request, listing: Listing, resolution: Resolution) -> Request | None:
        """A retry that does not count as an attempt; None if the attempt counts.

        It does not if no server has answered yet, or if the API asks for so long a wait that the crawl ends.
        """
        if self.health.is_unheard(resolution):
            self._ledger.forgive(listing)
            self.health.try_again(request, resolution)
            return _again(request)
        wait = resolution.wait or 0.0
        if wait > self.health.max_wait:
            return self._come_back(request, listing, wait)
        return None

    def _pause(self, listing: Listing, resolution: Resolution, *, doubted: bool) -> tuple[float, bool]:
        """Seconds until the retry, and whether all requests wait that long."""
        if doubted and not self.health.can_tell:
            self.health.forgive()
            return self.health.wait(resolution, self.circuit.waits + 1), True
        if resolution.action is Action.RATE_LIMITED or resolution.wait:
            return self._wait(resolution, max(listing.attempts, self.circuit.waits)), True
        return self._wait(resolution, listing.attempts), False

    def _come_back(self, request: Request, listing: Listing, wait: float) -> Request:
        """End the crawl, because the wait is too long.

        The attempt does not count: a restart before the end of the wait must not cost one.
        """
        listing.attempts -= 1
        self.circuit.open_for(wait, asked=True)
        at = (datetime.now(UTC) + timedelta(seconds=wait)).strftime("%Y-%m-%d %H:%M:%S UTC")
        self.health.leave(
            f"The API asks for a wait of {wait:.0f} s, more than SC_MAX_WAIT ({self.health.max_wait:.0f} s). "
            f"Start the same command again after {at}."
        )
        return _again(request)

    def _again_later(self, request: Request, listing: Listing, resolution: Resolution) -> Request | None:
        """Retry after a wait of our own, if the listing has attempts left."""
        listing.error = resolution.error
        if listing.attempts >= self.attempts:
            request.meta["resolution"] = resolution
            return None
        wait = self._wait(resolution, listing.attempts)
        self._tell(listing, wait, told=listing.attempts > _UNTOLD)
        return _again(request, wait)

    def _wait(self, resolution: Resolution, failures: int) -> float:
        """Seconds to wait: at most SC_MAX_WAIT, because a wait of our own must not end the crawl."""
        return min(wait_for(resolution.wait, failures, self.health.first_wait), self.health.max_wait)

    def _tell(self, listing: Listing, wait: float, *, told: bool) -> None:
        """Log a wait. `told`: at INFO, otherwise at DEBUG."""
        level = logging.INFO if told else logging.DEBUG
        if wait >= 60:
            level = logging.WARNING
        if self.health.down:
            logger.log(
                level,
                "%s: %s; nothing is answered; one request tries again in %.0f s",
                listing.name,
                listing.error,
                wait,
            )
            return
        logger.log(
            level,
            "%s: %s, attempt %d of %d; again in %.0f s",
            listing.name,
            listing.error,
            listing.attempts,
            attempts_of(listing, self.attempts),
            wait,
        )

    def _is_blocked(self, listing: Listing) -> bool:
        """Count a 403 of the bot protection. The third in a row blocks the endpoint for the rest of this run."""
        blocked = self._ledger.blocked
        self._blocks[listing.endpoint] += 1
        if self._blocks[listing.endpoint] >= BLOCKS_IN_A_ROW and listing.endpoint not in blocked:
            blocked.add(listing.endpoint)
            logger.warning(
                "%s is blocked by bot protection (403, %d in a row): %s",
                listing.endpoint,
                BLOCKS_IN_A_ROW,
                self._ledger.blocked_means,
            )
        return listing.endpoint in blocked

    @property
    def _ledger(self) -> Ledger:
        return context(self.crawler).get(Ledger)


def _again(request: Request, delay: float = 0.0) -> Request:
    return request.replace(meta={**request.meta, "delay": delay})
