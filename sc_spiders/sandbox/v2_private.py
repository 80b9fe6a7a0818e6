"""The v2 API: endpoints that need a user's token or a share token, and the web site's oEmbed."""

from __future__ import annotations

from functools import wraps

from aiohttp import web

from sc_spiders.sandbox import objects
from sc_spiders.sandbox.graph import FORSS
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.paging import Moments, Offsets
from sc_spiders.sandbox.replies import listing, origin, reply
from sc_spiders.sandbox.shortlinks import resolve_any
from sc_spiders.sandbox.tokens import Tokens
from sc_spiders.sandbox.v2 import Handler, id_of
from sc_spiders.sandbox.v2_more import More
from sc_spiders.sandbox.world import World

LIKE = "sc:interactiontypevalue:like"


class Private(More):
    """The private data of forss, the only user with a token, and private objects with share tokens."""

    def __init__(self, world: World, tokens: Tokens, charts_today: bool) -> None:
        super().__init__(world, charts_today)
        self._tokens = tokens
        self._me = world.user_ids.id(FORSS)

    def routes(self) -> dict[str, Handler]:
        private = {
            "/me": self.me,
            "/me/play-history/tracks": self.history,
            "/stream": self.home_stream,
            "/users/{id}/conversations": self.conversations,
            "/users/{id}/conversations/unread": self.conversations,
            "/users/{id}/conversations/{conversation}/messages": self.messages,
            "/users/{id}/emails": self.emails,
            "/tracks/{id}/download": self.download,
        }
        guarded = {path: self._for_user(handler) for path, handler in private.items()}
        return super().routes() | guarded | {"/users/{id}/followings/ids": self.following_ids}

    def _for_user(self, handler: Handler) -> Handler:
        """Serve only requests with a user's token, and only that user's data."""

        @wraps(handler)
        async def guard(request: web.Request) -> web.StreamResponse:
            token = self._tokens.holder(request)
            if token is None or token.user is None:
                return web.Response(status=401)
            if "/users/" in request.path and id_of(request.match_info["id"], "users") != token.user:
                return reply({}, 403)
            return await handler(request)

        return guard

    # -- of the user -------------------------------------------------------------------------

    async def me(self, request: web.Request) -> web.Response:
        return reply(self.world.user(self._me))

    async def history(self, request: web.Request) -> web.Response:
        rows = self.world.history()
        return listing(
            request,
            rows,
            Offsets(len(rows)),
            lambda row: {"played_at": row[0], "track_id": row[1], "track": self.world.track(row[1])},
        )

    async def home_stream(self, request: web.Request) -> web.Response:
        rows = self.world.home_stream()
        cursors = Moments(request.path, len(rows), lambda at: rows[at][3], lambda at: f"stream,{at:020}")
        return listing(request, rows, cursors, lambda row: objects.stream_item(self.world, *row))

    async def conversations(self, request: web.Request) -> web.Response:
        rows = self.world.conversations()
        if request.path.endswith("/unread"):
            rows = [row for row in rows if not row["read"]]

        def render(row: objects.Json) -> objects.Json:
            return {name: value for name, value in row.items() if name != "messages"}

        return listing(request, rows, Offsets(len(rows)), render)

    async def messages(self, request: web.Request) -> web.Response:
        for row in self.world.conversations():
            if row["id"] == request.match_info["conversation"]:
                return listing(request, row["messages"], Offsets(len(row["messages"])), lambda message: message)
        raise NotFound(request.path)

    async def emails(self, request: web.Request) -> web.Response:
        rows = self.world.emails()
        return listing(request, rows, Offsets(len(rows)), lambda row: row)

    async def following_ids(self, request: web.Request) -> web.Response:
        """Return whom a user follows, to any user. Whether SoundCloud refuses that is unknown: here, a fault does."""
        token = self._tokens.holder(request)
        if token is None or token.user is None:
            return web.Response(status=401)
        rows = self.world.followings(id_of(request.match_info["id"], "users"))
        return listing(request, rows, Offsets(len(rows)), lambda row: row, largest=5000)

    async def download(self, request: web.Request) -> web.Response:
        track = self.world.track(id_of(request.match_info["id"], "tracks"))
        if not track["downloadable"]:
            raise NotFound(request.path)
        return reply({"redirectUri": f"{origin(request)}/downloads/{track['id']}.wav?signature=sandbox"})

    # -- by share token ----------------------------------------------------------------------

    def _secret(self, urn: str, given: str | None) -> objects.Json:
        whole = self.world.private(urn)
        if given != whole["secret_token"]:
            raise NotFound(urn)
        return whole

    async def track(self, request: web.Request) -> web.Response:
        try:
            return await super().track(request)
        except NotFound:
            urn = f"soundcloud:tracks:{id_of(request.match_info['id'], 'tracks')}"
            return reply(self._secret(urn, request.query.get("secret_token")))

    async def playlist(self, request: web.Request) -> web.Response:
        try:
            return await super().playlist(request)
        except NotFound:
            urn = f"soundcloud:playlists:{id_of(request.match_info['id'], 'playlists')}"
            return reply(self._secret(urn, request.query.get("secret_token")))

    async def batch(self, request: web.Request) -> web.Response:
        """Tracks by id, also those of a private playlist if its id and token are given."""
        playlist = f"soundcloud:playlists:{request.query.get('playlistId', '')}"
        if request.query.get("ids") == "9001" and playlist in self.world.secrets:
            self._secret(playlist, request.query.get("playlistSecretToken"))
            return reply([self.world.private("soundcloud:tracks:9001")])
        return await super().batch(request)

    async def resolve(self, request: web.Request) -> web.Response:
        """A page's object. The address of a private page ends with its share token."""
        for urn, token in self.world.secrets.items():
            whole = self.world.private(urn)
            if request.query.get("url", "").partition("?")[0] == whole["permalink_url"] and token:
                return reply(objects.with_full_user(self.world, whole))
        return await super().resolve(request)

    # -- graph.soundcloud.com, soundcloud.com/oembed -----------------------------------------

    async def graphql(self, request: web.Request) -> web.Response:
        """The operation `UserInteractions`: reactions to at most ten comments, in the order of the request."""
        token = self._tokens.holder(request)
        if token is None or token.user is None:
            return web.Response(status=401)
        body = await request.json()
        given = body["variables"]
        targets = given["targetUrns"]
        if body["operationName"] != "UserInteractions" or len(targets) > 10:
            return reply({"errors": [{"message": "bad request"}]}, 400)
        creator = id_of(given["createdByProfileUrn"], "users")
        answer = {
            "user": [self._interaction(urn, token.user) for urn in targets],
            "creator": [self._interaction(urn, creator) for urn in targets],
        }
        return reply({"data": answer})

    def _interaction(self, urn: str, user: int) -> objects.Json:
        count, own = self.world.reactions(id_of(urn, "comments"), user)
        counts = []
        if count:
            counts.append({"count": count, "interactionTypeValueUrn": LIKE})
        return {
            "interactionCounts": counts,
            "interactionTypeUrn": "sc:interactiontype:reaction",
            "targetUrn": urn,
            "userInteraction": LIKE if own else None,
        }

    async def oembed(self, request: web.Request) -> web.Response:
        """The code to embed a page. Needs no credential."""
        try:
            kind, id = resolve_any(self.world, request.query.get("url", ""))
        except NotFound:
            return web.Response(status=404)
        if isinstance(id, str):
            return web.Response(status=404)
        whole = {"user": self.world.user, "track": self.world.track, "playlist": self.world.playlist}[kind](id)
        if kind == "user":
            owner, picture, title = whole, "avatar_url", whole["username"]
        else:
            owner, picture = self.world.user(whole["user_id"]), "artwork_url"
            title = f"{whole['title']} by {owner['username']}"
        source = f"https://w.soundcloud.com/player/?visual=true&url=https%3A%2F%2Fapi.soundcloud.com%2F{kind}s%2F{id}"
        return reply({
            "version": 1.0,
            "type": "rich",
            "provider_name": "SoundCloud",
            "provider_url": "https://soundcloud.com",
            "height": 400 if kind == "track" else 450,
            "width": "100%",
            "title": title,
            "description": whole["description"],
            "thumbnail_url": whole[picture],
            "html": f'<iframe width="100%" height="400" scrolling="no" src="{source}&show_artwork=true"></iframe>',
            "author_name": owner["username"],
            "author_url": owner["permalink_url"],
        })  # fmt: skip
