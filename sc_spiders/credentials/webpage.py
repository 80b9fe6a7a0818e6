"""The client id of v2, as the web page carries it.

Since 2026 it stands in the page's hydration data, `window.__sc_hydration = [...]`, as the `apiClient` entry.
Before, and still, it is in one of the page's scripts as `client_application_id:46941,client_id:"…"`: today
the last one, within its first 50 kB; it has moved between them over the years.
"""

import json
import logging
import re
from collections.abc import Iterator
from itertools import islice

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload
from scrapy.http import Response, TextResponse

from sc_spiders.api.hosts import Hosts
from sc_spiders.credentials.fetch import Fetch
from sc_spiders.credentials.types import Credential
from sc_spiders.errors import CredentialError, Unanswered

__all__ = ["WebPage"]

logger = logging.getLogger(__name__)

HYDRATION = re.compile(r"window\.__sc_hydration\s*=\s*")
# In quotes, or in an address, which may be encoded. Thirty-two characters set it apart from the ids of other companies'
# services in the same scripts; what follows must be there, or a longer word that the network cuts would pass for one.
IN_SCRIPT = re.compile(
    rb"""(?:(?<![A-Za-z_])|(?<=[%5]3[Ff]))client_id(?:["']?\s{0,8}[:=]\s{0,8}["']|=|%(?:25)?3[Dd])([0-9A-Za-z]{32})(?=[^0-9A-Za-z_-])"""
)
CLIENT_ID = re.compile(r"[\w-]+")
MAX_REDIRECTS = 5
READINGS = 3  # of a page without a client id: what is deployed this moment may be garbled
MAX_SCRIPTS = 30  # that are asked of one reading, the last first; the page has about ten
MAX_HYDRATIONS = 10  # places of a page that are read as such
OVERLAP = 96  # bytes; longer than any match, so that one cut in two by the network is still seen


class WebPage:
    """Reads the client id from the web page, and from no more of its scripts than it takes."""

    renewable = True
    grant = None

    def __init__(self, crawler: Crawler, hosts: Hosts, fetch: Fetch, token: str) -> None:
        self.crawler = crawler
        self.hosts = hosts
        self.fetch = fetch
        self.token = token
        self.remedy = "set SC_CLIENT_ID to the client_id that the web site uses, or start again later"
        if token:
            self.remedy = f"give a fresh SC_OAUTH_TOKEN; if it is fresh, {self.remedy}"
        self._tail = b""
        self._read: set[str] = set()  # addresses of scripts that were read whole and do not have it

    async def obtain(self, refused: Credential | None) -> Credential:
        address = self.hosts.url("web", "/")
        self._read.clear()
        for reading in range(1, READINGS + 1):
            page = await self._page(address)
            if page.status != 200:
                what = f"the web page {address} answers {page.status}, so there is no client id"
            elif not isinstance(page, TextResponse):
                what = f"the web page {address} answers something that is no text, so there is no client id"
            elif client_id := await self._on_page(page, refused.client_id if refused else ""):
                return Credential(client_id, self.token)
            else:
                what = f"no client id on the web page {address} nor in its scripts"
            if page.status == 403:  # a block, which is not fought
                break
            if reading < READINGS:
                logger.info("%s; reading it again", what)
                await self.fetch.pause(reading, what)
        raise CredentialError(f"{what}: {self.remedy}")

    async def _page(self, address: str) -> Response:
        url = address
        for _ in range(MAX_REDIRECTS):
            page = await self.fetch(Request(url, meta={"auth": "page"}), f"the web page {address}")
            location = page.headers.get("Location")
            if not location or page.status not in (301, 302, 303, 307, 308):
                break
            url = self.hosts.join(url, location.decode("latin-1"))
            if not self.hosts.same_origin("web", url):
                break
        return page

    async def _on_page(self, page: TextResponse, refused: str | None) -> str:
        """The id in the hydration data, but where that was refused one of the scripts, if they have any."""
        hydrated = _in_hydration(page.text)
        if not hydrated:
            return await self._in_scripts(page)
        if hydrated != refused:
            return hydrated
        try:
            return await self._in_scripts(page) or hydrated
        except Unanswered:
            return hydrated

    async def _in_scripts(self, page: TextResponse) -> str:
        """Raises `CredentialError` where it is in none that could be read, and one could not."""
        unread: CredentialError | None = None
        self.crawler.signals.connect(self._stop_at_client_id, signals.bytes_received)
        try:
            failed: list[str] = []
            for url in self._scripts(page):
                try:
                    found = await self._in_script(url, 1)
                except CredentialError:  # the others are asked first
                    failed.append(url)
                    continue
                if found:
                    return found
            for url in failed:
                try:
                    if found := await self._in_script(url):
                        return found
                except CredentialError as error:
                    if error.reason == "wait" and not isinstance(error, Unanswered):
                        raise
                    logger.warning("%s: looking on in the others", error)
                    unread = error
        finally:
            self.crawler.signals.disconnect(self._stop_at_client_id, signals.bytes_received)
        if unread:
            raise unread
        return ""

    def _scripts(self, page: TextResponse) -> list[str]:
        """The addresses to look at, the last of the page first, each once, and not those that do not have it."""
        urls = [self.hosts.join(page.url, source) for source in reversed(page.xpath("//script/@src").getall())]
        fitting = dict.fromkeys(url for url in urls if self.hosts.is_script(url))
        if len(fitting) > MAX_SCRIPTS:
            logger.info("The web page has %d scripts; only the last %d are read", len(fitting), MAX_SCRIPTS)
        return [url for url in islice(fitting, MAX_SCRIPTS) if url not in self._read]

    async def _in_script(self, url: str, attempts: int = 0) -> str:
        """The id that this script has; "" where it has none. Raises CredentialError."""
        script = await self._script(url, attempts)
        if match := IN_SCRIPT.search(script.body + b"\n"):
            return match[1].decode()
        if script.status == 200:
            self._read.add(url)
        return ""

    async def _script(self, url: str, attempts: int) -> Response:
        self._tail = b""
        # Uncompressed, so that it can be read while it comes. A server that compresses it all the same costs
        # the rest of the script and nothing else: the id is then found in the whole of it.
        request = Request(url, headers={"Accept-Encoding": "identity"}, meta={"auth": "script"})
        return await self.fetch(request, "a script of the web page", attempts)

    def _stop_at_client_id(self, data: bytes, request: Request) -> None:
        if request.meta.get("auth") == "script":
            seen = self._tail + data
            if IN_SCRIPT.search(seen):
                raise StopDownload(fail=False)
            self._tail = seen[-OVERLAP:]


def _in_hydration(html: str) -> str:
    for entry in _hydration(html):
        match entry:
            case {"hydratable": "apiClient", "data": {"id": str(client_id)}} if CLIENT_ID.fullmatch(client_id):
                return client_id
    return ""


def _hydration(html: str) -> Iterator[object]:
    for match in islice(HYDRATION.finditer(html), MAX_HYDRATIONS):
        try:
            entries, _ = json.JSONDecoder().raw_decode(html, match.end())
        except (ValueError, RecursionError):  # the latter: nested beyond all reason
            continue
        if isinstance(entries, list):
            yield from entries
