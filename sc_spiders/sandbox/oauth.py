"""`/authorize` and `/oauth/token`, as on secure.soundcloud.com."""

from __future__ import annotations

from collections.abc import Callable
from http.client import responses
from urllib.parse import urlencode, urlsplit

from aiohttp import BasicAuth, web

from sc_spiders.sandbox.replies import reply
from sc_spiders.sandbox.tokens import APP_ID, APP_SECRET, Denied, Tokens

DOCS = "https://developers.soundcloud.com/docs/api/explorer/open-api"


def problem(status: int, message: str = "", reason: str = "") -> web.Response:
    """Answer with an error as the public API and the token endpoint write it."""
    errors = []
    if message:
        errors.append({"error_message": message})
    names = {**responses, 422: "Unprocessable Entity"}
    body = {
        "code": status,
        "message": message,
        "link": DOCS,
        "status": f"{status} - {names[status]}",
        "errors": errors,
        "error": None,
    }
    if reason:
        body["error_code"] = reason
    return reply(body, status)


def spam() -> web.Response:
    """Answer a write that is taken for spam: 429, and a warning that the user must confirm on the web site."""
    body = {
        "code": 429,
        "message": "This looks like spam. Confirm on soundcloud.com that it is not.",
        "spam_warning_urn": "soundcloud:spam-warnings:1",
        "link": "https://developers.soundcloud.com/docs/api/rate-limits#errors",
    }
    return reply(body, 429)


def enveloped(answer: web.StreamResponse) -> web.StreamResponse:
    """Return the answer with the headers of the public API."""
    limits = {"X-RateLimit-Limit": "-1", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"}
    answer.headers.update({"Server": "envoy", **limits})
    return answer


_FIELDS: dict[str, tuple[str, ...]] = {
    "client_credentials": (),
    "refresh_token": ("refresh_token",),
    "authorization_code": ("code", "code_verifier", "redirect_uri"),
}
"""The fields of the form for each sort of grant."""


class OAuth:
    """The endpoints that give tokens."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [web.get("/authorize", self._authorize), web.post("/oauth/token", self._token)]

    async def _authorize(self, request: web.Request) -> web.Response:
        """Redirect back to the app with a code: the user agrees at once."""
        query = request.query
        redirect_uri, challenge = query.get("redirect_uri", ""), query.get("code_challenge", "")
        wrong = (
            query.get("client_id") != APP_ID
            or query.get("response_type") != "code"
            or query.get("code_challenge_method") != "S256"
            or not challenge
            or not urlsplit(redirect_uri).netloc
        )
        if wrong:
            return problem(400, "invalid_request")
        answer = {"code": self._tokens.authorize(challenge, redirect_uri), "state": query.get("state", "")}
        return web.Response(status=302, headers={"Location": f"{redirect_uri}?{urlencode(answer)}"})

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        grant = form.get("grant_type", "")
        if not _is_known(request, form):
            return problem(401, "invalid_client")
        if grant not in _FIELDS:
            return problem(400, "unsupported_grant_type")
        given = [form.get(name, "") for name in _FIELDS[grant]]
        grants: dict[str, Callable[..., dict[str, object]]] = {
            "client_credentials": self._tokens.by_credentials,
            "refresh_token": self._tokens.by_refresh,
            "authorization_code": self._tokens.by_code,
        }
        try:
            return reply(grants[grant](*given))
        except Denied as error:
            if str(error) == "rate_limit_exceeded":
                return problem(429, str(error), str(error))
            return problem(401, str(error))


def _is_known(request: web.Request, form: dict[str, str]) -> bool:
    """Check the app's credentials. The app's own grant has them in HTTP Basic, a user's grant has them in the form."""
    if form.get("grant_type") == "client_credentials":
        return _basic(request)
    return _form(form)


def _basic(request: web.Request) -> bool:
    try:
        given = BasicAuth.decode(request.headers.get("Authorization", ""))
    except ValueError:
        return False
    return (given.login, given.password) == (APP_ID, APP_SECRET)


def _form(form: dict[str, str]) -> bool:
    return (form.get("client_id"), form.get("client_secret")) == (APP_ID, APP_SECRET)
