"""Carries out the verdicts of `sc_spiders.faults` on answers and failed downloads.

What a good answer holds is looked at where it is walked (`FaultsMiddleware.read`): a page that is decoded here and
walked some turns of the event loop later has left the processor's cache by then, and takes half as long again.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.utils.defer import _schedule_coro
from twisted.python.failure import Failure

from sc_spiders.faults import (
    AGAIN,
    BLOCKS_IN_A_ROW,
    FIRST_WAIT,
    REDIRECTS,
    Do,
    Verdict,
    is_untrusted,
    judge,
    read,
    wait_for,
)
from sc_spiders.hosts import Hosts
from sc_spiders.listing import Listing
from sc_spiders.middlewares.compression import TOO_LARGE

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from sc_spiders.frontier.scheduler import Scheduler

logger = logging.getLogger(__name__)

# Failed downloads that another attempt may mend, and what the listing says if none does.
FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (DownloadTimeoutError, "timeout"),
    (ResponseDataLossError, "cut"),
    (CannotResolveHostError, "no_host"),
    (DownloadConnectionRefusedError, "refused"),
    (DownloadFailedError, "connection"),
)

_UNTOLD = 2  # failures of a page that are not worth a line
_OUTAGE = 3  # listings that fail one after the other, with no answer between them: it is not they that are at fault
_SAME_WAIT = 8  # requests that an outage takes before its wait doubles


class Held(Exception):
    """Taken out of the download slot before it was sent."""


class FaultsMiddleware:
    """Retries, waits, holds everything back, counts blocks. A final verdict goes to the spider in `meta["verdict"]`."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.hosts = Hosts.from_settings(crawler.settings)
        self.attempts = crawler.settings.getint("SC_ATTEMPTS")
        self.max_wait = crawler.settings.getfloat("SC_MAX_WAIT")
        self.first_wait = crawler.settings.getfloat("FAULTS_FIRST_WAIT", FIRST_WAIT)  # for tests: see docs/faults.md
        self._blocks: Counter[str] = Counter()
        self._failing: set[int] = set()  # listings that have failed since there was an answer of any kind
        self._down_since = 0.0
        self._leaving = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        listing = request.meta.get("listing")
        if listing is None:
            return response
        if TOO_LARGE in response.flags:
            return self._carry_out(request, listing, Verdict(Do.END, error="too_large")) or response
        if 200 <= response.status < 300:
            return response
        headers = {
            name.decode("latin-1").lower(): values[-1].decode("latin-1")
            for name, values in response.headers.items()
            if values
        }
        verdict = judge(listing, response.status, headers, response.body, datetime.now(UTC))
        again = self._carry_out(request, listing, verdict)
        return again or response

    def read(self, request: Request, body: bytes) -> Request | None:
        """Decode a good answer into `meta["data"]`; where it is none, its verdict, or the request to be sent again."""
        listing = request.meta["listing"]
        return self._carry_out(request, listing, read(listing, body))

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        listing = request.meta.get("listing")
        if listing is None:
            return None
        if isinstance(exception, Held):
            listing.attempts -= 1  # it was not sent
            return _again(request, 0)
        if isinstance(exception, DownloadCancelledError):
            return self._carry_out(request, listing, Verdict(Do.END, error="too_large"))
        for kind, error in FAILURES:
            if isinstance(exception, kind):
                error = "certificate" if is_untrusted(exception) else error
                return self._carry_out(request, listing, Verdict(Do.RETRY, error=error))
        return None

    def _carry_out(self, request: Request, listing: Listing, verdict: Verdict) -> Request | None:
        """The request to be sent again, or None: then `meta` holds the data or the verdict."""
        down = self._is_down(listing, verdict)
        holds = verdict.do is Do.HOLD or down or (verdict.do is Do.RETRY and bool(verdict.wait))
        if not holds:
            self._scheduler.answered()
        if verdict.do is Do.READ:
            self._blocks[listing.endpoint] = 0
            request.meta["data"] = verdict.data
            return None
        stats = self.crawler.stats
        assert stats
        stats.inc_value(f"faults/{verdict.error or verdict.ended}")
        if verdict.do is Do.FOLLOW:
            return self._follow(request, listing, verdict)
        if verdict.do is Do.BLOCK and self._is_blocked(listing):
            request.meta["verdict"] = verdict
            return None
        if verdict.do is Do.END:
            request.meta["verdict"] = verdict
            return None
        listing.error = verdict.error
        waits = self._scheduler.gate.waits
        in_a_row = waits if verdict.do is Do.HOLD else 1 + waits // _SAME_WAIT if down else 0
        wait = wait_for(verdict.wait, max(listing.attempts, in_a_row), self.first_wait)
        if holds:
            self._hold(request, wait, asked=bool(verdict.wait))
        if wait > self.max_wait:
            listing.attempts -= 1  # not to be used up by coming back too early
            self._come_back(wait)
        elif down and time.monotonic() + wait > self._down_since + self.max_wait:
            listing.attempts -= 1
            self._give_up(verdict)
        elif listing.attempts >= self.attempts:
            request.meta["verdict"] = verdict
            return None
        # A failure or two pass unnoticed; a person hears of what lasts, and of everything that holds the whole crawl.
        told = holds or listing.attempts > _UNTOLD
        logger.log(
            logging.WARNING if wait >= 60 else logging.INFO if told else logging.DEBUG,
            "%s: %s, attempt %d of %d; %s in %.0f s",
            listing.name,
            verdict.error,
            listing.attempts,
            self.attempts,
            "nothing is answered; one request tries again" if down else "again",
            wait,
        )
        return _again(request, 0 if holds else wait)  # what holds back all holds it back too

    def _is_down(self, listing: Listing, verdict: Verdict) -> bool:
        """Whether nothing is answered any more, whatever is asked: then one request at a time tries again.

        Else every listing of a long queue would use its attempts up in an outage of a few minutes.
        """
        if verdict.do is Do.RETRY:
            if not self._failing:
                self._down_since = time.monotonic()
            self._failing.add(listing.id)
        elif verdict.do is not Do.HOLD:
            self._failing.clear()
        return verdict.do is Do.RETRY and len(self._failing) >= _OUTAGE

    def _is_blocked(self, listing: Listing) -> bool:
        """Counts a block; from the third in a row on the endpoint is blocked for this run."""
        blocked = self._scheduler.blocked
        self._blocks[listing.endpoint] += 1
        if self._blocks[listing.endpoint] >= BLOCKS_IN_A_ROW and listing.endpoint not in blocked:
            blocked.add(listing.endpoint)
            logger.warning(
                "%s is blocked by the API's gate (403, %d in a row): %s",
                listing.endpoint,
                BLOCKS_IN_A_ROW,
                self._scheduler.blocked_means,
            )
        return listing.endpoint in blocked

    def _follow(self, request: Request, listing: Listing, verdict: Verdict) -> Request | None:
        api = self.hosts.api_of(request.url)
        url = Hosts.clean(Hosts.join(request.url, verdict.location or ""))
        hops = request.meta.get("redirects", 0) + 1
        if not api or self.hosts.api_of(url) != api:
            request.meta["verdict"] = Verdict(Do.END, error="foreign_host")
            return None
        if hops > REDIRECTS:
            request.meta["verdict"] = Verdict(Do.END, error="redirects")
            return None
        return request.replace(url=url, meta={**request.meta, "redirects": hops})

    def _hold(self, request: Request, wait: float, *, asked: bool) -> None:
        """Nothing goes out before the wait is over; what waits in the download slot goes back to the scheduler."""
        self._scheduler.hold(wait, asked=asked)
        assert self.crawler.engine
        slot = self.crawler.engine.downloader.slots.get(request.meta.get("download_slot", ""))
        if slot is None:
            return
        queued = list(slot.queue)
        slot.queue.clear()
        for other, answer in queued:
            if other.meta.get("listing") is None:
                slot.queue.append((other, answer))
            else:
                answer.errback(Failure(Held()))  # type: ignore[no-untyped-call]

    def _come_back(self, wait: float) -> None:
        at = (datetime.now(UTC) + timedelta(seconds=wait)).strftime("%Y-%m-%d %H:%M:%S UTC")
        self._leave(
            f"The API asks for a wait of {wait:.0f} s, more than SC_MAX_WAIT ({self.max_wait:.0f} s). "
            f"Start the same command again after {at}."
        )

    def _give_up(self, verdict: Verdict) -> None:
        self._leave(
            f"The API has answered nothing for SC_MAX_WAIT ({self.max_wait:.0f} s; the last fault: {verdict.error}). "
            "Start the same command again when it does."
        )

    def _leave(self, why: str) -> None:
        assert self.crawler.engine
        if not self._leaving:
            self._leaving = True
            logger.error("%s", why)
            _schedule_coro(self.crawler.engine.close_spider_async(reason="wait"))

    @property
    def held_until(self) -> float:
        """Until when everything is held back, by the monotonic clock."""
        return self._scheduler.gate.until

    @property
    def _scheduler(self) -> Scheduler:
        assert self.crawler.engine
        return self.crawler.engine.scheduler  # type: ignore[return-value]


def _again(request: Request, wait: float) -> Request:
    return request.replace(meta={**request.meta, AGAIN: wait})
