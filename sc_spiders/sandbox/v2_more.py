"""The v2 API: searches, comments, lists of a track or playlist, charts, shelves."""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32

from aiohttp import web

from sc_spiders.sandbox import objects
from sc_spiders.sandbox.dates import iso
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.paging import Moments, Offsets, Page
from sc_spiders.sandbox.replies import listing, origin, reply
from sc_spiders.sandbox.shelves import query_urn
from sc_spiders.sandbox.v2 import Core, Handler, id_of
from sc_spiders.sandbox.world import World

GENRE = "soundcloud:genres:"
MOST_FOUND = 500
"""The most rows that a search gives, even if it announces more."""


# Fields of a track in compact form, which has no counts, no dates of creation, no texts.
COMPACT = (
    "artwork_url", "caption", "id", "kind", "last_modified", "permalink", "permalink_url", "public", "secret_token",
    "sharing", "title", "uri", "urn", "user_id", "full_duration", "duration", "display_date", "media", "station_urn",
    "station_permalink", "track_authorization", "monetization_model", "policy",
)  # fmt: skip


def compact(track: objects.Json) -> objects.Json:
    """Return a track as lists of featured tracks have it."""
    return {name: track[name] for name in COMPACT}


class Endless(Offsets):
    """Pages by offset that go on after the end, empty."""

    def page(self, cursor: str | None, limit: int) -> Page:
        page = super().page(cursor, limit)
        return Page(page.rows, page.next or str(int(cursor or 0) + limit))


class More(Core):
    """The endpoints of everything except users and their relations.

    charts_today: whether /charts answers as it does in 2026 (trending, all music, no region), or as documented.
    """

    def __init__(self, world: World, charts_today: bool) -> None:
        super().__init__(world)
        self._charts_today = charts_today
        self._search_of = lru_cache(maxsize=256)(lambda type, q, filters: world.search(type, q, **dict(filters)))

    def routes(self) -> dict[str, Handler]:
        searches = ("", "/tracks", "/users", "/albums", "/playlists", "/playlists_without_albums")
        return super().routes() | {
            **{"/search" + tail: self.search for tail in searches},
            "/search/queries": self.suggestions,
            "/tracks/{id}/comments": self.comments,
            "/tracks/{id}/likers": self.likers,
            "/tracks/{id}/reposters": self.reposters,
            "/tracks/{id}/related": self.related,
            "/tracks/{id}/albums": self.containers,
            "/tracks/{id}/playlists_without_albums": self.containers,
            "/playlists/{id}/likers": self.likers,
            "/playlists/{id}/reposters": self.reposters,
            "/stations/{urn}/tracks": self.station,
            "/media/{urn}/{name}/stream/{protocol}": self.media,
            "/users/{id}/comments": self.user_comments,
            "/users/{id}/relatedartists": self.few_users,
            "/users/{id}/featured-profiles": self.few_users,
            "/users/{id}/spotlight": self.spotlight,
            "/users/{id}/web-profiles": self.web_profiles,
            "/charts": self.charts,
            "/charts/selections": self.chart_selections,
            "/mixed-selections": self.selections,
            "/system-playlists/{urn}": self.system_playlist,
            "/featured_tracks/front": self.featured,
            "/featured_tracks/top/{genre}": self.featured,
            "/recent-tracks/{tag}": self.tagged,
        }

    # -- searches ----------------------------------------------------------------------------

    async def search(self, request: web.Request) -> web.Response:
        """Search results of mixed kinds. Some searches go on with empty pages after their end."""
        type = request.path.removeprefix("/search").strip("/")
        q = request.query.get("q", "")
        filters = {name[7:]: value for name, value in request.query.items() if name.startswith("filter.")}
        try:
            rows = self._search_of(type, q, tuple(sorted(filters.items())))
        except KeyError as error:
            # The filter has an unknown value.
            return reply({"error": f"bad filter {error}"}, 400)
        total = len(rows)
        rows = rows[:MOST_FOUND]
        asked = f"{request.path}?q={q}&{sorted(filters.items())}"  # the same for all pages and users
        urn = request.query.get("query_urn") or query_urn("search", asked)
        keep = {name: value for name, value in request.query.items() if name.startswith(("q", "filter.", "facet"))}
        cursors = Offsets(len(rows))
        if rows and crc32(q.encode()) % 3 == 0:
            cursors = Endless(len(rows))
        extra = {"total_results": total, "query_urn": urn}
        return listing(
            request, rows, cursors, self._found, keep={"query_urn": urn} | keep, extra=extra, null_at_end=False
        )

    def _found(self, urn: str) -> objects.Json:
        """Return an object with its user in full, as searches give it."""
        _, kind, id = urn.split(":")
        if kind == "users":
            return self.world.user(int(id))
        return objects.with_full_user(self.world, self.world.track_or_playlist(kind, int(id)))

    async def suggestions(self, request: web.Request) -> web.Response:
        q = request.query.get("q", "")
        rows = self.world.suggestions(q)[:10] if q else []
        extra = {"query_urn": query_urn("search-autocomplete", q)}
        return listing(request, rows, Offsets(len(rows)), lambda row: {"output": row, "query": row}, extra=extra)

    # -- comments ----------------------------------------------------------------------------

    async def comments(self, request: web.Request) -> web.Response:
        """Comments on a track.

        Unless `filter_replies=0`, replies are left out of each page, which is then shorter. next_href keeps only the
        parameters `threaded` and `sort`, and has the client id.
        """
        track = id_of(request.match_info["id"], "tracks")
        query = request.query
        ids = self.world.comments(track)
        if query.get("sort") == "oldest":
            ids.reverse()
        elif query.get("sort") == "track-timestamp":
            ids.sort(key=lambda id: (self.world.comment(id)["timestamp"] or 0, id))
        if query.get("threaded") == "1":
            ids.sort(key=self._place)
        filtered = query.get("filter_replies", "1") != "0"

        def render(id: int) -> objects.Json | None:
            if filtered and self.world.links.is_reply(self.world.comment_ids.index(id)):
                return None
            return self.world.comment(id)

        keep = {name: query[name] for name in ("threaded", "sort", "client_id") if name in query}
        return listing(request, ids, Offsets(len(ids)), render, keep=keep, largest=1000)

    def _place(self, id: int) -> tuple[int, int]:
        """Return a sort key: the latest thread comes first, and in each thread the oldest comment."""
        index = self.world.comment_ids.index(id)
        return -self.world.links.thread(index), index

    async def user_comments(self, request: web.Request) -> web.Response:
        rows = self.world.comments_by(id_of(request.match_info["id"], "users"))
        moments = [self.world.born("comments", id) for id in rows]
        cursors = Moments(request.path, len(rows), moments.__getitem__, lambda at: f"comments,{rows[at]:020}")

        def render(id: int) -> objects.Json:
            return objects.comment_with_track(self.world, self.world.comment_ids.index(id))

        return listing(request, rows, cursors, render)

    # -- of a track or playlist --------------------------------------------------------------

    def _urn(self, request: web.Request) -> str:
        """Return the URN of the track or playlist in the path, or raise NotFound."""
        kind = request.path.split("/")[1]
        urn = f"soundcloud:{kind}:{id_of(request.match_info['id'], kind)}"
        self.world.thing(urn)
        return urn

    async def likers(self, request: web.Request) -> web.Response:
        return self.users(request, self.world.likers(self._urn(request)))

    async def reposters(self, request: web.Request) -> web.Response:
        return self.users(request, self.world.reposters(self._urn(request)))

    async def related(self, request: web.Request) -> web.Response:
        """Related tracks. As in the real API, next_href is useless: it leads on by two rows, and has the client id."""
        track = id_of(request.match_info["id"], "tracks")
        rows = self.world.related(track)
        limit, start = request.query.get("limit", "10"), request.query.get("offset", "0")
        if not (limit.isdecimal() and start.isdecimal()):
            return reply({}, 400)
        page = rows[int(start) :][: min(int(limit), 50)]
        answer = {
            "collection": [self.world.track(id) for id in page],
            "query_urn": query_urn("similarsounds", request.path_qs),
            "variant": "sim_sounds_v3",
        }
        if page:
            query = f"client_id={request.query['client_id']}&offset={int(start) + 2}&limit={limit}"
            answer["next_href"] = f"{origin(request)}{request.path}?{query}"
        return reply(answer)

    async def containers(self, request: web.Request) -> web.Response:
        track = id_of(request.match_info["id"], "tracks")
        rows = self.world.track_playlists(track)
        if request.path.endswith("/albums"):
            rows = self.world.track_albums(track)
        return self.playlists(request, rows)

    async def media(self, request: web.Request) -> web.Response:
        """The address of a track's audio, which does not exist."""
        track = self.world.track(id_of(request.match_info["urn"], "tracks"))
        if track["policy"] == "BLOCK":
            raise NotFound(request.path)
        return reply({"url": f"{origin(request)}/sound/{track['id']}/{request.match_info['protocol']}"})

    async def station(self, request: web.Request) -> web.Response:
        _, _, track = request.match_info["urn"].partition("track-stations:")
        return self.tracks(request, self.world.station(id_of(track, "tracks")), largest=50)

    def tracks(self, request: web.Request, rows: list[int], largest: int = 200) -> web.Response:
        """Answer with tracks in full, in pages by offset."""
        return listing(request, rows, Offsets(len(rows)), self.world.track, largest=largest)

    # -- of a user ---------------------------------------------------------------------------

    async def few_users(self, request: web.Request) -> web.Response:
        id = id_of(request.match_info["id"], "users")
        rows = self.world.featured_profiles(id)
        if request.path.endswith("/relatedartists"):
            rows = self.world.related_artists(id)
        return listing(request, rows, Offsets(len(rows)), self.world.user, largest=50)

    async def spotlight(self, request: web.Request) -> web.Response:
        rows = self.world.spotlight(id_of(request.match_info["id"], "users"))

        def render(urn: str) -> objects.Json:
            _, kind, id = urn.split(":")
            return self.world.track_or_playlist(kind, int(id))

        return listing(request, rows, Offsets(len(rows)), render, largest=50)

    async def web_profiles(self, request: web.Request) -> web.Response:
        """A bare list. Refused if the user is given by a number instead of a URN."""
        id = request.match_info["id"]
        if id.isdecimal():
            return reply({}, 400)
        return reply(self.world.web_profiles(id_of(id, "users")))

    # -- charts, shelves, tags ---------------------------------------------------------------

    async def charts(self, request: web.Request) -> web.Response:
        query = request.query
        kind, genre, region = query.get("kind", ""), query.get("genre", ""), query.get("region", "")
        if self._charts_today and (kind, genre, region) != ("trending", f"{GENRE}all-music", ""):
            raise NotFound(request.path_qs)
        if not genre.startswith(GENRE):
            raise NotFound(genre)
        rows = self.world.chart(kind, genre.removeprefix(GENRE), region)
        urn = query_urn("charts", request.path_qs)
        extra = {"genre": genre, "kind": kind, "last_updated": iso(self.world.links.now - 4_000_000), "query_urn": urn}
        keep = {"genre": genre, "query_urn": urn, "kind": kind}
        if region:
            keep["region"] = region
        return listing(
            request,
            rows,
            Offsets(len(rows)),
            lambda row: {"track": self.world.track(row[0]), "score": row[1]},
            keep=keep,
            extra=extra,
            largest=100,
        )

    async def chart_selections(self, request: web.Request) -> web.Response:
        rows = self.world.chart_selections(request.query.get("country", "US"))
        return listing(request, rows, Offsets(len(rows)), lambda row: row, largest=20)

    async def selections(self, request: web.Request) -> web.Response:
        rows = self.world.selections()
        return listing(request, rows, Offsets(len(rows)), lambda row: row, largest=100)

    async def system_playlist(self, request: web.Request) -> web.Response:
        return reply(self.world.system_playlist(request.match_info["urn"]))

    async def featured(self, request: web.Request) -> web.Response:
        """Featured tracks. Even the last page has a next_href."""
        rows = self.world.featured(request.match_info.get("genre", "front").removeprefix(GENRE))
        return listing(request, rows, Endless(len(rows)), lambda id: compact(self.world.track(id)), largest=20)

    async def tagged(self, request: web.Request) -> web.Response:
        rows = self.world.tagged(request.match_info["tag"])
        moments = [self.world.born("tracks", id) for id in rows]
        cursors = Moments(request.path, len(rows), moments.__getitem__, lambda at: f"tracks,{rows[at]:020}")
        return listing(request, rows, cursors, self.world.track, largest=50)
