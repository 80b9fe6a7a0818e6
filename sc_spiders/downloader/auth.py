"""A crawl's credentials: fetched before the first request, and renewed when the API refuses them."""

import asyncio
import logging
import time
from typing import Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import Response

from sc_spiders import engine
from sc_spiders.api.hosts import Api, Hosts
from sc_spiders.api.refusal import own_words
from sc_spiders.context import context
from sc_spiders.credentials import Credential, CredentialError, Source, parse_share_tokens, sign, source_for
from sc_spiders.credentials.fetch import Fetch
from sc_spiders.credentials.signing import copy_with
from sc_spiders.downloader.heard import Heard
from sc_spiders.downloader.ledger import Ledger
from sc_spiders.downloader.probe import CHECK, HealthProbe
from sc_spiders.downloader.writing import WRITE
from sc_spiders.errors import BadHost, CredentialsEnded, ForeignHost
from sc_spiders.redaction.known import Secrets

__all__ = ["CredentialsEnded", "CredentialsMiddleware", "ForeignHost"]

logger = logging.getLogger(__name__)

GENERATION = "credentials_generation"  # meta: the number of the credential that signed the request
REFUSALS = "credentials_refusals"  # meta: how often the request was refused although the credential was good
LIFE = "credentials_life"  # meta: seconds the credential must last; one that ends sooner is renewed before
MAX_RENEWALS = 3  # in a row without a success
SIGNED: dict[str, tuple[Api, ...]] = {"v2": ("v2", "graphql"), "public": ("public",)}


class CredentialsMiddleware:
    """Lets requests wait until there is a credential, and sends a refused request again with a new one.

    Request meta: without ``auth``, the request gets the application's credential; ``user``: it needs a user's token
    (`has_user_token` tells beforehand); ``none``: it gets no credential.

    If three renewals give the same credential and other requests succeed with it, SoundCloud objects to the request
    itself: the spider gets the 401. If no other requests are left, a page that was answered before is requested again
    as a test.

    Stats: ``credentials/renewals``, ``credentials/refused`` (answers with 401), ``credentials/foreign_hosts``
    (requests not sent).
    """

    hosts: Hosts
    source: Source

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.credential = Credential()
        self._secrets = context(crawler).get_or_make(Secrets)
        self.generation = 0
        self.refusal: str | None = None  # the API's message when it last refused the credential
        self._fruitless = 0
        self._ended: CredentialError | None = None
        self._lock = asyncio.Lock()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.spider_opened, signals.spider_opened)
        return middleware

    def spider_opened(self) -> None:
        if getattr(self.crawler.spider, "refused", False):
            return
        settings = self.crawler.settings
        api = settings.get("SC_API") or "v2"
        try:
            self.hosts = Hosts.from_settings(settings)
            self._shares = parse_share_tokens(settings.get("SC_SECRET_TOKENS") or "")
            self._fetch = Fetch(self.crawler, self._secrets, self._has_answered)
            self.source = source_for(api, self.crawler, self.hosts, self._fetch)
        except (BadHost, CredentialError) as error:
            context(self.crawler).refuse(str(error))
            raise CloseSpider(getattr(error, "reason", "bad_arguments")) from None
        self._secrets.keep_out(*self._shares.values())
        self._signed = SIGNED[api]

    def _has_answered(self) -> bool:
        """Whether any server has answered this run, or the API has answered an earlier run or another worker."""
        parts = context(self.crawler)
        return parts.get_or_make(Heard).anything or parts.get(Ledger).has_answered

    async def process_request(self, request: Request) -> None:
        if "auth" in request.meta and request.meta["auth"] != "user":
            return
        while not self.generation or self.credential.expires_at <= time.time():
            if self.hosts.api_of(request.url) not in self._signed:
                return
            await self._renew(self.generation)
        life = request.meta.get(LIFE, 0.0)
        if life and self.source.renewable and self.credential.expires_at <= time.time() + life:
            await self._renew(self.generation, refused=True)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        sent = request.meta.get(GENERATION)
        if sent is None:
            return response
        if response.status != 401:
            if response.status < 400 and sent == self.generation:
                self._fruitless = 0
            return response
        self.crawler.stats.inc_value("credentials/refused")
        if CHECK in request.meta or WRITE in request.meta:  # after a refused write, its sender tries the token at /me
            return response
        if sent == self.generation:
            return await self._renew_after(request, response)
        return _again(request)  # the credential was renewed meanwhile

    async def _renew_after(self, request: Request, response: Response) -> Request | Response:
        """The request again, with a new credential; or the refusal, if only this request is refused."""
        again = _again(request)
        refusals = request.meta.get(REFUSALS, 0) + 1
        if refusals > MAX_RENEWALS and (self._fruitless < MAX_RENEWALS or await self._serves_others(request)):
            return response
        self.refusal = own_words(response.body, self._secrets.redact)
        self.crawler.stats.set_value("credentials/refusal", self.refusal)
        refused = self.credential
        await self._renew(request.meta[GENERATION], refused=True)
        if self.credential == refused:
            again.meta[REFUSALS] = refusals
        return again

    async def _serves_others(self, refused: Request) -> bool:
        """Whether this credential works: a page of another list that was answered before is requested again."""
        listing = refused.meta.get("listing")
        if listing is None:
            return False
        await context(self.crawler).get(HealthProbe).ask([listing])
        return not self._fruitless  # otherwise the test was refused too, or not answered

    def sign(self, request: Request) -> Request:
        """The request to send: a signed copy, or the request itself if it needs no signature.

        Raises `ForeignHost` if the host is not configured.
        """
        api, path = self.hosts.locate(request.url)
        auth = request.meta.get("auth")
        if api is None and not (auth == "script" and self.hosts.is_script(request.url)):
            self.crawler.stats.inc_value("credentials/foreign_hosts")
            logger.warning("Not sent, its host is not configured: %(request)s", {"request": request})
            raise ForeignHost(f"foreign host: {Hosts.clean(request.url)}")
        if auth == "token" and api == "token" and self.source.grant:
            headers, body = self.source.grant
            return copy_with(request, request.url, {**request.headers, **headers}, body)
        if api not in self._signed or (auth is not None and auth != "user"):
            return request
        request.meta[GENERATION] = self.generation
        return sign(request, Hosts.clean(request.url), path, self.credential, self._shares)

    async def _renew(self, generation: int, refused: bool = False) -> None:
        """Get a credential newer than that generation, once for all requests that need it.

        Raises `CredentialsEnded` if there is none.
        """
        async with self._lock:
            if self._ended is None and generation == self.generation:
                try:
                    await self._obtain(refused)
                except CredentialError as error:
                    self._end(error)
                except IgnoreRequest:  # the crawl is closing
                    raise
                except Exception as error:  # otherwise it would end every listing, and so the job
                    logger.debug("No credential", exc_info=True)
                    what = f"no credential is available ({type(error).__name__}: {error}); this is a bug in sc_spiders"
                    self._end(CredentialError(what))
            if self._ended is not None:
                raise CredentialsEnded(self._ended.reason)

    async def _obtain(self, refused: bool) -> None:
        self._fetch.check_open()
        if refused:
            if not self.source.renewable or self._fruitless == MAX_RENEWALS:
                times = f", also after {MAX_RENEWALS} renewals" if self.source.renewable else ""
                said = f"401: {self.refusal}" if self.refusal else "401"
                raise CredentialError(f"the credentials are refused ({said}){times}: {self.source.remedy}")
            if self._fruitless:
                await self._fetch.pause(self._fruitless, "a further renewal")
            self._fruitless += 1
            self.crawler.stats.inc_value("credentials/renewals")
        self.credential = await self.source.obtain(self.credential if refused else None)
        self._secrets.keep_out(self.credential.client_id, self.credential.token)
        self.generation += 1

    def _end(self, error: CredentialError) -> None:
        self._ended = error
        context(self.crawler).refuse(str(error))
        engine.close(self.crawler, error.reason)


def _again(request: Request) -> Request:
    again = request.copy()
    again.dont_filter = True
    return again
