"""Asking the web page and the token endpoint, patiently, through the crawl's own downloader."""

import asyncio
import logging
import time
from datetime import UTC, datetime

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from sc_spiders import engine
from sc_spiders.api import responses as faults
from sc_spiders.api.unanswered import TRIES, unreached
from sc_spiders.errors import CredentialError, Unanswered
from sc_spiders.failures import failure, is_odd
from sc_spiders.redaction.known import Secrets

__all__ = ["Fetch"]

logger = logging.getLogger(__name__)

TIMEOUT = 30.0  # seconds
MAX_SIZE = 16 * 1024 * 1024  # bytes; the largest script of the page had about 2 MB


class Fetch:
    """Gets one answer, trying again what is likely to pass."""

    def __init__(self, crawler: Crawler, secrets: Secrets) -> None:
        """`secrets`: the crawl's, which new tokens are added to."""
        self.crawler = crawler
        self.secrets = secrets
        self.attempts = crawler.settings.getint("SC_ATTEMPTS", 8)
        self.max_wait = crawler.settings.getfloat("SC_MAX_WAIT", 3600)
        self.first_wait = crawler.settings.getfloat("FAULTS_FIRST_WAIT", faults.FIRST_WAIT)
        self._heard = False  # whether anybody has ever answered here

    async def __call__(self, request: Request, what: str, attempts: int = 0) -> Response:
        """The first answer that is neither 429 nor 5xx; `what` names the other side in messages.

        `attempts`: how often it is asked, SC_ATTEMPTS unless given.

        Raises `Unanswered` where there is none after all attempts, `CredentialError` where a wait beyond
        SC_MAX_WAIT is asked for, or where the other side is not who it should be.
        """
        trouble, limited = "", False
        attempts = attempts or self.attempts
        for attempt in range(attempts):
            wait = self._wait(attempt + 1)
            try:
                response = await self.crawler.engine.download_async(self._prepared(request))
            except Exception as error:
                trouble, limited = self._trouble(error, what), False
                if attempt + 1 >= TRIES and self._is_first():
                    raise Unanswered(unreached(request.url, trouble, attempt + 1)) from None
            else:
                self._heard = True
                if response.status != 429 and response.status < 500:
                    return response
                trouble, limited = f"status {response.status}", response.status == 429
                asked = {"retry-after": (response.headers.get("Retry-After") or b"").decode("latin-1")}
                wait = max(wait, faults.asked_wait(asked, response.body, datetime.now(UTC)) or 0)
            if attempt + 1 < attempts:
                logger.info("%s: %s, asking again in %.0f s", what, trouble, wait)
                await self.sleep(wait, what)
        if limited:
            raise CredentialError(f"{what} keeps answering 429 (too many requests): come back later", "wait")
        raise Unanswered(f"{what} did not answer, {attempts} times: {trouble}; start the same command again later")

    def _trouble(self, error: Exception, what: str) -> str:
        """The word for a failed download that may pass. Raises CredentialError for one that will not."""
        word = failure(error)
        if word is None:
            raise CredentialError(f"{what} could not be asked: {error}") from None
        if word == "certificate":
            raise CredentialError(
                f"{what}: its TLS certificate is not trusted; look at the clock, at a proxy, and at the "
                "certificates of this machine"
            ) from None
        if is_odd(word):
            logger.warning("%s: it cannot be asked: %s: %s", what, type(error).__name__, error)
        return word

    def _is_first(self) -> bool:
        """Whether the crawl has had no answer yet, of anybody."""
        scheduler = getattr(self.crawler.engine, "scheduler", None)
        return not (self._heard or getattr(getattr(scheduler, "job", None), "answered", False))

    async def pause(self, failures: int, what: str) -> None:
        """The wait of our own after that many failures."""
        await self.sleep(self._wait(failures), what)

    def _wait(self, failures: int) -> float:
        """Seconds; a wait of our own is never so long that it would end the crawl."""
        return min(faults.backoff(failures, self.first_wait), self.max_wait)

    async def sleep(self, seconds: float, what: str) -> None:
        """Wait, unless it is longer than the crawl is allowed to wait, and no longer than the crawl runs."""
        if seconds > self.max_wait:
            back = datetime.fromtimestamp(time.time() + seconds, UTC).isoformat(timespec="seconds")
            raise CredentialError(
                f"{what} asks for a wait of {seconds:.0f} s, SC_MAX_WAIT is {self.max_wait:.0f}: "
                f"start again with the same command after {back}",
                "wait",
            )
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check_open()
            await asyncio.sleep(min(left, 0.5))
        self.check_open()

    def check_open(self) -> None:
        """Raises IgnoreRequest once the crawl is closing, which waits for every request in flight."""
        if self.is_closing():
            raise IgnoreRequest("the crawl is closing")

    def is_closing(self) -> bool:
        return engine.is_closing(self.crawler)

    def _prepared(self, request: Request) -> Request:
        """A copy that other middlewares leave alone, in a slot that the API's waits do not hold."""
        copy = request.copy()
        copy.dont_filter = True
        copy.meta.update(
            dont_retry=True,
            dont_cache=True,
            dont_obey_robotstxt=True,
            download_slot="credentials",
            download_timeout=TIMEOUT,
            download_maxsize=MAX_SIZE,
            download_warnsize=0,
        )
        return copy
