"""Tracks, playlists and comments are made, changed and deleted."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sc_spiders.sandbox import audio, made, public_objects
from sc_spiders.sandbox.account import Account
from sc_spiders.sandbox.bodies import Body, Intake, Refused, json_body
from sc_spiders.sandbox.checks import OK, Checks, Handler
from sc_spiders.sandbox.failures import UNPROCESSABLE
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.options import Options
from sc_spiders.sandbox.replies import reply
from sc_spiders.sandbox.v2 import id_of
from sc_spiders.sandbox.written import Upload, Written

Json = dict[str, Any]

MOST_TRACKS = 500
"""The most tracks of a playlist."""

CHOICES = {
    "sharing": ("public", "private"),
    "embeddable_by": ("all", "me", "none"),
    "set_type": ("album", "playlist", ""),
}
STOREFRONT = {"title": 100, "type": 20, "link": 255, "link_title": 50, "description": 500, "price": 20}
"""The most characters of a storefront's fields."""

ITEMS = (
    "digital", "vinyl", "cd", "cassette", "apparel", "sample_pack", "subscription", "live_event", "live_stream",
    "other",
)  # fmt: skip


class Posts:
    """Handlers of tracks, playlists, comments and storefronts."""

    def __init__(self, account: Account, written: Written, checks: Checks, options: Options) -> None:
        self._account = account
        self._written = written
        self._checks = checks
        self._options = options
        self._ignored = {name.strip() for name in options.ignored.split(",")}
        self._intake = Intake(options.upload_rate, options.upload_stall)

    def table(self) -> list[tuple[str, str, Handler]]:
        """Return method, path template and handler of each write."""
        return [
            ("POST", "/tracks/{urn}/comments", self.comment),
            ("POST", "/playlists", self.create_playlist),
            ("PUT", "/playlists/{urn}", self.update_playlist),
            ("DELETE", "/playlists/{urn}", self.delete_playlist),
            ("POST", "/tracks", self.upload),
            ("PUT", "/tracks/{urn}", self.update_track),
            ("DELETE", "/tracks/{urn}", self.delete_track),
            ("PUT", "/tracks/{urn}/storefront", self.storefront),
        ]

    async def comment(self, request: web.Request, user: int) -> web.Response:
        given = await json_body(request, "comment")
        track = self._checks.seen("tracks", request, user)
        text = given.get("body")
        if not isinstance(text, str) or not text.strip():
            raise Refused(422, "Parameter comment[body] is missing.")
        timestamp = given.get("timestamp")
        if timestamp is not None:
            timestamp = int(float(timestamp))
        self._checks.count(user, "comment")
        id = self._written.new_id("comments")
        author = self._account.user(user)
        whole = made.comment(id, track, author, self._written.date(), text, timestamp)
        self._written.comments.set(user, id, whole, self._written.moment())
        return reply(public_objects.comment_of(self._account, whole), 201)

    # -- playlists ---------------------------------------------------------------------------

    async def create_playlist(self, request: web.Request, user: int) -> web.Response:
        body = await self._intake.body(request, "playlist")
        if not body.values.get("title"):
            raise Refused(422, "Parameter playlist[title] is missing.")
        values = self._playlist_values(body, user)
        self._checks.count(user, "playlist")
        id = self._written.new_id("playlists")
        empty = made.playlist(self._account, id, self._account.user(user), self._written.date())
        wanted = values.get("permalink") or made.permalink(values["title"], id)
        permalink = self._permalink("playlists", user, id, wanted)
        whole = made.changed_playlist(self._account, empty, values, permalink) | self._artwork(body)
        return self._keep_playlist(user, whole, 201)

    async def update_playlist(self, request: web.Request, user: int) -> web.Response:
        """Change the fields that are given. Tracks replace those before; artwork is taken only with a new playlist."""
        before = self._checks.own("playlists", request, user)
        values = self._playlist_values(await self._intake.body(request, "playlist"), user)
        permalink = before["permalink"]
        if values.get("permalink", permalink) != permalink:
            permalink = self._permalink("playlists", user, before["id"], values["permalink"])
        return self._keep_playlist(user, made.changed_playlist(self._account, before, values, permalink), 200)

    def _keep_playlist(self, user: int, whole: Json, status: int) -> web.Response:
        self._written.playlists.set(user, whole["id"], whole, self._written.moment())
        return reply(public_objects.playlist_of(self._account, whole), status)

    def _playlist_values(self, body: Body, user: int) -> Json:
        """Return the values of a playlist, with the ids of its tracks. Raise Refused if one track cannot be in it."""
        values = self._values(body)
        if "tracks" not in values:
            return values
        tracks = [self._track_of(row, user) for row in values["tracks"] or ()]
        if len(tracks) > MOST_TRACKS:
            raise Refused(422, f"A playlist cannot have more than {MOST_TRACKS} tracks.")
        return values | {"tracks": tracks}

    def _track_of(self, row: Any, user: int) -> int:
        try:
            id = id_of(str(row.get("urn") or row["id"]), "tracks")
            self._checks.check_is_seen(self._account.track(id), user)
        except (NotFound, AttributeError):
            raise Refused(422, f"The playlist cannot have this track: {row}") from None
        return id

    async def delete_playlist(self, request: web.Request, user: int) -> web.Response:
        id = self._checks.own("playlists", request, user)["id"]
        self._written.playlists.set(user, id, None, self._written.moment())
        return reply(OK)

    # -- tracks ------------------------------------------------------------------------------

    async def upload(self, request: web.Request, user: int) -> web.Response:
        body = await self._intake.body(request, "track")
        file, values = body.files.get("asset_data"), self._values(body)
        if file is None or not file.size:
            raise Refused(422, UNPROCESSABLE)
        if not values.get("title"):
            raise Refused(422, "Parameter track[title] is missing.")
        length = audio.milliseconds(file)
        if length > (self._options.upload_quota - self._written.seconds_used(user)) * 1000:
            raise Refused(422, "Your upload quota does not suffice for this track.")
        self._checks.count(user, "upload")
        id = self._written.new_id("tracks")
        wanted = values.get("permalink") or made.permalink(values["title"], id)
        permalink = self._permalink("tracks", user, id, wanted)
        new = made.track(self._account, id, self._account.user(user), self._written.date())
        whole = made.changed_track(new, values, permalink) | self._artwork(body)
        moment = self._written.moment()
        self._written.uploads[id] = Upload(file.size, file.sha256, length, moment)
        self._written.tracks.set(user, id, whole, moment)
        return reply(public_objects.track_of(self._account, whole), 201)

    async def update_track(self, request: web.Request, user: int) -> web.Response:
        before = self._checks.own("tracks", request, user)
        body = await self._intake.body(request, "track")
        values, permalink = self._values(body), before["permalink"]
        if values.get("permalink", permalink) != permalink:
            permalink = self._permalink("tracks", user, before["id"], values["permalink"])
        whole = made.changed_track(before, values, permalink) | self._artwork(body)
        self._written.tracks.set(user, whole["id"], whole, self._written.moment())
        return reply(public_objects.track_of(self._account, whole))

    async def delete_track(self, request: web.Request, user: int) -> web.Response:
        id = self._checks.own("tracks", request, user)["id"]
        self._written.tracks.set(user, id, None, self._written.moment())
        return reply(OK)

    async def storefront(self, request: web.Request, user: int) -> web.Response:
        """Replace the storefront of a track. Fields that are left out are cleared."""
        whole = self._checks.seen("tracks", request, user)
        if whole["user_id"] != user:
            raise Refused(403, "The track is not yours.")
        given = await json_body(request)
        for name, longest in STOREFRONT.items():
            value = given.get(name)
            if value is None and name in ("title", "type", "link"):
                raise Refused(400, f"Parameter {name} is missing.")
            if value is not None and (not isinstance(value, str) or len(value) > longest):
                raise Refused(400, f"Parameter {name} is not valid.")
        if given["type"] not in ITEMS or not given["link"].startswith(("http://", "https://")):
            raise Refused(400, "Parameter type or link is not valid.")
        shown = {name: given.get(name) for name in STOREFRONT}
        row = {"track_urn": whole["urn"], "image_url": None} | shown
        self._written.storefronts[whole["id"]] = row
        return reply(row)

    # -- values ------------------------------------------------------------------------------

    def _values(self, body: Body) -> Json:
        """Return the values of a body that are written, or raise Refused for one that is not valid."""
        for name, choices in CHOICES.items():
            if name in body.values and body.values[name] not in choices:
                raise Refused(422, f"{name} is not valid: {body.values[name]}")
        return {name: value for name, value in body.values.items() if name not in self._ignored}

    def _permalink(self, kind: str, user: int, id: int, wanted: str) -> str:
        """Return a permalink that is free. What the real API does with one that is taken is not known."""
        others = (other for other in self._account.own(kind, user) if other != id)
        taken = {self._account.track_or_playlist(kind, other)["permalink"] for other in others}
        if wanted not in taken:
            return wanted
        if self._options.permalink_again == "refuse":
            raise Refused(422, f"The permalink is taken: {wanted}")
        return f"{wanted}-{id}"

    def _artwork(self, body: Body) -> Json:
        """Return the fields of artwork that was sent: its address, and its digest for tests.

        The same picture gets another address each time. Whether the real API does so is not known.
        """
        file = body.files.get("artwork_data")
        if file is None:
            return {}
        address = f"https://i1.sndcdn.com/artworks-{self._written.date()}-{file.sha256[:6]}-large.jpg"
        return {"artwork_url": address, "artwork": file.sha256}
