"""Tells a page that is broken from an API that answers nothing.

Only something else can tell: so a page of another list that was answered well before is asked for once more. Where it
is answered, what failed has failed by itself, and its attempts count. Where it fails too, nothing is asked for but such
pages, after growing waits, and no listing pays for it.
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
from sc_spiders.api.unanswered import TRIES, WORDS, unreached
from sc_spiders.context import context
from sc_spiders.downloader.circuit import Circuit
from sc_spiders.downloader.good_pages import GoodPages
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

CHECK = "check"  # meta: the page is asked for only to see whether it is answered; nothing is made of the answer

IN_A_ROW = 3  # failures with nothing answered between them: it may not be the pages that are at fault

# What was answered is about the page, though not what was asked for: the API is there.
SAID_SOMETHING = frozenset({"malformed", "empty", "http_403", "http_404", "http_410"})

_ANY = Listing("resource", None, "")  # of the page that is asked for again, whose shape does not matter
_SLOT = "check"  # download slot of that page: the API's own may be full of requests that wait for what it tells


class HealthProbe:
    """`good` are pages of this run that the API answered well; `down`: nothing is answered, as far as is known.

    `heard`: there was some answer of the API in this run, good or bad. `leaving`: so long, or by the API's own word,
    that the crawl ends.
    """

    def __init__(self, crawler: Crawler, circuit: Circuit) -> None:
        self.crawler = crawler
        self.circuit = circuit
        self.good = GoodPages()
        self.heard = self.down = self.leaving = False
        self.max_wait = crawler.settings.getfloat("SC_MAX_WAIT")
        self.first_wait = crawler.settings.getfloat("FAULTS_FIRST_WAIT", FIRST_WAIT)  # for tests: see docs/faults.md
        self._failed: list[Listing] = []  # once for each failure since the last answer
        self._since = 0.0
        self._tries = 0
        self._charged: set[int] = set()
        self._seed_failed = False
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        crawler.signals.connect(self._stop, signals.spider_closed)

    def success(self) -> None:
        """Something was answered: what failed before it has failed by itself."""
        self.down = False
        self._since = 0.0
        self._failed.clear()
        self.circuit.success()

    def doubts(self, listing: Listing, resolution: Resolution, *, last: bool) -> bool:
        """Note a failure. Whether it is to be seen first if anything is answered. `last`: the listing would end.

        A crawl that never had an answer has nothing to lose, and may be asking in the wrong place: its failures count.
        """
        if resolution.error in SAID_SOMETHING or not (self.good or self._ledger.has_answered):
            return False
        self._since = self._since or time.monotonic()
        self._failed.append(listing)
        return last or self.down or len(self._failed) >= IN_A_ROW

    def is_unheard(self, resolution: Resolution) -> bool:
        """Whether that failure is no answer, of a crawl that never had one."""
        silent = resolution.error in WORDS and resolution.error != "cut"
        return silent and not (self.heard or self._ledger.has_answered)

    def try_again(self, request: Request, resolution: Resolution) -> None:
        """Have one request try, of a crawl that never had an answer; the crawl ends after the third.

        A failure of what was sent before the last try is no further one.
        """
        if time.monotonic() < self.circuit.until:
            return
        self._tries += 1
        if self._tries >= TRIES:
            self.leave(unreached(request.url, resolution.error or "", self._tries))
        self.circuit.open_for(self._backoff(self._tries))

    def wait(self, resolution: Resolution, failures: int) -> float:
        """Seconds until the next try while nothing is answered, after so many; ends the crawl where it is too long."""
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
        """End the crawl, which the same command goes on with."""
        if not self.leaving:
            self.leaving = True
            logger.error("%s", why)
            engine.close(self.crawler, "wait")

    @property
    def can_tell(self) -> bool:
        """Whether there is a page to ask for: one that was answered well, or else the first seed's, once."""
        return bool(self.good) or not self._seed_failed or self._is_running

    def find_out(self) -> None:
        """Begin to ask for such a page, before any request that waits for the circuit."""
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
        """No failure counts that came while nothing was answered.

        But in a run without any answer one does, of each listing that was tried: else a job whose only page left is
        broken would never end, however often it was started.
        """
        self.down = True
        for listing in self._failed:
            if not self.good and listing.id not in self._charged:
                self._charged.add(listing.id)
            else:
                self._ledger.forgive(listing)
        self._failed.clear()

    async def ask(self, failing: Collection[Listing] = (), turn: int = 0) -> Resolution:
        """The resolution on a page of something else than what fails; where none was answered yet, on the first seed's.

        `turn`: how often in a row such pages were asked for in vain.
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
                self.good.keep(good)
            return resolution

    async def _find_out(self, turn: asyncio.Future[None]) -> None:
        failures = 0
        failing: dict[int, Listing] = {}
        try:
            await turn
            while self._failed or self.down:  # else others were answered meanwhile
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
            logger.exception("Whether anything is answered could not be found out; this is a fault of ours")
        finally:
            self.circuit.failure(self)

    def _fail(self, resolution: Resolution, failures: int) -> None:
        """Nothing is answered: have all wait for the next try."""
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
    """Whether the API is there, whatever it says of the page."""
    failed = resolution.action in (Action.RETRY, Action.RATE_LIMITED)
    return not failed or resolution.error in SAID_SOMETHING


def resolution_of(listing: Listing, response: Response, redact: Callable[[str], str] = lines.redact) -> Resolution:
    """The resolution on an answer. `redact` takes the crawl's secrets out of the API's words."""
    headers = {
        name.decode("latin-1").lower(): values[-1].decode("latin-1")
        for name, values in response.headers.items()
        if values
    }
    return resolve(listing, response.status, headers, response.body, datetime.now(UTC), redact)
