"""`/authorize` and `/oauth/token`, as on secure.soundcloud.com."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from aiohttp import BasicAuth, web

from sc_spiders.sandbox.replies import reply
from sc_spiders.sandbox.tokens import APP_ID, APP_SECRET, Denied, Tokens

DOCS = "https://developers.soundcloud.com/docs/api/explorer/open-api"


def problem(status: int, message: str = "", reason: str = "") -> web.Response:
    """Answer with an error as the public API and the token endpoint write it."""
    errors = [{"error_message": message}] if message else []
    names = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}
    body = {
        "code": status,
        "message": message,
        "link": DOCS,
        "status": f"{status} - {names[status]}",
        "errors": errors,
        "error": None,
    }
    return reply(body | ({"error_code": reason} if reason else {}), status)


class OAuth:
    """The endpoints that give tokens."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to an application."""
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
        grant = form.get("grant_type")
        # An app's own grant has its credentials in HTTP Basic, a user's grant has them in the form.
        known = _basic(request) if grant == "client_credentials" else _form(form)
        if not known:
            return problem(401, "invalid_client")
        try:
            match grant:
                case "client_credentials":
                    return reply(self._tokens.by_credentials())
                case "refresh_token":
                    return reply(self._tokens.by_refresh(form.get("refresh_token", "")))
                case "authorization_code":
                    names = ("code", "code_verifier", "redirect_uri")
                    return reply(self._tokens.by_code(*(form.get(name, "") for name in names)))
        except Denied as error:
            if str(error) == "rate_limit_exceeded":
                return problem(429, str(error), str(error))
            return problem(401, str(error))
        return problem(400, "unsupported_grant_type")


def _basic(request: web.Request) -> bool:
    try:
        given = BasicAuth.decode(request.headers.get("Authorization", ""))
    except ValueError:
        return False
    return (given.login, given.password) == (APP_ID, APP_SECRET)


def _form(form: dict[str, str]) -> bool:
    return (form.get("client_id"), form.get("client_secret")) == (APP_ID, APP_SECRET)
