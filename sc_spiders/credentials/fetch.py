"""Requests to the web page and the token endpoint, with retries, through the crawl's downloader."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from sc_spiders import engine
from sc_spiders.api import responses as faults
from sc_spiders.api.unanswered import OFFLINE, TRIES, WORDS, unreached
from sc_spiders.errors import CredentialError, Unanswered
from sc_spiders.failures import failure, is_odd
from sc_spiders.redaction.known import Secrets

__all__ = ["Fetch"]

logger = logging.getLogger(__name__)

TIMEOUT = 30.0  # seconds
MAX_SIZE = 16 * 1024 * 1024  # bytes; the largest script of the page had about 2 MB


class Fetch:
    """Gets one answer. Failures that may pass are retried."""

    def __init__(self, crawler: Crawler, secrets: Secrets, has_answered: Callable[[], bool]) -> None:
        """`secrets`: the crawl's secrets. New tokens are added to them.

        `has_answered`: whether a server has answered the crawl.
        """
        self.crawler = crawler
        self._has_answered = has_answered
        self.secrets = secrets
        self.attempts = crawler.settings.getint("SC_ATTEMPTS", 8)
        self.max_wait = crawler.settings.getfloat("SC_MAX_WAIT", 3600)
        self.first_wait = crawler.settings.getfloat("FAULTS_FIRST_WAIT", faults.FIRST_WAIT)

    async def __call__(self, request: Request, what: str, attempts: int = 0) -> Response:
        """The first answer that is neither 429 nor 5xx. `what` names the server in messages.

        `attempts`: SC_ATTEMPTS unless given.

        Raises `Unanswered` if every attempt fails, and `CredentialError` if the server asks for a wait beyond
        SC_MAX_WAIT, keeps answering 429, or has a certificate that is not trusted.
        """
        trouble = ""
        attempts = attempts or self.attempts
        for attempt in range(1, attempts + 1):
            wait = self._wait(attempt)
            try:
                response = await self.crawler.engine.download_async(self._prepared(request))
            except Exception as error:
                trouble = self._trouble(error, what)
                if attempt >= TRIES and trouble in OFFLINE and not self._has_answered():
                    raise Unanswered(unreached(request.url, trouble, attempt)) from None
            else:
                if response.status != 429 and response.status < 500:
                    return response
                trouble = f"status {response.status}"
                wait = max(wait, _asked_wait(response))
            if attempt < attempts:
                logger.info("%s: %s; asking again in %.0f s", what, WORDS.get(trouble, trouble), wait)
                await self.sleep(wait, what)
        raise _failure(what, trouble, attempts)

    def _trouble(self, error: Exception, what: str) -> str:
        """The error code of a failed download. Raises CredentialError if a retry cannot help."""
        word = failure(error)
        if word is None:
            raise CredentialError(f"the request to {what} failed: {error}") from None
        if word == "certificate":
            raise CredentialError(
                f"{what}: its TLS certificate is not trusted; look at the clock, at a proxy, and at the "
                "certificates of this machine"
            ) from None
        if is_odd(word):
            logger.warning("%s: the request could not be sent: %s: %s", what, type(error).__name__, error)
        return word

    async def pause(self, failures: int, what: str) -> None:
        """Wait before the next attempt, the longer the more failures there were."""
        await self.sleep(self._wait(failures), what)

    def _wait(self, failures: int) -> float:
        """Seconds to wait after this many failures. At most SC_MAX_WAIT: a longer wait would end the crawl."""
        return min(faults.backoff(failures, self.first_wait), self.max_wait)

    async def sleep(self, seconds: float, what: str) -> None:
        """Wait. Raises CredentialError for a wait beyond SC_MAX_WAIT, and IgnoreRequest if the crawl is closing."""
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
        """Raises IgnoreRequest if the crawl is closing: closing waits for every request in flight."""
        if self.is_closing():
            raise IgnoreRequest("the crawl is closing")

    def is_closing(self) -> bool:
        return engine.is_closing(self.crawler)

    def _prepared(self, request: Request) -> Request:
        """A copy that other middlewares ignore. It has its own download slot, so waits of the API do not delay it."""
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


def _asked_wait(response: Response) -> float:
    """Seconds that an answer asks to wait; 0 if it asks for no wait."""
    headers = {"retry-after": (response.headers.get("Retry-After") or b"").decode("latin-1")}
    return faults.asked_wait(headers, response.body, datetime.now(UTC)) or 0.0


def _failure(what: str, trouble: str, attempts: int) -> Exception:
    """The exception after the last attempt. `trouble`: how that failed."""
    if trouble == "status 429":
        return CredentialError(f"{what} keeps answering 429 (too many requests): come back later", "wait")
    words = WORDS.get(trouble, trouble)
    return Unanswered(f"{what} did not answer, {attempts} times: {words}; start the same command again later")
