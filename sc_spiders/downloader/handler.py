"""The last step before the network. A request waits for the circuit, is counted and signed. Responses are unsigned."""

from collections.abc import Iterator
from functools import cached_property, partial

from scrapy import Request, signals
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured, ResponseDataLossError, StopDownload
from scrapy.http import Response
from scrapy.utils.misc import build_from_crawler, load_object

from sc_spiders import engine
from sc_spiders.api.hosts import Hosts
from sc_spiders.context import context
from sc_spiders.downloader.auth import CredentialsMiddleware
from sc_spiders.downloader.circuit import Circuit
from sc_spiders.downloader.heard import Heard
from sc_spiders.downloader.ledger import Ledger
from sc_spiders.downloader.writing import WRITE, WriteHandler
from sc_spiders.errors import ListingEnded
from sc_spiders.pages.listing import Listing
from sc_spiders.redaction import logs as redaction

__all__ = ["SigningHandler"]


class SigningHandler(BaseDownloadHandler):
    """Gives a signed copy of each request to another handler, and gives its response the unsigned URL.

    A request for a listing's page first waits for the circuit. A request without a listing never waits.

    The other handler is ``SC_DOWNLOAD_HANDLER``, a class or its path. By default it is Scrapy's own for https.
    """

    lazy = True  # Scrapy makes CredentialsMiddleware after the handlers that are not lazy

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        credentials = crawler.get_downloader_middleware(CredentialsMiddleware)
        if credentials is None:
            raise NotConfigured("SigningHandler works only with CredentialsMiddleware")
        self.crawler = crawler
        self._credentials = credentials
        settings = crawler.settings
        self._heard = context(crawler).get_or_make(Heard)
        self._max_size = settings.getint("DOWNLOAD_MAXSIZE")
        self._is_paced = settings.getfloat("SC_RATE") > 0
        inner = settings.get("SC_DOWNLOAD_HANDLER") or settings["DOWNLOAD_HANDLERS_BASE"]["https"]
        self._inner: BaseDownloadHandler = build_from_crawler(load_object(inner), crawler)
        crawler.signals.connect(self.headers_received, signals.headers_received)

    async def download_request(self, request: Request) -> Response:
        listing = request.meta.get("listing")
        if listing is None:
            return await self._send(request)
        try:
            await self._enter(request, listing)
            await self._begin(request, listing)
            return await self._send(request)
        finally:
            if not self._circuit.is_closed:
                self._circuit.returned(listing)

    async def _enter(self, request: Request, listing: Listing) -> None:
        """Wait for the request's turn (SC_RATE) and for the circuit. Raises IgnoreRequest if the crawl ends first."""
        try:
            if self._is_paced:
                await self._ledger.turn()
            if self._circuit.passes:
                return
            await self._circuit.enter(listing, partial(engine.download_delay, self.crawler, request))
            if self._is_paced:  # its turn is over, and other requests may have had later ones
                await self._ledger.turn()
        except IgnoreRequest:
            engine.hurry(self.crawler)
            raise
        await self._credentials.process_request(request)  # the credential may have run out meanwhile

    async def _begin(self, request: Request, listing: Listing) -> None:
        """Store that the page is requested now. Raises ListingEnded if its listing ends instead."""
        try:
            again = not request.meta.pop("attempt", False)
            # While the request waited, its endpoint may have been blocked, or an attempt taken back.
            resolution = None
            if not again:
                resolution = self._ledger.refusal(listing)
            if resolution is None:
                await self._ledger.attempt(listing, again=again)
        except Exception as e:
            # Otherwise the request would be retried again and again, as if the download had failed.
            self._ledger.give_up(e)
            raise IgnoreRequest("the crawl is closing") from None
        if resolution:
            self._circuit.failure(listing)
            raise ListingEnded(resolution)

    async def _send(self, request: Request) -> Response:
        wire = self._credentials.sign(request)
        if wire is request:
            return await self._whole(request)
        try:
            response = await self._whole(wire)
        except Exception as error:
            for link in _chain(error):
                link.args = tuple(_clean(part, wire, request) for part in link.args)
                if isinstance(answer := getattr(link, "response", None), Response):  # of a StopDownload
                    link.response = _unsign(answer, request)  # type: ignore[attr-defined]
            raise
        finally:
            request.meta.update(wire.meta)  # AutoThrottle reads its download_latency
        return _unsign(response, request)

    async def _whole(self, request: Request) -> Response:
        """Download. Raises ResponseDataLossError if the body of a listing's page was cut off.

        Scrapy would warn only once a crawl, and advise to accept broken bodies.
        """
        is_page = request.meta.get("listing") is not None
        if is_page:
            request.meta["download_fail_on_dataloss"] = False
        response = _encoded(await self._handler_of(request).download_request(request))
        self._heard.anything = True
        if is_page and "dataloss" in response.flags:
            raise ResponseDataLossError
        return response

    def _handler_of(self, request: Request) -> BaseDownloadHandler:
        if WRITE in request.meta:
            return self._writer
        return self._inner

    def headers_received(self, body_length: object, request: Request) -> None:
        """Do not read a body whose Content-Length is too large. The status is kept: it may be all that is needed.

        Handlers give a number, None, or for a chunked body Twisted's UNKNOWN_LENGTH, a string.
        """
        if not isinstance(body_length, int) or not request.meta.get("listing"):
            return
        if self._max_size and body_length > self._max_size:
            raise StopDownload(fail=False)

    @cached_property
    def _writer(self) -> BaseDownloadHandler:
        return WriteHandler(self.crawler)

    @cached_property
    def _circuit(self) -> Circuit:
        return context(self.crawler).get(Circuit)

    @cached_property
    def _ledger(self) -> Ledger:
        return context(self.crawler).get(Ledger)

    async def close(self) -> None:
        await self._inner.close()
        if "_writer" in vars(self):
            await self._writer.close()


def _encoded(response: Response) -> Response:
    """Remove `identity` from the response's encodings: Scrapy would warn about it and decode nothing."""
    if given := response.headers.getlist("Content-Encoding"):
        words = [word.strip() for word in b",".join(given).split(b",")]
        left = [word for word in words if word.lower() not in (b"", b"identity")]
        del response.headers["Content-Encoding"]
        if left:
            response.headers["Content-Encoding"] = left
    return response


def _unsign(response: Response, request: Request) -> Response:
    if location := response.headers.get("Location"):
        response.headers["Location"] = Hosts.clean(location.decode("latin-1")).encode("latin-1")
    return response.replace(url=request.url, request=request)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes, all that a traceback would print."""
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        if (link := queue.pop()) is not None and id(link) not in seen:
            seen.add(id(link))
            queue += [link.__cause__, link.__context__]
            # Twisted's ResponseFailed prints the Failures that it holds.
            queue += [getattr(reason, "value", None) for reason in getattr(link, "reasons", ())]
            yield link


def _clean(part: object, wire: Request, request: Request) -> object:
    if isinstance(part, bytes):
        return redaction.redact(part.decode("latin-1").replace(wire.url, request.url)).encode("latin-1")
    return redaction.redact(part.replace(wire.url, request.url)) if isinstance(part, str) else part
