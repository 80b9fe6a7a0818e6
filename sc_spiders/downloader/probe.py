"""Tells a broken page from an API that answers nothing.

When pages fail in a row, the probe requests a page of another list that was answered before. If it is answered, the
failed pages are broken, and their attempts count. If it fails too, the API is down: only the probe sends requests,
after growing waits, and no listing is charged with a failure.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import IgnoreRequest

from sc_spiders import engine
from sc_spiders.api.responses import FIRST_WAIT, Action, Resolution, backoff
from sc_spiders.api.unanswered import OFFLINE, TRIES, unreached
from sc_spiders.context import context
from sc_spiders.downloader.circuit import Circuit
from sc_spiders.downloader.good_pages import GoodPages
from sc_spiders.downloader.heard import Heard
from sc_spiders.downloader.ledger import Ledger
from sc_spiders.failures import failure
from sc_spiders.pages.answer import resolve
from sc_spiders.pages.listing import Listing
from sc_spiders.redaction import lines

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


logger = logging.getLogger(__name__)

CHECK = "check"  # meta: a request of the probe, which only tries whether the API answers

IN_A_ROW = 3  # after this many failures without an answer in between, the API may be down

# Errors that are answers: the API works, although it did not send the page.
SAID_SOMETHING = frozenset({"malformed", "empty", "http_403", "http_404", "http_410"})

_ANY = Listing("resource", None, "")  # stands for the probe's page: any answer is good
_SLOT = "check"  # the probe's download slot: the API's own may be full of requests that wait for the circuit


class HealthProbe:
    """`good`: pages that the API answered in this run. `down`: the probe found that the API answers nothing.

    `leaving`: the crawl ends, because the API is down for too long or asks for too long a wait.
    """

    def __init__(self, crawler: Crawler, circuit: Circuit) -> None:
        self.crawler = crawler
        self.circuit = circuit
        self.good = GoodPages()
        self.down = self.leaving = False
        self._heard = context(crawler).get_or_make(Heard)
        self.has_failed = False  # since the last answer
        self.max_wait = crawler.settings.getfloat("SC_MAX_WAIT")
        self.first_wait = crawler.settings.getfloat("FAULTS_FIRST_WAIT", FIRST_WAIT)  # for tests: see docs/faults.md
        self._failed: list[Listing] = []  # one entry for each failure since the last answer
        self._since = 0.0
        self._tries = 0
        self._charged: set[int] = set()
        self._seed_failed = False
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        crawler.signals.connect(self._stop, signals.spider_closed)

    def success(self) -> None:
        """Note that a request was answered: so the earlier failures were the fault of their pages."""
        self.down = False
        self._since = 0.0
        self._failed.clear()
        if not self.circuit.is_closed:
            self.circuit.success()
        self.has_failed = False

    def doubts(self, listing: Listing, resolution: Resolution, *, last: bool) -> bool:
        """Note a failure. Returns whether the API may be down. `last`: the listing has no attempt left.

        Before the first answer it returns False: then a wrong address is more likely.
        """
        if resolution.error in SAID_SOMETHING or not (self.good or self._ledger.has_answered):
            return False
        self._since = self._since or time.monotonic()
        self._failed.append(listing)
        self.has_failed = True
        return last or self.down or len(self._failed) >= IN_A_ROW

    def is_unheard(self, resolution: Resolution) -> bool:
        """Whether this failure brought no answer, in a crawl that never had one."""
        return resolution.error in OFFLINE and not (self._heard.anything or self._ledger.has_answered)

    def try_again(self, request: Request, resolution: Resolution) -> None:
        """Count a failed try in a crawl that never had an answer. One request tries next; the third failure ends it.

        A failure during the wait does not count: its request was sent before.
        """
        if time.monotonic() < self.circuit.until:
            return
        self._tries += 1
        if self._tries >= TRIES:
            self.leave(unreached(request.url, resolution.error or "", self._tries))
        self.circuit.open_for(self._backoff(self._tries))

    def wait(self, resolution: Resolution, failures: int) -> float:
        """Seconds until the next try, after this many failures. If that is too long, the crawl ends."""
        asked = resolution.wait or 0.0
        left = (self._since or time.monotonic()) + self.max_wait - time.monotonic()
        if left <= 0 or asked > left:
            self.leave(
                f"The API has answered nothing for SC_MAX_WAIT ({self.max_wait:.0f} s; the last fault: "
                f"{resolution.error}). Start the same command again when it does."
            )
        return max(asked, min(self._backoff(failures), max(0.0, left)))

    def _backoff(self, failures: int) -> float:
        return min(backoff(failures, self.first_wait), self.max_wait)

    def leave(self, why: str) -> None:
        """End the crawl; the same command resumes it."""
        if not self.leaving:
            self.leaving = True
            logger.error("%s", why)
            engine.close(self.crawler, "wait")

    @property
    def can_tell(self) -> bool:
        """Whether the probe has a page to request: one that was answered, or the first seed's until that fails."""
        return bool(self.good) or not self._seed_failed or self._is_running

    def find_out(self) -> None:
        """Open the circuit and start the probe. It goes to the head of the line."""
        if not self.can_tell:
            return
        self.circuit.open_for(0)
        if not self._is_running:
            turn = self.circuit.line_up(self, first=True)
            self._task = asyncio.ensure_future(self._find_out(turn))

    @property
    def _is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    def forgive(self) -> None:
        """Take back the attempts that failed since the last answer.

        In a run without any answer, one attempt of each listing still counts. Otherwise a job with only a broken page
        left would never end.
        """
        self.down = self.has_failed = True
        for listing in self._failed:
            if not self.good and listing.id not in self._charged:
                self._charged.add(listing.id)
            else:
                self._ledger.forgive(listing)
        self._failed.clear()

    async def ask(self, failing: Collection[Listing] = (), turn: int = 0) -> Resolution:
        """Request a page of a list that is not failing. Returns the resolution on it.

        `turn`: how many such pages failed in a row.
        """
        async with self._one_at_a_time:
            good = self.good.choose(self._ledger, failing, turn)
            meta = {name: value for name, value in good.meta.items() if name == "auth"}
            page = good.replace(callback=None, errback=None, meta={**meta, CHECK: True, "download_slot": _SLOT})
            assert self.crawler.engine
            try:
                response = await self.crawler.engine.download_async(page)
            except Exception as e:
                return Resolution(Action.RETRY, error=failure(e) or type(e).__name__)
            resolution = resolution_of(_ANY, response)
            if resolution.action is Action.ACCEPT:
                self.good.keep(good, good.meta["listing"].endpoint)
            return resolution

    async def _find_out(self, turn: asyncio.Future[None]) -> None:
        failures = 0
        failing: dict[int, Listing] = {}
        try:
            await turn
            while self._failed or self.down:  # otherwise something was answered meanwhile
                failing.update((one.id, one) for one in self._failed)
                resolution = await self.ask(failing.values(), failures)
                if _is_answer(resolution):
                    self.success()
                    return
                failures += 1
                self._fail(resolution, failures)
                if self.leaving or self._seed_failed:
                    return
                self.circuit.failure(self)
                await self.circuit.enter(self, first=True)
        except IgnoreRequest:
            pass  # the crawl is closing
        except Exception:
            logger.exception("The health probe failed; this is a bug in sc_spiders")
        finally:
            self.circuit.failure(self)

    def _fail(self, resolution: Resolution, failures: int) -> None:
        """Let all requests wait for the next try, because the API is down."""
        self.forgive()
        wait = self.wait(resolution, failures)
        self.circuit.open_for(wait, asked=bool(resolution.wait))
        self._seed_failed = not self.good
        if self.leaving:
            return
        logger.log(
            logging.WARNING if wait >= 60 else logging.INFO,
            "%s: nothing is answered; one request tries again in %.0f s",
            resolution.error,
            wait,
        )

    def _stop(self) -> None:
        if self._task:
            self._task.cancel()

    @property
    def _ledger(self) -> Ledger:
        return context(self.crawler).get(Ledger)


def _is_answer(resolution: Resolution) -> bool:
    """Whether the API answered, with the page or without."""
    failed = resolution.action in (Action.RETRY, Action.RATE_LIMITED)
    return not failed or resolution.error in SAID_SOMETHING


def resolution_of(listing: Listing, response: Response, redact: Callable[[str], str] = lines.redact) -> Resolution:
    """The resolution on a response. `redact` removes the crawl's secrets from the API's message."""
    headers = {
        name.decode("latin-1").lower(): values[-1].decode("latin-1")
        for name, values in response.headers.items()
        if values
    }
    return resolve(listing, response.status, headers, response.body, datetime.now(UTC), redact)
