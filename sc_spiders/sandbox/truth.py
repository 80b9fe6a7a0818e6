"""`/-/truth/…` and `/-/stats`: the data that a complete crawl must find, and counts of requests. Part of no API."""

from __future__ import annotations

from collections import Counter
from typing import Any

from aiohttp import web

from sc_spiders.sandbox.clients import ClientIds
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.replies import reply
from sc_spiders.sandbox.world import World

BY_ID = {
    "user", "track", "playlist", "comment", "followers", "followings", "likes", "reposts", "tracks",
    "toptracks", "albums", "playlists", "stream", "playlist_tracks", "track_albums", "track_playlists",
    "comments", "comments_by", "related", "station", "related_artists", "featured_profiles", "spotlight",
    "web_profiles",
}  # fmt: skip
BY_NAME = {"likers", "reposters", "system_playlist", "featured", "tagged", "chart_selections", "suggestions"}
ALONE = {"users", "selections", "history", "home_stream", "conversations", "emails", "secrets"}


class Stats:
    """Counts of the requests that the sandbox has answered."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()

    def count(self, request: web.Request, template: str, status: str, fault: bool = False) -> None:
        """Count an answer: its path's template (`/users/{id}/likes`), and its status or the fault's name."""
        self.requests[template] += 1
        if fault:
            self.faults[status] += 1
        else:
            self.statuses[status] += 1
        query = sorted((name, value) for name, value in request.query.items() if name != "client_id")
        self._asked[f"{request.method} {request.path} {query}"] += 1

    def as_json(self, clients: ClientIds) -> dict[str, Any]:
        """Return all counts. `repeated` is the number of requests that were sent before."""
        return {
            "requests": dict(self.requests),
            "statuses": dict(self.statuses),
            "faults": dict(self.faults),
            "total": self.requests.total(),
            "distinct": len(self._asked),
            "repeated": self._asked.total() - len(self._asked),
            "client_ids": clients.issued,
        }


class Truth:
    """The truth over HTTP."""

    def __init__(self, world: World, stats: Stats, clients: ClientIds) -> None:
        self._world = world
        self._stats = stats
        self._clients = clients

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.get("/-/stats", self._answer_stats),
            web.get("/-/truth/graph", self._graph),
            web.get("/-/truth/search/{type}", self._search),
            web.get("/-/truth/charts/{kind}/{genre}", self._chart),
            web.get("/-/truth/{name}", self._one),
            web.get("/-/truth/{name}/{key}", self._one),
        ]

    async def _answer_stats(self, request: web.Request) -> web.Response:
        return reply(self._stats.as_json(self._clients))

    async def _one(self, request: web.Request) -> web.Response:
        """Answer with a method of World: `/-/truth/followers/183`, `/-/truth/likers/{urn}`."""
        name, key = request.match_info["name"], request.match_info.get("key", "")
        try:
            if name in ALONE:
                found = getattr(self._world, name)
                return reply(found() if callable(found) else found)
            if name in BY_NAME:
                return reply(getattr(self._world, name)(key))
            if name in BY_ID and key.isdecimal():
                return reply(getattr(self._world, name)(int(key)))
        except NotFound:
            pass
        return reply({}, 404)

    async def _search(self, request: web.Request) -> web.Response:
        """Answer with World.search: `/-/truth/search/tracks?q=signal&duration=long`; type `all` for all kinds."""
        filters = dict(request.query)
        type = request.match_info["type"]
        if type == "all":
            type = ""
        return reply(self._world.search(type, filters.pop("q", ""), **filters))

    async def _chart(self, request: web.Request) -> web.Response:
        """Answer with World.chart: `/-/truth/charts/top/techno?region=…`."""
        return reply(self._world.chart(**request.match_info, region=request.query.get("region", "")))

    async def _graph(self, request: web.Request) -> web.Response:
        """Answer with World.graph: `?seeds=183,184&depth=2&relations=followings,likes`."""
        try:
            seeds = [int(seed) for seed in request.query.get("seeds", "183").split(",")]
            relations = request.query.get("relations", "followings,followers").split(",")
            nodes, edges = self._world.graph(seeds, int(request.query.get("depth", "1")), relations)
        except NotFound:
            return reply({}, 404)
        except ValueError as error:
            return reply({"error": str(error)}, 400)
        return reply({"nodes": sorted(nodes), "edges": sorted(edges)})
