"""The v2 API: objects, and users' follows, likes, reposts and posts."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sc_spiders.sandbox import objects
from sc_spiders.sandbox.clients import ClientIds
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.paging import Moments, Offsets, follow_moments, with_gaps
from sc_spiders.sandbox.replies import listing, reply
from sc_spiders.sandbox.tokens import Denied, Tokens
from sc_spiders.sandbox.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BATCH = 50
"""The most ids that /tracks?ids= takes."""

PAGE = re.compile(r"https?://(?:(?:www|m)\.)?soundcloud\.com/([^?#]*)", re.IGNORECASE)


def id_of(text: str, kind: str) -> int:
    """Return the id in a path, given as a number or as a URN of this kind, or raise NotFound."""
    number = text.removeprefix(f"soundcloud:{kind}:")
    if not number.isdecimal():
        raise NotFound(text)
    return int(number)


def guarded(clients: ClientIds, tokens: Tokens, handler: Handler) -> Handler:
    """Serve only requests with a valid client id and no bad token. NotFound becomes 404 with an empty object."""

    async def guard(request: web.Request) -> web.StreamResponse:
        if not clients.accept(request.query.get("client_id")):
            return refused()
        try:
            tokens.holder(request)
            return await handler(request)
        except Denied:
            return refused()
        except NotFound:
            return reply({}, 404)

    return guard


def refused() -> web.Response:
    """Answer 401."""
    return web.Response(status=401, headers={"Server": "am/2", "X-Cache": "Error from cloudfront"})


def resolve(world: World, url: str) -> tuple[str, int | str]:
    """Return kind and id of the page at this address, or raise NotFound."""
    found = PAGE.match(url)
    if not found:
        raise NotFound(url)
    return world.resolve(found[1])


class Core:
    """The endpoints of users and their relations."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> dict[str, Handler]:
        """Return the handlers by path template."""
        user = {
            "": self.user, "/followers": self.followers, "/followings": self.followings, "/likes": self.likes,
            "/track_likes": self.likes, "/playlist_likes": self.likes, "/tracks": self.user_tracks,
            "/toptracks": self.toptracks, "/albums": self.user_sets, "/playlists": self.user_sets,
            "/playlists_without_albums": self.user_sets,
        }  # fmt: skip
        return {
            "/resolve": self.resolve,
            **{"/users/{id}" + tail: handler for tail, handler in user.items()},
            "/stream/users/{id}": self.stream,
            "/stream/users/{id}/reposts": self.stream,
            "/tracks": self.batch,
            "/tracks/{id}": self.track,
            "/playlists/{id}": self.playlist,
        }

    async def resolve(self, request: web.Request) -> web.Response:
        kind, id = resolve(self.world, request.query.get("url", ""))
        if isinstance(id, str):
            return reply(self.world.system_playlist(id))
        if kind == "user":
            return reply(self.world.user(id))
        return reply(objects.with_full_user(self.world, self.world.track_or_playlist(kind, id)))

    async def user(self, request: web.Request) -> web.Response:
        return reply(self.world.user(id_of(request.match_info["id"], "users")))

    async def track(self, request: web.Request) -> web.Response:
        return reply(self.world.track(id_of(request.match_info["id"], "tracks")))

    async def playlist(self, request: web.Request) -> web.Response:
        return reply(self.world.playlist(id_of(request.match_info["id"], "playlists")))

    async def batch(self, request: web.Request) -> web.Response:
        """Tracks by id: at most 50, in another order than asked for, without deleted ones."""
        ids = [int(id) for id in request.query.get("ids", "").split(",") if id.isdecimal()]
        if not ids or len(ids) > BATCH:
            return reply({}, 400)
        known = sorted({id for id in ids if self.world.has_track(id)}, key=lambda id: (id % 7, id))
        return reply([self.world.track(id) for id in known])

    async def followers(self, request: web.Request) -> web.Response:
        id = id_of(request.match_info["id"], "users")
        return self.users(request, self.world.followers(id))

    async def followings(self, request: web.Request) -> web.Response:
        id = id_of(request.match_info["id"], "users")
        return self.users(request, self.world.followings(id))

    def users(self, request: web.Request, rows: list[int], **options: Any) -> web.Response:
        """Answer with users in full."""
        return listing(request, rows, follow_moments(request.path, len(rows)), self.world.user, **options)

    async def likes(self, request: web.Request) -> web.Response:
        id = id_of(request.match_info["id"], "users")
        kind = {"track_likes": "tracks", "playlist_likes": "playlists"}.get(request.path.rpartition("/")[2], "")
        rows = self.world.likes(id, kind)

        def label(at: int) -> str:
            _, what, thing = rows[at][0].split(":")
            return f"user-{what[:-1]}-likes,000-{id:020}-{thing:0>20}"

        cursors = Moments(request.path, len(rows), lambda at: rows[at][1], label)
        return listing(request, rows, cursors, lambda row: objects.like(self.world, *row))

    async def stream(self, request: web.Request) -> web.Response:
        id = id_of(request.match_info["id"], "users")
        if request.path.endswith("/reposts"):
            rows = [(objects.repost_type(urn), urn, at) for urn, at in self.world.reposts(id)]
        else:
            rows = self.world.stream(id)

        def label(at: int) -> str:
            type, urn, _ = rows[at]
            return f"source:{type.replace('-', ':')},{urn.rpartition(':')[2]:0>20}"

        cursors = Moments(request.path, len(rows), lambda at: rows[at][2], label)
        return listing(request, rows, cursors, lambda row: objects.stream_item(self.world, id, *row))

    async def user_tracks(self, request: web.Request) -> web.Response:
        rows = self.world.tracks(id_of(request.match_info["id"], "users"))
        # Some tracks have the same date, but cursors need different dates.
        moments = [self.world.display_date(track) - 10 * at for at, track in enumerate(rows)]
        cursors = Moments(request.path, len(rows), moments.__getitem__, lambda at: f"tracks,{rows[at]:020}")
        return listing(request, rows, cursors, self.world.track)

    async def toptracks(self, request: web.Request) -> web.Response:
        rows = self.world.toptracks(id_of(request.match_info["id"], "users"))
        return listing(request, rows, Offsets(len(rows)), self.world.track)

    async def user_sets(self, request: web.Request) -> web.Response:
        id = id_of(request.match_info["id"], "users")
        tail = request.path.rpartition("/")[2]
        ids: list[int] = []
        if tail != "playlists_without_albums":
            ids += self.world.albums(id)
        if tail != "albums":
            ids += self.world.playlists(id)
        return self.playlists(request, sorted(ids, reverse=True))

    def playlists(self, request: web.Request, ids: list[int]) -> web.Response:
        """Answer with playlists in full, or in partial form with `representation=mini`."""
        rows = with_gaps(request.path, ids)
        mini = request.query.get("representation") == "mini"

        def render(id: int | None) -> objects.Json | None:
            if id is None:
                return None
            if mini:
                return objects.partial_playlist(self.world, self.world.playlist_ids.index(id))
            return self.world.playlist(id)

        return listing(request, rows, Offsets(len(rows)), render)
