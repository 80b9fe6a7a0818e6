"""The public API's writes, under `/public`, and the end of a session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from sc_spiders.sandbox.account import Account
from sc_spiders.sandbox.bodies import Refused, json_body
from sc_spiders.sandbox.checks import OK, Checks, Handler, Spam
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.marks import Marks
from sc_spiders.sandbox.oauth import enveloped, problem, spam
from sc_spiders.sandbox.options import Options, ceilings
from sc_spiders.sandbox.posts import Posts
from sc_spiders.sandbox.public import PREFIX
from sc_spiders.sandbox.replies import reply
from sc_spiders.sandbox.tokens import Denied, Tokens
from sc_spiders.sandbox.written import Written


class Writes:
    """All writes of the public API.

    account: what there is now, by which writes are checked and answered. written: where they are kept.
    """

    def __init__(self, account: Account, written: Written, tokens: Tokens, options: Options) -> None:
        checks = Checks(account, written, ceilings(options.ceilings))
        marks, posts = Marks(account, written, checks, options), Posts(account, written, checks, options)
        self._table = marks.table() + posts.table()
        self._tokens = tokens
        self._unverified = options.unverified

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        routes = [web.route(method, PREFIX + path, self._guarded(handler)) for method, path, handler in self._table]
        return [*routes, web.post(f"{PREFIX}/sign-out", self.sign_out), web.post("/sign-out", self.sign_out_by_body)]

    def _guarded(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Serve only requests with a user's token, and answer errors as this API words them."""

        async def answer(request: web.Request) -> web.Response:
            try:
                token = self._tokens.holder(request)
                if token is None or token.user is None or self._unverified:
                    return web.Response(status=401, text="\n")
                return await handler(request, token.user)
            except Denied:
                return problem(401)
            except NotFound:
                return problem(404)
            except Refused as error:
                return problem(error.status, str(error))
            except Spam:
                return spam()
            except ValueError:
                return problem(400)

        async def guard(request: web.Request) -> web.StreamResponse:
            return enveloped(await answer(request))

        return guard

    async def sign_out(self, request: web.Request) -> web.Response:
        """End the session of the token in the header."""
        try:
            if self._tokens.holder(request) is None:
                return problem(401)
        except Denied:
            return problem(401)
        self._tokens.end(request.headers["Authorization"].partition(" ")[2].strip())
        return reply(OK)

    async def sign_out_by_body(self, request: web.Request) -> web.Response:
        """End the session of the token in the body, as on secure.soundcloud.com."""
        try:
            self._tokens.end(str((await json_body(request))["access_token"]))
        except (Refused, KeyError):
            return problem(400)
        return reply(OK)
