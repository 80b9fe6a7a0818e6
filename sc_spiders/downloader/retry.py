"""Carries out the resolutions of `sc_spiders.api.responses` on answers and failed downloads.

What a good answer holds is looked at where it is walked (`FaultsMiddleware.read`): a page that is decoded here and
walked some turns of the event loop later has left the processor's cache by then, and takes half as long again.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import DownloadCancelledError, StopDownload

from sc_spiders import engine
from sc_spiders.api.hosts import Hosts
from sc_spiders.api.responses import BLOCKS_IN_A_ROW, REDIRECTS, WAIT, Action, Resolution, wait_for
from sc_spiders.context import context
from sc_spiders.downloader.compression import BROKEN, TOO_LARGE
from sc_spiders.downloader.health import SAID_SOMETHING, Outage, resolution_of
from sc_spiders.downloader.ledger import Ledger
from sc_spiders.errors import Held
from sc_spiders.failures import SCARCE, failure, is_odd
from sc_spiders.pages.answer import read
from sc_spiders.pages.batches import attempts_of
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.scope import leads_astray
from sc_spiders.pages.short_links import leads_to
from sc_spiders.redaction.known import Secrets

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


logger = logging.getLogger(__name__)

_TOO_LARGE = frozenset({TOO_LARGE, "download_stopped"})  # flags
_UNTOLD = 2  # failures of a page that are not worth a line


class FaultsMiddleware:
    """Retries, waits, holds everything back, counts blocks.

    The resolution that ends a listing goes to the spider in `meta["resolution"]`.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.hosts = Hosts.from_settings(crawler.settings)
        self.attempts = crawler.settings.getint("SC_ATTEMPTS")
        self.max_size = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self.outage = Outage(crawler)
        self._secrets = context(crawler).get_or_make(Secrets)
        self._blocks: Counter[str] = Counter()
        self._odd: set[type[Exception]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.headers_received, signals.headers_received)
        return middleware

    def headers_received(self, body_length: object, request: Request) -> None:
        """Leave a body that announces to be too large; the status may be all that is needed.

        A handler gives a number, None, or Twisted's UNKNOWN_LENGTH, which is a string: a chunked body has no length.
        """
        if not isinstance(body_length, int) or not request.meta.get("listing"):
            return
        if self.max_size and body_length > self.max_size:
            raise StopDownload(fail=False)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        listing = request.meta.get("listing")
        if listing is None:
            return response
        self.outage.heard = True
        if not 200 <= response.status < 300:
            return self._carry_out(request, listing, resolution_of(listing, response, self._secrets.redact)) or response
        if not _TOO_LARGE.isdisjoint(response.flags):
            return self._carry_out(request, listing, Resolution(Action.FAIL, error="too_large")) or response
        if BROKEN in response.flags:
            return self._carry_out(request, listing, Resolution(Action.RETRY, error="cut")) or response
        return response

    def read(self, request: Request, body: bytes) -> Request | None:
        """Decode a good answer into `meta["data"]`. Of one that is no page: the request to be sent again, or None and
        the resolution in `meta`.
        """
        listing = request.meta["listing"]
        resolution = read(listing, body)
        if resolution.action is Action.ACCEPT:
            resolution = replace(resolution, data=self._secrets.cut_out(resolution.data, body))
        return self._carry_out(request, listing, resolution)

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        listing = request.meta.get("listing")
        if listing is None:
            return None
        if isinstance(exception, Held):
            listing.attempts -= 1  # it was not sent
            return _again(request, 0)
        if isinstance(exception, DownloadCancelledError):
            return self._carry_out(request, listing, Resolution(Action.FAIL, error="too_large"))
        word = failure(exception)
        if word is None:
            return None
        if word == "certificate":
            return self._carry_out(request, listing, Resolution(Action.FAIL, error=word))
        if is_odd(word):
            self._tell_of(exception, listing)
        if word in SCARCE:
            self._ledger.forgive(listing)  # nothing was sent: there were others, and it has its turn after them
            return self._carry_out(request, listing, Resolution(Action.RATE_LIMITED, error=word))
        return self._carry_out(request, listing, Resolution(Action.RETRY, error=word))

    def _tell_of(self, exception: Exception, listing: Listing) -> None:
        """The first of its kind is told: no word of ours says what it was."""
        if type(exception) not in self._odd:
            self._odd.add(type(exception))
            logger.warning("%s: it cannot be asked: %s: %s", listing.name, type(exception).__name__, exception)

    def _carry_out(self, request: Request, listing: Listing, resolution: Resolution) -> Request | None:
        """The request to be sent again, or None: then `meta` holds the data or the resolution."""
        if resolution.action in (Action.RETRY, Action.RATE_LIMITED):
            return self._try_again(request, listing, resolution)
        self.outage.answered()
        if resolution.action is Action.ACCEPT:
            if listing.spec.host == "api":
                self.outage.good.keep(request)
            self._blocks[listing.endpoint] = 0
            request.meta["data"] = resolution.data
            return None
        self._count(resolution)
        if resolution.action is Action.FOLLOW:
            return self._follow(request, listing, resolution)
        if resolution.action is Action.BLOCK and not self._is_blocked(listing):
            return self._again_later(request, listing, resolution)
        self._tell_remark(listing, resolution)
        request.meta["resolution"] = resolution
        return None

    def _tell_remark(self, listing: Listing, resolution: Resolution) -> None:
        """What the API says of a next page that it refuses: it stands nowhere else."""
        if resolution.remark:
            which = f"attempt {listing.attempts} of {attempts_of(listing, self.attempts)}"
            word = resolution.error or resolution.ended
            logger.info("%s: %s: %s, %s", listing.name, word, resolution.remark, which)

    def _count(self, resolution: Resolution) -> None:
        assert self.crawler.stats
        self.crawler.stats.inc_value(f"faults/{resolution.error or resolution.ended}")

    def _try_again(self, request: Request, listing: Listing, resolution: Resolution) -> Request:
        """What may pass is asked for again after a wait, which may hold everything back.

        Where no attempt is left, the scheduler ends the listing when the page's turn comes: not before it is seen that
        anything is answered.
        """
        self._count(resolution)
        listing.error = resolution.error
        outage, gate = self.outage, self._ledger.gate
        if outage.unheard(resolution):
            return self._knock(request, listing, resolution)
        asked = resolution.wait or 0.0
        holds = resolution.action is Action.RATE_LIMITED or asked > 0
        if asked > outage.max_wait:
            listing.attempts -= 1  # not to be used up by coming back too early
            self._hold(request, asked, asked=True)
            self._come_back(asked)
            return _again(request, 0)
        last = listing.attempts >= attempts_of(listing, self.attempts)
        if last:
            self._tell_remark(listing, resolution)
        doubted = resolution.error not in SAID_SOMETHING and outage.failed(listing, last=last)
        wait = self._wait(resolution, max(listing.attempts, gate.waits if holds else 0))
        if doubted and not outage.find_out():
            outage.forgive()
            wait, holds = outage.wait(resolution, gate.waits + 1), True
        if holds or doubted:
            self._hold(request, wait if holds else 0, asked=asked > 0)
        if not (last or outage.leaving):
            self._tell(listing, wait, told=holds or listing.attempts > _UNTOLD)
        return _again(request, 0 if holds or last else wait)  # what holds back all holds it back too

    def _knock(self, request: Request, listing: Listing, resolution: Resolution) -> Request:
        """Nobody has answered since the crawl began: one request tries at a time, and none of them counts."""
        self._ledger.forgive(listing)
        wait = self.outage.knock(request, resolution)
        if wait is not None:
            self._hold(request, wait, asked=False)
        return _again(request, 0)

    def _again_later(self, request: Request, listing: Listing, resolution: Resolution) -> Request | None:
        """This request again after a wait of our own, while it has attempts left."""
        listing.error = resolution.error
        if listing.attempts >= self.attempts:
            request.meta["resolution"] = resolution
            return None
        wait = self._wait(resolution, listing.attempts)
        self._tell(listing, wait, told=listing.attempts > _UNTOLD)
        return _again(request, wait)

    def _wait(self, resolution: Resolution, failures: int) -> float:
        """Seconds; a wait of our own is never so long that it would end the crawl."""
        return min(wait_for(resolution.wait, failures, self.outage.first_wait), self.outage.max_wait)

    def _tell(self, listing: Listing, wait: float, *, told: bool) -> None:
        """A failure or two pass unnoticed; a person hears of what lasts, and of everything that holds the crawl."""
        logger.log(
            logging.WARNING if wait >= 60 else logging.INFO if told else logging.DEBUG,
            "%s: %s%s in %.0f s",
            listing.name,
            listing.error,
            "; nothing is answered; one request tries again"
            if self.outage.down
            else f", attempt {listing.attempts} of {attempts_of(listing, self.attempts)}; again",
            wait,
        )

    def _is_blocked(self, listing: Listing) -> bool:
        """Counts a block; from the third in a row on the endpoint is blocked for this run."""
        blocked = self._ledger.blocked
        self._blocks[listing.endpoint] += 1
        if self._blocks[listing.endpoint] >= BLOCKS_IN_A_ROW and listing.endpoint not in blocked:
            blocked.add(listing.endpoint)
            logger.warning(
                "%s is blocked by the API's gate (403, %d in a row): %s",
                listing.endpoint,
                BLOCKS_IN_A_ROW,
                self._ledger.blocked_means,
            )
        return listing.endpoint in blocked

    def _follow(self, request: Request, listing: Listing, resolution: Resolution) -> Request | None:
        api = self.hosts.api_of(request.url)
        url = Hosts.clean(Hosts.join(request.url, resolution.location or ""))
        hops = request.meta.get("redirects", 0) + 1
        if listing.spec.shape == "redirect" and (answer := leads_to(self.hosts, url)):
            request.meta["resolution"] = answer
            return None
        if not api or self.hosts.api_of(url) != api:
            request.meta["resolution"] = Resolution(Action.FAIL, error="foreign_host")
            return None
        if leads_astray(listing, api, self.hosts.relative(api, url)):
            request.meta["resolution"] = Resolution(Action.FAIL, error="foreign_path")
            return None
        if hops > REDIRECTS:
            request.meta["resolution"] = Resolution(Action.FAIL, error="redirects")
            return None
        return request.replace(url=url, meta={**request.meta, "redirects": hops})

    def _hold(self, request: Request, wait: float, *, asked: bool) -> None:
        """Nothing goes out before the wait is over; what waits in the download slot goes back to the scheduler."""
        self._ledger.hold(wait, asked=asked)
        engine.take_back(self.crawler, request.meta.get("download_slot", ""), Held())

    def _come_back(self, wait: float) -> None:
        at = (datetime.now(UTC) + timedelta(seconds=wait)).strftime("%Y-%m-%d %H:%M:%S UTC")
        self.outage.leave(
            f"The API asks for a wait of {wait:.0f} s, more than SC_MAX_WAIT ({self.outage.max_wait:.0f} s). "
            f"Start the same command again after {at}."
        )

    @property
    def held_until(self) -> float:
        """Until when everything is held back, by the monotonic clock."""
        return self._ledger.gate.until

    @property
    def _ledger(self) -> Ledger:
        return context(self.crawler).get(Ledger)


def _again(request: Request, wait: float) -> Request:
    return request.replace(meta={**request.meta, WAIT: wait})
