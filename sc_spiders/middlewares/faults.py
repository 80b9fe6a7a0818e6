"""Carries out the verdicts of `sc_spiders.faults` on answers and failed downloads."""

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
from scrapy.utils.asyncio import call_later
from scrapy.utils.defer import _schedule_coro

from sc_spiders.faults import BLOCKS_IN_A_ROW, REDIRECTS, Do, Verdict, backoff, judge
from sc_spiders.hosts import Hosts
from sc_spiders.listing import Listing

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

# Failed downloads that another attempt may mend, and what the listing says if none does.
_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (DownloadTimeoutError, "timeout"),
    (ResponseDataLossError, "cut"),
    (CannotResolveHostError, "no_host"),
    (DownloadConnectionRefusedError, "refused"),
    (DownloadFailedError, "connection"),
)

_UNTOLD = 2  # failures of a page that are not worth a line


class FaultsMiddleware:
    """Retries, waits, holds the slot, counts blocks. A final verdict goes to the spider in `meta["verdict"]`."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.hosts = Hosts.from_settings(crawler.settings)
        self.attempts = crawler.settings.getint("SC_ATTEMPTS")
        self.max_wait = crawler.settings.getfloat("SC_MAX_WAIT")
        self._blocks: Counter[str] = Counter()
        self.held_until = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        listing = request.meta.get("listing")
        if listing is None:
            return response
        headers = {
            name.decode("latin-1").lower(): values[-1].decode("latin-1")
            for name, values in response.headers.items()
            if values
        }
        verdict = judge(listing, response.status, headers, response.body, datetime.now(UTC))
        again = self._carry_out(request, listing, verdict)
        return again or response

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        listing = request.meta.get("listing")
        if listing is None:
            return None
        if isinstance(exception, DownloadCancelledError):
            request.meta["verdict"] = Verdict(Do.END, error="too_large")
            return None
        for kind, error in _FAILURES:
            if isinstance(exception, kind):
                return self._carry_out(request, listing, Verdict(Do.RETRY, error=error))
        return None

    def _carry_out(self, request: Request, listing: Listing, verdict: Verdict) -> Request | None:
        """The request to be sent again, or None: then `meta` holds the data or the verdict."""
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
        listing.attempts += 1
        if listing.attempts >= self.attempts:
            request.meta["verdict"] = verdict
            return None
        return self._again(request, listing, verdict)

    def _again(self, request: Request, listing: Listing, verdict: Verdict) -> Request:
        wait = verdict.wait if verdict.wait is not None else backoff(listing.attempts)
        # A failure or two pass unnoticed; a person hears of what lasts, and of everything that holds the whole crawl.
        told = verdict.do is Do.HOLD or listing.attempts > _UNTOLD
        level = logging.WARNING if wait >= 60 else logging.INFO if told else logging.DEBUG
        if wait > self.max_wait:
            self._come_back(wait)
        elif verdict.do is Do.HOLD:
            self._hold(request, wait)
        logger.log(
            level,
            "%s: %s, attempt %d of %d; again in %.0f s",
            listing.name,
            verdict.error,
            listing.attempts,
            self.attempts,
            wait,
        )
        again = request.copy()
        # A held slot keeps the request itself back.
        again.meta["wait"] = 0 if verdict.do is Do.HOLD else wait
        return again

    def _is_blocked(self, listing: Listing) -> bool:
        """Counts a block; from the third in a row on the endpoint is blocked for this run."""
        assert self.crawler.engine
        assert self.crawler.engine.scheduler
        blocked = self.crawler.engine.scheduler.blocked  # type: ignore[attr-defined]
        self._blocks[listing.endpoint] += 1
        if self._blocks[listing.endpoint] >= BLOCKS_IN_A_ROW and listing.endpoint not in blocked:
            blocked.add(listing.endpoint)
            logger.warning(
                "%s is blocked by the API's gate (403, %d in a row): its listings end 'blocked', the others go on. "
                "The same command tries them again later.",
                listing.endpoint,
                BLOCKS_IN_A_ROW,
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

    def _hold(self, request: Request, wait: float) -> None:
        """Let the download slot send nothing before the wait is over, also where it has no delay of its own.

        Holding the slot costs the fewest further requests: what waits in it is not sent, and nothing is pulled into it.
        """
        assert self.crawler.engine
        downloader = self.crawler.engine.downloader
        slot = downloader.slots.get(request.meta.get("download_slot", ""))
        until = time.monotonic() + wait
        if slot is None or until <= self.held_until:
            return
        self.held_until = until
        if slot.latercall:
            slot.latercall.cancel()
        slot.latercall = call_later(wait, downloader._latercall, slot)

    def _come_back(self, wait: float) -> None:
        assert self.crawler.engine
        at = (datetime.now(UTC) + timedelta(seconds=wait)).strftime("%Y-%m-%d %H:%M:%S UTC")
        logger.error(
            "The API asks for a wait of %.0f s, more than SC_MAX_WAIT (%.0f s). Start the same command again after %s.",
            wait,
            self.max_wait,
            at,
        )
        _schedule_coro(self.crawler.engine.close_spider_async(reason="wait"))
