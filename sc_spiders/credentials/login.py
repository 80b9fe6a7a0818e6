"""Logs a user in by the authorization code flow: the browser comes back to this machine with a code.

PKCE (RFC 7636, S256) makes a code useless to others who see it, and `state` makes forged answers fail.
"""

import asyncio
import base64
import hashlib
import ipaddress
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import SplitResult, urlencode, urlsplit

import aiohttp
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from scrapy.settings import BaseSettings

from sc_spiders.api.hosts import Hosts
from sc_spiders.credentials.oauth import login_key, read_answer
from sc_spiders.credentials.sources import check_given
from sc_spiders.credentials.tokenfile import TokenFile
from sc_spiders.errors import CredentialError

__all__ = ["log_in"]

DEFAULT_REDIRECT = "http://127.0.0.1:0/callback"  # port 0: any free port
EXCHANGE_TIMEOUT = aiohttp.ClientTimeout(total=60)  # seconds


async def log_in(settings: BaseSettings, show: Callable[[str, str], Awaitable[None]], patience: float) -> TokenFile:
    """Let a person log in, and store the token in the token file. Returns the token file.

    `show` gets the address of the page to open and the redirect URI. `patience`: seconds to wait for the browser. The
    browser shows whether the login succeeded.
    Raises `CredentialError`, or `BadHost` for an address among the settings that must not be used.
    """
    check_given(settings)
    hosts, file = Hosts.from_settings(settings), TokenFile.from_settings(settings)
    app = {"client_id": settings.get("SC_CLIENT_ID"), "client_secret": settings.get("SC_CLIENT_SECRET")}
    if not all(app.values()):
        raise CredentialError("set SC_CLIENT_ID and SC_CLIENT_SECRET to those of your app", "bad_arguments")
    async with file.locked():
        file.load()  # a bad file is refused before the person logs in
    verifier = secrets.token_urlsafe(64)
    async with Callback(settings.get("SC_REDIRECT_URI") or DEFAULT_REDIRECT) as callback:
        question = {
            "client_id": app["client_id"],
            "redirect_uri": callback.uri,
            "response_type": "code",
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
            "state": callback.state,
        }
        await show(f"{hosts.url('authorize')}?{urlencode(question)}", callback.uri)
        code = await callback.code(patience)
        form = {"grant_type": "authorization_code", **app, "redirect_uri": callback.uri}
        answer = await _exchange(hosts.url("token"), {**form, "code_verifier": verifier, "code": code})
        async with file.locked():
            entry = {"client_id": app["client_id"], "login": secrets.token_hex(8), **read_answer(answer)}
            file.save({**file.load(), login_key(hosts.url("token")): entry})
        callback.is_stored = True
    return file


class Callback:
    """A web server on this machine that waits for the browser to come back with a code.

    Any web page can send a browser here. A request without this login's `state` is refused and changes nothing. The
    browser with the code is answered last, with the outcome of the login: set `is_stored` once the token is stored.
    """

    def __init__(self, uri: str) -> None:
        self._uri = _checked(uri)
        self.state = secrets.token_urlsafe(32)
        self.is_stored = False
        self._ignored = 0
        self._answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> "Callback":
        app = web.Application()
        app.router.add_get(self._uri.path or "/", self._come_back)
        # The access log would show the code.
        self._runner = web.AppRunner(app, access_log=None, logger=_server_log(), shutdown_timeout=1)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._uri.hostname, self._uri.port or 0).start()
        except OSError as error:
            await self._runner.cleanup()
            raise CredentialError(f"cannot listen on {self._uri.netloc} for the browser: {error}") from None
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, *_: object) -> None:
        self._outcome.set_result(self._outcome_of(error))
        await self._runner.cleanup()  # first it answers the browsers that wait
        self._answer.cancel()

    def _outcome_of(self, error: BaseException | None) -> str:
        """The message for the browser; "" if the token is stored."""
        if self.is_stored:
            return ""
        trouble = "the login was cancelled"
        if isinstance(error, CredentialError):
            trouble = str(error)
        return f"You are not logged in: {trouble}"

    @property
    def uri(self) -> str:
        """The redirect URI, with the actual port."""
        port = self._runner.addresses[0][1]
        return self._uri._replace(netloc=f"{self._uri.netloc.rpartition(':')[0]}:{port}").geturl()

    async def code(self, patience: float) -> str:
        """The authorization code. Raises `CredentialError` if none comes in time, or if SoundCloud refuses."""
        try:
            return await asyncio.wait_for(self._answer, patience)
        except TimeoutError:
            ignored = ""
            if self._ignored:
                ignored = f"; ignored requests without this login's state: {self._ignored}"
            raise CredentialError(f"the browser did not come back within {patience:.0f} s{ignored}") from None

    async def _come_back(self, request: web.Request) -> web.Response:
        if not secrets.compare_digest(request.query.get("state", "").encode(), self.state.encode()):
            self._ignored += 1
            return _told("This is not the answer to the current login: its state is another. The login still waits.")
        if not self._answer.done():
            if refusal := _refusal(request):
                self._answer.set_exception(CredentialError(refusal))
            else:
                self._answer.set_result(request.query["code"])
        return _told(await asyncio.shield(self._outcome))


def _server_log() -> logging.Logger:
    """aiohttp's log of errors, without those about requests that are not HTTP: these get a 400 and are no fault."""
    log = logging.getLogger(f"{__name__}.server")
    log.addFilter(_is_own_fault)
    return log


def _is_own_fault(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def _refusal(request: web.Request) -> str:
    """Why an answer of this login (with its `state`) has no code; "" if it has one."""
    if error := request.query.get("error"):
        return "SoundCloud says: " + re.sub(r"[^\w .-]", "?", error[:100])
    if not request.query.get("code"):
        return "SoundCloud came back without a code"
    return ""


def _told(trouble: str) -> web.Response:
    """The answer that the browser shows. `trouble`: "" if the login succeeded."""
    status = HTTPStatus.OK
    if trouble:
        status = HTTPStatus.BAD_REQUEST
    return web.Response(
        status=status,
        text=trouble or "You are logged in. Close this page and go back to the terminal.",
        headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
    )


def _checked(uri: str) -> SplitResult:
    parts = urlsplit(uri)
    try:
        is_here = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
        is_here = is_here and parts.scheme == "http" and parts.port is not None and "@" not in parts.netloc
    except ValueError:
        is_here = False
    if not is_here:
        raise CredentialError(
            "SC_REDIRECT_URI must be on this machine, where login waits: http://127.0.0.1:PORT/callback, "
            "as it is written in your app's settings",
            "bad_arguments",
        )
    return parts


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


async def _exchange(url: str, form: dict[str, str]) -> bytes:
    try:
        async with (
            aiohttp.ClientSession(timeout=EXCHANGE_TIMEOUT) as session,
            session.post(url, data=form, allow_redirects=False, headers={"Accept": "application/json"}) as response,
        ):
            body = await response.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise CredentialError(f"the token endpoint cannot be reached: {type(error).__name__}") from None
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise CredentialError("the token endpoint answers 429, it gives an address 30 tokens an hour: come back later")
    if response.status != HTTPStatus.OK:
        raise CredentialError(
            f"the token endpoint refuses ({response.status}): check SC_CLIENT_ID, SC_CLIENT_SECRET and SC_REDIRECT_URI"
        )
    return body
