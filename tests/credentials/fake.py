"""A small SoundCloud on loopback. Tests can let its credentials expire, move or hide them."""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

Id = str
SECRET_TRACK = "s-AbCdEfGhIjK"


def make_id(number: int) -> Id:
    """A client id that looks like SoundCloud's: 32 letters and digits."""
    return f"Ab{number}".ljust(32, "x")


class FakeSoundCloud:
    """Serves the web page at /, v2 beside it, the public API under /public, tokens at /oauth/token, /sign-out.

    `seen` holds every request as (method, path, query, headers, body).
    """

    def __init__(self) -> None:
        self.valid = {make_id(1)}
        self.on_page: Id | None = make_id(1)
        self.scripts: list[str] = []
        self.script_bytes_sent: Counter[str] = Counter()
        self.page_faults: list[web.Response] = []
        self.token_faults: list[web.Response] = []
        self.tokens: set[str] = set()
        self.refresh_tokens: set[str] = set()
        self.expires_in = 3600
        self.codes: dict[str, tuple[str, str]] = {}
        self.authorize_answer: dict[str, str] = {}
        self.seen: list[tuple[str, str, dict[str, str], dict[str, str], str]] = []
        self.on_answer: Callable[[web.Request], None] = lambda request: None
        self.handlers: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {}
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def settings(self) -> dict[str, Any]:
        """Settings that send all requests to this server."""
        return {
            "SC_V2_URL": self.url,
            "SC_PUBLIC_URL": self.url + "/public",
            "SC_WEB_URL": self.url,
            "SC_SHORT_LINK_URL": self.url + "/on",
            "SC_TOKEN_URL": self.url + "/oauth/token",
            "SC_AUTHORIZE_URL": self.url + "/authorize",
            "SC_GRAPHQL_URL": self.url + "/graphql",
        }

    def count(self, path: str) -> int:
        """How often this path was requested."""
        return sum(seen == path for _, seen, *_ in self.seen)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        self.seen.append((request.method, request.path, dict(request.query), dict(request.headers), body))
        for prefix, handler in self.handlers.items():
            if request.path.startswith(prefix):
                return await handler(request)
        if request.path == "/":
            return self._page()
        if request.path.startswith("/assets/"):
            return await self._script(request)
        if request.path == "/authorize":
            return self._authorize(request)
        if request.path == "/oauth/token":
            return self._token(request, body)
        if request.path == "/sign-out":
            return self._sign_out(request, body)
        self.on_answer(request)
        if request.path.startswith("/public/"):
            word, _, token = request.headers.get("Authorization", "").partition(" ")
            allowed = word == "OAuth" and token in self.tokens
        else:
            allowed = request.query.get("client_id") in self.valid
        if not allowed:
            return web.Response(status=401)
        return web.json_response({"path": request.path})

    def _page(self) -> web.Response:
        if self.page_faults:
            return self.page_faults.pop(0)
        entries: list[Any] = [{"hydratable": "anonymousId", "data": "1-2-3"}]
        if self.on_page:
            entries.append({"hydratable": "apiClient", "data": {"id": self.on_page, "isExpiring": False}})
        scripts = "".join(
            f'<script crossorigin src="/assets/{number}-0a1b2c3d.js"></script>\n' for number in range(len(self.scripts))
        )
        hydration = f"<script>window.__sc_hydration = {json.dumps(entries)};</script>"
        html = f"<html><body>{hydration}{scripts}</body></html>"
        return web.Response(text=html, content_type="text/html")

    async def _script(self, request: web.Request) -> web.StreamResponse:
        name = request.path.removeprefix("/assets/")
        data = self.scripts[int(name.partition("-")[0])].encode()
        response = web.StreamResponse(headers={"Content-Type": "application/javascript"})
        response.content_length = len(data)
        await response.prepare(request)
        for start in range(0, len(data), 16384):
            try:
                await response.write(data[start : start + 16384])
            except ConnectionError:
                break
            self.script_bytes_sent[name] += len(data[start : start + 16384])
        return response

    def _authorize(self, request: web.Request) -> web.Response:
        """A user who consents at once."""
        query = request.query
        assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
        code = f"code-{len(self.seen)}"
        self.codes[code] = (query["code_challenge"], query["redirect_uri"])
        back = urlencode({"code": code, "state": query["state"], **self.authorize_answer})
        return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}?{back}"})

    def _sign_out(self, request: web.Request, body: str) -> web.Response:
        """End a session. As the guide has it, the token is in the body; as the specification has it, in the header."""
        token = json.loads(body)["access_token"]
        if request.headers["Authorization"] != f"OAuth {token}" or token not in self.tokens:
            return web.Response(status=401, text="\n")
        self.tokens.discard(token)
        return web.json_response({})

    def _token(self, request: web.Request, body: str) -> web.Response:
        if self.token_faults:
            return self.token_faults.pop(0)
        form = dict(parse_qsl(body))
        match form["grant_type"]:
            case "client_credentials":
                good = request.headers.get("Authorization") == "Basic bXktYXBwLWlkOm15LWFwcC1zZWNyZXQ="
            case "refresh_token":
                good = form["refresh_token"] in self.refresh_tokens and form["client_id"] == "my-app-id"
                self.refresh_tokens.discard(form["refresh_token"])
            case "authorization_code":
                digest = hashlib.sha256(form["code_verifier"].encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
                good = self.codes.pop(form["code"], None) == (challenge, form["redirect_uri"])
                good = good and (form["client_id"], form["client_secret"]) == ("my-app-id", "my-app-secret")
            case _:
                good = False
        if not good:
            return web.json_response({"error": "invalid_grant"}, status=401)
        number = len(self.tokens) + 1
        token, refresh = f"2-29-access-{number:06}", f"refresh-{number:06}"
        self.tokens.add(token)
        self.refresh_tokens.add(refresh)
        return web.json_response(
            {
                "access_token": token,
                "refresh_token": refresh,
                "expires_in": self.expires_in,
                "token_type": "Bearer",
                "scope": "",
            }
        )
