"""Asks and writes for `actions`, through the crawl's downloader."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson
from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from sc_spiders import engine, records
from sc_spiders.actions.judge import Answer
from sc_spiders.api import CATALOGUE, Api
from sc_spiders.api.hosts import Hosts
from sc_spiders.api.refusal import own_words
from sc_spiders.api.writes import Form, Write
from sc_spiders.context import context
from sc_spiders.credentials.fetch import Fetch
from sc_spiders.downloader.auth import LIFE, CredentialsMiddleware
from sc_spiders.downloader.writing import WRITE, Transfer, failed
from sc_spiders.errors import ActionsStopped, CredentialError, CredentialsEnded
from sc_spiders.pages.listing import first_page
from sc_spiders.pages.paginator import next_href, with_own_parameters
from sc_spiders.redaction.known import Secrets

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

Row = dict[str, Any]

_GONE = frozenset({403, 404, 410})
_READS = 3  # answers in a row that may be no good
_LOOK = 0.5  # seconds between two checks whether the crawl is closing
_SLOWEST = 125_000.0  # bytes a second; for a slower upload the token may run out
_LONGEST = 1800.0  # seconds; no token can be had for much longer


class CrawlWire:
    """Implements `actions.wire.Wire` for a crawl of the public API. `api`: that of which objects are read."""

    def __init__(self, crawler: Crawler, api: Api = "public") -> None:
        self._crawler = crawler
        self._api = api
        self._hosts = Hosts.from_settings(crawler.settings)
        self._secrets = context(crawler).get_or_make(Secrets)
        self._fetch = Fetch(crawler, self._secrets, lambda: True)
        credentials = crawler.get_downloader_middleware(CredentialsMiddleware)
        assert credentials
        self._credentials = credentials

    @property
    def generation(self) -> int:
        return self._credentials.generation

    def now(self) -> float:
        return time.time()

    def redact(self, text: str) -> str:
        return self._secrets.redact(text)

    async def pause(self, since: float, seconds: float) -> None:
        # The clock of the machine is asked once: it may be set while this waits.
        until = time.monotonic() + min(since + seconds - time.time(), seconds)
        self._check_open()
        while (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, _LOOK))
            self._check_open()

    async def read(self, endpoint: str, urn: str = "") -> Row | None:
        path = first_page(CATALOGUE[endpoint], self._api, urn=urn)[0]
        data = await self._json(path, endpoint, lambda data: isinstance(data, dict) and _is_of(data, urn))
        return cast("Row | None", data)

    async def walk(self, endpoint: str, urn: str = "") -> AsyncIterator[Row]:
        path, kept = first_page(CATALOGUE[endpoint], "public", urn=urn)
        seen = {path}
        while path:
            data = await self._json(path, endpoint, lambda data: isinstance(_rows(data), list))
            if data is None and urn and len(seen) == 1:
                return  # what has the list is gone
            if data is None:  # a page that is missing is no end
                raise ActionsStopped("wait", f"{endpoint}: a page of the list is missing; start again later")
            for row in _rows(data):
                if isinstance(row, dict):
                    yield row
            path = self._next(endpoint, data, path, kept)
            if path in seen:
                raise ActionsStopped("wait", f"{endpoint}: its pages repeat, so its end is not known")
            seen.add(path)

    def _next(self, endpoint: str, data: Any, path: str, kept: dict[str, str]) -> str:
        """The path of the next page; "" after the last."""
        href = next_href(data)
        if not href:
            return ""
        following = self._hosts.path_of("public", str(href), path)
        if following is None:
            raise ActionsStopped("wait", f"{endpoint}: its next page is on another host")
        return with_own_parameters(following, kept)

    async def send(self, write: Write, urn: str | None, body: Row | Form | None) -> Answer:
        form = body if isinstance(body, Form) else None
        transfer = Transfer(form, _name(form))
        context(self._crawler).add(Transfer, transfer)
        try:
            assert self._crawler.engine
            response = await self._crawler.engine.download_async(self._request(write, urn, body, transfer))
        except IgnoreRequest:
            return Answer(error="no_route")  # the crawl is closing: it was not sent
        except CredentialsEnded as e:
            raise ActionsStopped(str(e) or "credentials", "there is no credential") from None
        except Exception as e:
            return Answer(error=failed(e), sent=transfer.audio)
        headers = {
            name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
            for name, values in response.headers.items()
        }
        return Answer(
            response.status, headers, response.body, sent=transfer.audio, sha256=transfer.sha256 if form else None
        )

    def _request(self, write: Write, urn: str | None, body: Row | Form | None, transfer: Transfer) -> Request:
        meta: dict[str, Any] = {
            WRITE: transfer,
            "auth": "user",
            "download_slot": "actions",
            "dont_redirect": True,
            "dont_retry": True,
            "dont_cache": True,
            "handle_httpstatus_all": True,
        }
        headers = {"Accept": "application/json; charset=utf-8"}
        data = b""
        if isinstance(body, Form):
            meta[LIFE] = min(_LONGEST, _sizes(body) / _SLOWEST)
        elif body is not None:
            data = orjson.dumps(body)
            headers["Content-Type"] = "application/json; charset=utf-8"
        path = write.path.format(urn=urn)
        return Request(
            self._hosts.url("public", path),
            method=write.method,
            body=data,
            headers=headers,
            meta=meta,
            dont_filter=True,
        )

    async def _json(self, path: str, what: str, is_good: Callable[[Any], bool]) -> Any:
        """The decoded answer to a GET; None if the API does not have it. What is no good answer is asked for again.

        An answer of another form is no empty list and no object that is gone: that would be a reason to write.
        """
        for failure in range(1, _READS + 1):
            self._check_open()
            try:
                response = await self._fetch(Request(self._hosts.url(self._api, path), meta={"auth": "user"}), what)
                if self._is_gone(response, what):
                    return None
                with suppress(records.BadBody):
                    data = records.decode(response.body)
                    if response.status == 200 and is_good(data):
                        return data
                await self._fetch.pause(failure, what)
            except IgnoreRequest:
                raise ActionsStopped("shutdown", "") from None
            except CredentialError as e:
                raise ActionsStopped(e.reason, str(e)) from None
        raise ActionsStopped("wait", f"{what}: {_READS} answers in a row are not what was asked for; start again later")

    def _is_gone(self, response: Response, what: str) -> bool:
        """Whether the API does not have it, or does not show it. Raises ActionsStopped for another refusal."""
        if response.status < 400:
            return False
        if response.status in _GONE and not response.body.lstrip().startswith(b"<"):
            return True
        words = own_words(response.body, self._secrets.redact) or ""
        if response.status == 401:
            raise ActionsStopped("credentials", f"{what}: the token is refused (401) {words}".strip())
        raise ActionsStopped("wait", f"{what}: status {response.status} {words}".strip())

    def _check_open(self) -> None:
        if engine.is_closing(self._crawler):
            raise ActionsStopped("shutdown", "")


def _rows(data: Any) -> Any:
    """The rows of a page, if it has some."""
    if isinstance(data, dict):
        return data.get("collection")
    return data


def _is_of(data: Row, urn: str) -> bool:
    """Whether an object is the one that was asked for."""
    named = data.get("urn") or data.get("id")
    if not urn:
        return named is not None
    return named == urn or str(named) == urn.rpartition(":")[2]


def _name(form: Form | None) -> str:
    """The name of the file that is sent; "" if there is none."""
    for path in (form.files if form else {}).values():
        return Path(path).name
    return ""


def _sizes(form: Form) -> float:
    return float(sum(Path(path).stat().st_size for path in form.files.values()))
