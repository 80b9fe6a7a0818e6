"""Likes, reposts and followings are set and taken away."""

from __future__ import annotations

from aiohttp import web

from sc_spiders.sandbox import public_objects
from sc_spiders.sandbox.account import Account
from sc_spiders.sandbox.bodies import Refused
from sc_spiders.sandbox.checks import OK, Checks, Handler
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.options import Options
from sc_spiders.sandbox.replies import reply
from sc_spiders.sandbox.v2 import id_of
from sc_spiders.sandbox.written import Written


class Marks:
    """Handlers of likes, reposts and followings."""

    def __init__(self, account: Account, written: Written, checks: Checks, options: Options) -> None:
        self._account = account
        self._written = written
        self._checks = checks
        self._options = options

    def table(self) -> list[tuple[str, str, Handler]]:
        """Return method, path template and handler of each write."""
        target = "{kind:tracks|playlists}/{urn}"
        return [
            ("POST", f"/likes/{target}", self.like),
            ("DELETE", f"/likes/{target}", self.unlike),
            ("POST", f"/reposts/{target}", self.repost),
            ("DELETE", f"/reposts/{target}", self.unrepost),
            ("PUT", "/me/followings/{urn}", self.follow),
            ("DELETE", "/me/followings/{urn}", self.unfollow),
        ]

    def _target(self, request: web.Request) -> str:
        """Return the URN of the track or playlist that is marked. Private ones cannot be."""
        kind = request.match_info["kind"]
        id = id_of(request.match_info["urn"], kind)
        if not self._account.track_or_playlist(kind, id)["public"]:
            raise NotFound(id)
        return f"soundcloud:{kind}:{id}"

    def _set_mark(self, name: str, user: int, target: int | str) -> None:
        self._written.marks(name).set(user, target, self._written.date(), self._written.moment())

    def _take_mark(self, name: str, user: int, target: int | str, there: bool) -> web.Response:
        """Take a mark away. Whether it is an error if there is none is not known of the real API."""
        if not there:
            if self._options.delete_again == 200:
                return reply(OK)
            raise NotFound(target)
        self._written.marks(name).set(user, target, None, self._written.moment())
        return reply(OK)

    async def like(self, request: web.Request, user: int) -> web.Response:
        target = self._target(request)
        self._checks.count(user, "like")
        if target not in dict(self._account.likes(user)):
            self._set_mark("likes", user, target)
        return reply(OK)

    async def unlike(self, request: web.Request, user: int) -> web.Response:
        target = self._target(request)
        return self._take_mark("likes", user, target, target in dict(self._account.likes(user)))

    async def repost(self, request: web.Request, user: int) -> web.Response:
        target = self._target(request)
        self._checks.count(user, "repost")
        if target not in dict(self._account.reposts(user)):
            self._set_mark("reposts", user, target)
            return reply({"status": "201 - Created"}, 201)
        if self._options.repost_again == 200:
            return reply(OK)
        raise Refused(409, "Already reposted.")

    async def unrepost(self, request: web.Request, user: int) -> web.Response:
        target = self._target(request)
        return self._take_mark("reposts", user, target, target in dict(self._account.reposts(user)))

    async def follow(self, request: web.Request, user: int) -> web.Response:
        other = id_of(request.match_info["urn"], "users")
        row = public_objects.user(self._account, other)
        followings = self._account.followings(user)
        if other in followings:
            return reply({"status": "200 - Successful"})
        if other == user:
            raise Refused(422, "You cannot follow yourself.")
        if len(followings) >= self._options.most_followings:
            raise Refused(422, f"You cannot follow more than {self._options.most_followings} users.")
        self._checks.count(user, "follow")
        self._set_mark("followings", user, other)
        return reply(row, 201)

    async def unfollow(self, request: web.Request, user: int) -> web.Response:
        other = id_of(request.match_info["urn"], "users")
        self._account.user(other)
        return self._take_mark("followings", user, other, other in self._account.followings(user))
