"""The public API, under `/public`: URNs, tokens, and pages by cursor or by number."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from sc_spiders.sandbox import objects, public_objects
from sc_spiders.sandbox.account import Account
from sc_spiders.sandbox.dates import iso
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.oauth import enveloped, problem
from sc_spiders.sandbox.options import Options
from sc_spiders.sandbox.paging import BadCursor, Cursors, Moments, Offsets, follow_moments
from sc_spiders.sandbox.relations import FORSS
from sc_spiders.sandbox.replies import limit_of, origin, reply
from sc_spiders.sandbox.shortlinks import resolve_any
from sc_spiders.sandbox.tokens import Denied, Tokens
from sc_spiders.sandbox.v2 import Handler, id_of
from sc_spiders.sandbox.written import Written

Json = dict[str, Any]

PREFIX = "/public"
UNSIGNED = (
    "A request must contain the Authorization header. For details please refer to "
    "https://developers.soundcloud.com/blog/security-updates-api."
)


BARE = "/me/followings/tracks"
"""The only list without pages: the API's specification has it as a bare list."""

FILTERS = ("genres", "tags", "duration[", "created_at[")


@dataclass(frozen=True)
class Rows:
    """A list: its rows, how to cut them into pages, and how to write a row (None: hidden)."""

    rows: Sequence[Any]
    cursors: Cursors
    render: Callable[[Any], Json | None]


class Public:
    """All reads under `/public`.

    world: what objects are made of. listed: what lists are made of, which may be late. written: what users have
    uploaded.
    """

    def __init__(self, world: Account, listed: Account, written: Written, tokens: Tokens, options: Options) -> None:
        self.world = world
        self._listed = listed
        self._written = written
        self._tokens = tokens
        self._urns_only = options.urns_only
        self._quota = options.upload_quota

    def routes(self) -> dict[str, Handler]:
        """Return the handlers by path template."""
        one: dict[str, Handler] = {
            "/me": self.me,
            "/resolve": self.resolve,
            "/tracks/{urn}": self.track,
            "/tracks/{urn}/streams": self.streams,
            "/playlists/{urn}": self.playlist,
            "/users/{urn}": self.user,
            "/system-playlists/{urn}": self.system_playlist,
            "/users/{urn}/web-profiles": self.web_profiles,
            "/users/{urn}/followings/{other}": self.following,
            "/me/followings/{other}": self.following,
            "/collection": self.collection,
            "/me/recently-played/tracks": self.recently_played,
        }
        names = (
            "/tracks", "/users", "/playlists", "/tracks/{urn}/comments", "/tracks/{urn}/favoriters",
            "/tracks/{urn}/reposters", "/tracks/{urn}/related", "/playlists/{urn}/tracks",
            "/playlists/{urn}/reposters", "/users/{urn}/followers", "/users/{urn}/followings", "/users/{urn}/tracks",
            "/users/{urn}/playlists", "/users/{urn}/related", "/users/{urn}/likes/tracks",
            "/users/{urn}/likes/playlists", "/users/{urn}/likes/system-playlists", "/users/{urn}/reposts/tracks",
            "/users/{urn}/reposts/playlists",
            "/me/activities", "/me/feed", "/me/feed/tracks", "/me/followers", "/me/followings",
            "/me/followings/tracks", "/me/likes/tracks", "/me/likes/playlists", "/me/likes/system-playlists",
            "/me/playlists", "/me/tracks", "/me/reposts/tracks", "/me/reposts/playlists",
        )  # fmt: skip
        routes = one | dict.fromkeys(names, self.listing)
        return {PREFIX + path: self._guarded(handler) for path, handler in routes.items()}

    def _guarded(self, handler: Handler) -> Handler:
        """Serve only requests with a token, and answer errors as this API words them."""

        async def guard(request: web.Request) -> web.StreamResponse:
            try:
                token = self._tokens.holder(request)
                if token is None:
                    answer: web.StreamResponse = problem(401, UNSIGNED)
                elif token.user is None and request.path.startswith(f"{PREFIX}/me"):
                    answer = problem(401)
                else:
                    answer = await handler(request)
            except Denied:
                answer = problem(401)
            except NotFound:
                answer = problem(404)
            except (BadCursor, ValueError):
                answer = problem(400)
            return enveloped(answer)

        return guard

    def _user(self, request: web.Request) -> int:
        """Return the user who asks, or 0 for an app."""
        token = self._tokens.holder(request)
        if token is None or token.user is None:
            return 0
        return token.user

    def _check_is_open(self, request: web.Request, whole: Json) -> None:
        """Raise NotFound if a track or playlist is private, not the user's, and not asked for with its share token."""
        if whole["public"] or whole["user_id"] == self._user(request):
            return
        if request.query.get("secret_token") != whole["secret_token"]:
            raise NotFound(request.path)

    def _reply(self, data: Any) -> web.Response:
        if self._urns_only:
            data = public_objects.without_ids(data)
        return reply(data)

    # -- single objects ----------------------------------------------------------------------

    async def me(self, request: web.Request) -> web.Response:
        user = self._user(request)
        used = self._written.seconds_used(user)
        private = (self._private_count("tracks", user), self._private_count("playlists", user))
        return self._reply(public_objects.me(self.world, user, private, (used, self._quota - used)))

    def _private_count(self, kind: str, user: int) -> int:
        """Return how many private tracks or playlists a user has. Forss has one of each that no list contains."""
        own = [self.world.track_or_playlist(kind, id) for id in self.world.own(kind, user)]
        return sum(not whole["public"] for whole in own) + (user == FORSS)

    async def user(self, request: web.Request) -> web.Response:
        return self._reply(public_objects.user(self.world, id_of(request.match_info["urn"], "users")))

    async def track(self, request: web.Request) -> web.Response:
        id = id_of(request.match_info["urn"], "tracks")
        if not self.world.has_track(id):
            return self._private(request, f"soundcloud:tracks:{id}")
        self._check_is_open(request, self.world.track(id))
        return self._reply(public_objects.track(self.world, id))

    async def streams(self, request: web.Request) -> web.Response:
        """The addresses of a track's audio: none of a blocked track, and only a preview of one that is sold."""
        track = public_objects.track(self.world, id_of(request.match_info["urn"], "tracks"))
        if track["access"] == "blocked":
            return problem(403)
        return self._reply(public_objects.streams(track))

    async def playlist(self, request: web.Request) -> web.Response:
        id = id_of(request.match_info["urn"], "playlists")
        if f"soundcloud:playlists:{id}" in self.world.secrets:
            return self._private(request, f"soundcloud:playlists:{id}")
        self._check_is_open(request, self.world.playlist(id))
        with_tracks = request.query.get("show_tracks") != "false"
        return self._reply(public_objects.playlist(self.world, id, with_tracks))

    async def system_playlist(self, request: web.Request) -> web.Response:
        """A station, chart or trend with its tracks in full. Without a visible track, it is not found."""
        return self._reply(public_objects.system_playlist(self.world, request.match_info["urn"]))

    def _private(self, request: web.Request, urn: str) -> web.Response:
        """A private object, for requests with its share token."""
        if self.world.secrets.get(urn) != request.query.get("secret_token", ""):
            raise NotFound(urn)
        return self._reply(public_objects.private(self.world, urn))

    async def web_profiles(self, request: web.Request) -> web.Response:
        id = id_of(request.match_info["urn"], "users")
        count = len(self.world.web_profiles(id))
        return self._reply([public_objects.web_profile(self.world, id, at) for at in range(count)])

    async def following(self, request: web.Request) -> web.Response:
        other, by = id_of(request.match_info["other"], "users"), self._user(request)
        if "urn" in request.match_info:
            by = id_of(request.match_info["urn"], "users")
        if other not in self.world.followings(by):
            raise NotFound(request.path)
        return self._reply(public_objects.user(self.world, other))

    async def resolve(self, request: web.Request) -> web.Response:
        """Redirect to a page's object, and name its address in the body too."""
        kind, id = resolve_any(self.world, request.query.get("url", ""))
        urn = f"soundcloud:{kind}s:{id}"
        if isinstance(id, str):
            urn = id
            public_objects.system_playlist(self.world, urn)  # may raise NotFound
        href = f"{origin(request)}{PREFIX}/{kind}s/{urn}"
        answer = reply({"status": "302 - Found", "location": href}, 302)
        answer.headers["Location"] = href
        return answer

    async def recently_played(self, request: web.Request) -> web.Response:
        tracks: list[int] = []
        if self._user(request) == FORSS:
            tracks = list(dict.fromkeys(track for _, track in self.world.history()))[:25]
        return self._reply({"collection": [public_objects.track(self.world, id) for id in tracks]})

    # -- lists -------------------------------------------------------------------------------

    async def listing(self, request: web.Request) -> web.Response:
        """A list: in pages if the request has `linked_partitioning` or a cursor, else its first rows as a bare list."""
        path = request.path.removeprefix(PREFIX)
        return self._page(request, path, request.query.get("cursor"), dict(request.query))

    async def collection(self, request: web.Request) -> web.Response:
        """A further page of likes. The cursor holds the path of the list."""
        try:
            place = dict(parse_qsl(urlsafe_b64decode(request.query.get("cursor", "")).decode(), strict_parsing=True))
            path, cursor = place["path"], place["cursor"]
        except (ValueError, KeyError):
            raise BadCursor(request.path_qs) from None
        return self._page(request, path, cursor, dict(request.query))

    def _page(self, request: web.Request, path: str, cursor: str | None, query: dict[str, str]) -> web.Response:
        found = self._rows(path.strip("/").split("/"), query, self._user(request))
        numbered = isinstance(found.cursors, Offsets)
        limit = _limit(request, query)
        page = found.cursors.page(query.get("offset") if numbered else cursor, min(max(limit, 1), 200))
        written = map(found.render, map(found.rows.__getitem__, page.rows))
        rows = [row for row in written if row is not None and self._is_open(row, query)]
        if not _is_paged(path, cursor, query):
            return self._reply(rows)
        base = f"{origin(request)}{PREFIX}"
        answer: Json = {"collection": rows, "next_href": None}
        if page.next is not None:
            next_path, params = _next(path, page.next, str(limit), query, numbered)
            answer["next_href"] = f"{base}{next_path}?{urlencode(params)}"
        if path.startswith("/me/activities"):
            answer["future_href"] = f"{base}{path}?limit={limit}&uuid%5Bto%5D=sandbox"
        return self._reply(answer)

    def _is_open(self, row: Json, query: dict[str, str]) -> bool:
        """Say whether a track may be shown: blocked tracks only if `access` asks for them."""
        return row.get("access") in (None, *query.get("access", "playable,preview").split(","))

    def _rows(self, parts: list[str], query: dict[str, str], user: int) -> Rows:
        """Return the list at a path. `user`: the id of the user who asks. Raises NotFound."""
        match parts:
            case ["tracks" | "users" | "playlists" as kind]:
                return self._searched(kind, query)
            case ["me", "activities" | "feed", *only]:
                return self._feed(user, tracks_only=bool(only))
            case ["me", "followings", "tracks"]:
                urns = [urn for _, type, urn, _ in self._home_stream(user) if type == "track"]
                return self._of("tracks", list(map(_id, urns)))
            case ["me", "tracks" | "playlists" as kind]:
                return self._of(kind, self._listed.own(kind, user), query.get("show_tracks") != "false")
            case ["me", *rest]:
                return self._of_user(user, rest, query)
            case ["users", id, *rest]:
                return self._of_user(id_of(id, "users"), rest, query)
            case ["tracks", id, name]:
                return self._of_track(id_of(id, "tracks"), name)
            case ["playlists", id, name]:
                return self._of_playlist(id_of(id, "playlists"), name)
        raise NotFound("/".join(parts))

    def _of_track(self, id: int, name: str) -> Rows:
        urn = f"soundcloud:tracks:{id}"
        match name:
            case "comments":
                return self._of("comments", self._listed.comments(id))
            case "related":
                return self._of("tracks", self._listed.related(id))
            case "favoriters":
                return self._people(urn + name, self._listed.likers(urn))
            case "reposters":
                return self._people(urn + name, self._listed.reposters(urn))
        raise NotFound(name)

    def _of_playlist(self, id: int, name: str) -> Rows:
        match name:
            case "reposters":
                urn = f"soundcloud:playlists:{id}"
                return self._people(urn, self._listed.reposters(urn))
            case "tracks":
                tracks = self._listed.playlist_tracks(id)
                return self._of("tracks", [track for track in tracks if self._listed.has_track(track)])
        raise NotFound(name)

    def _of_user(self, id: int, parts: list[str], query: dict[str, str]) -> Rows:
        world, with_tracks = self._listed, query.get("show_tracks") != "false"
        match parts:
            case ["followings"] if id in world.users_who_write:
                return self._followings(id)
            case ["followers" | "followings" as name]:
                return self._people(f"{id}{name}", getattr(world, name)(id))
            case ["related"]:
                return self._of("users", world.related_artists(id))
            case ["tracks"] if query.get("sort") == "asc":
                return self._of("tracks", world.tracks(id)[::-1])
            case ["tracks"]:
                return self._of("tracks", world.tracks(id))
            case ["playlists"]:
                return self._of("playlists", sorted(world.albums(id) + world.playlists(id), reverse=True), with_tracks)
            case ["likes", "system-playlists"]:
                urns = world.liked_stations(id)
                moments = follow_moments(f"{id}stations", len(urns))
                return Rows(urns, moments, lambda urn: public_objects.station(world, urn))
            case ["likes" | "reposts" as name, "tracks" | "playlists" as kind]:
                return self._marked(id, name, kind, with_tracks)
        raise NotFound("/".join(parts))

    def _writer(self, kind: str, with_tracks: bool = True) -> Callable[[int], Json]:
        world = self._listed
        return {
            "users": lambda id: public_objects.user(world, id),
            "tracks": lambda id: public_objects.track(world, id),
            "playlists": lambda id: public_objects.playlist(world, id, with_tracks),
            "comments": lambda id: public_objects.comment(world, id),
        }[kind]

    def _of(self, kind: str, ids: list[int], with_tracks: bool = True) -> Rows:
        """Return a list with pages by offset."""
        there = self._listed.there(kind, ids)
        return Rows(there, Offsets(len(there)), self._writer(kind, with_tracks))

    def _people(self, name: str, ids: list[int]) -> Rows:
        return Rows(ids, follow_moments(name, len(ids)), self._writer("users"))

    def _followings(self, user: int) -> Rows:
        return self._dated(f"{user}followings", self._listed.dated_followings(user), self._writer("users"))

    def _marked(self, user: int, name: str, kind: str, with_tracks: bool) -> Rows:
        marks = getattr(self._listed, name)(user)
        rows = [(_id(urn), at) for urn, at in marks if urn.split(":")[1] == kind]
        return self._dated(f"{user}{name}{kind}", rows, self._writer(kind, with_tracks))

    def _dated(self, name: str, rows: list[tuple[int, int]], write: Callable[[int], Json]) -> Rows:
        """Return a list of (id, date). It may change between two pages."""
        moments = Moments(name, len(rows), lambda at: rows[at][1], changes=True)
        return Rows(rows, moments, lambda row: write(row[0]))

    def _home_stream(self, user: int) -> list[tuple[int, str, str, int]]:
        """Return the posts of a user's followings. Only forss has any."""
        if user != FORSS:
            return []
        return self._listed.home_stream()

    def _feed(self, user: int, tracks_only: bool) -> Rows:
        rows = [row for row in self._home_stream(user) if not tracks_only or row[1].startswith("track")]

        def write(row: tuple[int, str, str, int]) -> Json:
            user, type, urn, at = row
            return public_objects.activity(self._listed, user, type, urn, iso(at))

        moments = Moments(f"feed{tracks_only}", len(rows), lambda at: rows[at][3])
        return Rows(rows, moments, write)

    def _searched(self, kind: str, query: dict[str, str]) -> Rows:
        """Return the results of a search, or the objects named by `urns` (or `ids`)."""
        named = query.get("urns") or query.get("ids")
        if named:
            return self._of(kind, self._named(kind, named))
        ids = list(map(_id, self._listed.search(kind, query.get("q", ""))))
        if kind == "tracks" and any(name.startswith(FILTERS) for name in query):
            ids = [id for id in ids if _wanted(self._listed.track_ids.index(id), self._listed.track(id), query)]
        return self._of(kind, ids, query.get("show_tracks") != "false")

    def _named(self, kind: str, names: str) -> list[int]:
        ids = [id_of(name.strip(), kind) for name in names.split(",")]
        return [id for id in ids if self._exists(kind, id)]

    def _exists(self, kind: str, id: int) -> bool:
        try:
            getattr(self._listed, kind[:-1])(id)
        except NotFound:
            return False
        return True


def _id(urn: str) -> int:
    return int(urn.rpartition(":")[2])


def _is_paged(path: str, cursor: str | None, query: dict[str, str]) -> bool:
    if path == BARE:
        return False
    if path.startswith(("/me/activities", "/me/feed")):
        return True
    return query.get("linked_partitioning") in ("true", "1") or cursor is not None


def _limit(request: web.Request, query: dict[str, str]) -> int:
    """Return the requested number of rows in a page."""
    if query.get("page_size", "").isdecimal():
        return int(query["page_size"])
    return limit_of(request, 50)


def _next(path: str, cursor: str, limit: str, query: dict[str, str], numbered: bool) -> tuple[str, dict[str, str]]:
    """Return path and parameters of the next page. As in the real API, it loses most parameters."""
    if "/likes/" in path:
        place = urlsafe_b64encode(urlencode({"path": path, "cursor": cursor}).encode()).decode()
        return "/collection", {"page_size": limit, "cursor": place}
    if not numbered:
        return path, {"cursor": cursor, "page_size": limit}
    params = {"linked_partitioning": "true", "offset": cursor, "limit": limit}
    for name in ("q", "genres", "tags"):
        if name in query:
            params[name] = query[name]
    return path, params


def _wanted(index: int, track: Json, query: dict[str, str]) -> bool:
    """Say whether a track passes the filters of a search: genres, tags, duration, created_at."""
    genres, tags = query.get("genres"), query.get("tags")
    created = track["created_at"].replace("T", " ").rstrip("Z")
    return (
        (genres is None or (track["genre"] or "").lower() in genres.lower().split(","))
        and (tags is None or bool({*objects.tags(index)} & {*tags.lower().split(",")}))
        and int(query.get("duration[from]", 0)) <= track["duration"] <= int(query.get("duration[to]", 10**12))
        and query.get("created_at[from]", "") <= created <= query.get("created_at[to]", "9")
    )
