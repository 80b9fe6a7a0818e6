"""Reads the client id of v2 from the web page.

Since 2026 it is in the page's hydration data, `window.__sc_hydration = [...]`, in the `apiClient` entry. It is also in
one of the page's scripts, as `client_application_id:46941,client_id:"…"`: today within the first 50 kB of the last
script, in other years in others.
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
# In quotes, or in an address, which may be percent-encoded. The length of 32 tells it from the ids of other services.
# The character after it is required: the first part of a longer word, cut by the network, must not match.
IN_SCRIPT = re.compile(
    rb"""(?:(?<![A-Za-z_])|(?<=[%5]3[Ff]))client_id(?:["']?\s{0,8}[:=]\s{0,8}["']|=|%(?:25)?3[Dd])([0-9A-Za-z]{32})(?=[^0-9A-Za-z_-])"""
)
CLIENT_ID = re.compile(r"[\w-]+")
MAX_REDIRECTS = 5
READINGS = 3  # how often a page without a client id is read: it may be wrong while SoundCloud deploys
MAX_SCRIPTS = 30  # requested per reading, the last first; the page has about ten
MAX_HYDRATIONS = 10  # parsed per page
OVERLAP = 96  # bytes that are kept of a chunk, because a match may span two chunks; a match is shorter
BEHIND = 3  # bytes before a match that `IN_SCRIPT` looks back at; they are kept, too


class WebPage:
    """Reads the client id from the web page, or from its scripts until one has it."""

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
        self._start = 0
        self._read: set[str] = set()  # addresses of scripts that were read whole and have no client id

    async def obtain(self, refused: Credential | None) -> Credential:
        address = self.hosts.url("web", "/")
        old = ""
        if refused:
            old = refused.client_id
        self._read.clear()
        for reading in range(1, READINGS + 1):
            page = await self._page(address)
            if page.status != 200:
                what = f"the web page {address} answers {page.status}, so there is no client id"
            elif not isinstance(page, TextResponse):
                what = f"the web page {address} does not answer with text, so there is no client id"
            elif client_id := await self._on_page(page, old):
                return Credential(client_id, self.token)
            else:
                what = f"no client id on the web page {address} nor in its scripts"
            if page.status == 403:  # blocked: asking again would not help
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
        """The id in the hydration data. If that id was refused: the id in the scripts, if there is one."""
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
        """The id in the scripts; "" if none has it. Raises `CredentialError` if one of them could not be read."""
        unread: CredentialError | None = None
        self.crawler.signals.connect(self._stop_at_client_id, signals.bytes_received)
        try:
            failed: list[str] = []
            for url in self._scripts(page):
                try:
                    found = await self._in_script(url, 1)
                except CredentialError:  # tried again later: the other scripts come first
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
                    logger.warning("%s: looking in the other scripts", error)
                    unread = error
        finally:
            self.crawler.signals.disconnect(self._stop_at_client_id, signals.bytes_received)
        if unread:
            raise unread
        return ""

    def _scripts(self, page: TextResponse) -> list[str]:
        """The addresses of the scripts to read, the last of the page first, without those known to have no id."""
        urls = [self.hosts.join(page.url, source) for source in reversed(page.xpath("//script/@src").getall())]
        fitting = dict.fromkeys(url for url in urls if self.hosts.is_script(url))
        if len(fitting) > MAX_SCRIPTS:
            logger.info("The web page has %d scripts; only the last %d are read", len(fitting), MAX_SCRIPTS)
        return [url for url in islice(fitting, MAX_SCRIPTS) if url not in self._read]

    async def _in_script(self, url: str, attempts: int = 0) -> str:
        """The id in this script; "" if it has none. Raises CredentialError."""
        script = await self._script(url, attempts)
        if match := IN_SCRIPT.search(script.body + b"\n"):
            return match[1].decode()
        if script.status == 200:
            self._read.add(url)
        return ""

    async def _script(self, url: str, attempts: int) -> Response:
        self._tail, self._start = b"", 0
        # Uncompressed, so that the download can stop at the id. If the server compresses it all the same, the whole
        # script is downloaded, and the id found in it.
        request = Request(url, headers={"Accept-Encoding": "identity"}, meta={"auth": "script"})
        return await self.fetch(request, "a script of the web page", attempts)

    def _stop_at_client_id(self, data: bytes, request: Request) -> None:
        if request.meta.get("auth") == "script":
            seen = self._tail + data
            if IN_SCRIPT.search(seen, self._start):
                raise StopDownload(fail=False)
            if len(seen) > OVERLAP:
                self._start = BEHIND
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
        except (ValueError, RecursionError):  # RecursionError: nested too deeply
            continue
        if isinstance(entries, list):
            yield from entries
