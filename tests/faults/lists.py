"""Crawls of every list of the catalogue. Tests tell the server its first and next pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sc_spiders.api import APIS, CATALOGUE, Endpoint, words
from tests.support.answers import comment, http, playlist, track, user
from tests.support.crawl import ADDRESSES, NOWHERE, Crawl, crawl
from tests.support.server import Server

Next = Callable[[str, int], bytes]  # gets a path and its number of requests

TRACK = track(5, user=user(9))
PLAYLIST = playlist(6, tracks=[], track_count=0)
COMMENT = comment(7, user=user(9), track_id=5)
STREAMS = "/tracks/soundcloud:tracks:5/streams"
_MOMENT = "2025-01-01T00:00:00Z"
OBJECTS: dict[str, dict[str, Any]] = {
    "user": user(9), "track": TRACK, "playlist": PLAYLIST, "comment": COMMENT,
    "selection": {"kind": "selection", "id": "soundcloud:selections:a", "urn": "soundcloud:selections:a",
                  "items": {"collection": [PLAYLIST], "next_href": None}},
    "web_profile": {"network": "spotify", "title": "Spotify", "url": "https://open.spotify.com/artist/1"},
    "conversation": {"id": "1:2", "last_message": None, "read": True, "started_at": _MOMENT, "summary": "",
                     "users": []},
    "message": {"content": "x", "conversation_id": "1:2", "sender": user(9), "sent_at": _MOMENT},
    "email": {"address": "a@example.com", "confirmed": True, "id": 1, "kind": "email", "primary": True, "user_id": 1},
    "activity": {"type": "track", "created_at": _MOMENT, "user": user(9), "track": TRACK, "origin": TRACK},
    "object": {"words": "of no kind"},
}  # fmt: skip
ROWS: dict[str, dict[str, Any]] = {
    "like": {"kind": "like", "created_at": _MOMENT, "track": TRACK},
    "stream": {"type": "track", "created_at": _MOMENT, "track": TRACK, "user": user(1)},
    "chart": {"track": TRACK, "score": 1.5},
    "play": {"played_at": 1_699_999_999_000, "track_id": 5, "track": TRACK},
}


# Arguments that make each spider walk all its lists of one subject, by API.
def _all(spider: str, api: str, *, but: str = "") -> str:
    return ",".join(word for word in words(spider, api=api) if word != but)


CRAWLS: dict[tuple[str, str], list[dict[str, Any]]] = {
    **{("user", api): [{"user": 1, "include": _all("user", api)}] for api in APIS},
    **{("track", api): [{"track": 5, "include": _all("track", api, but="download")}] for api in APIS},
    **{("playlist", api): [{"playlist": 6, "include": _all("playlist", api)}] for api in APIS},
    **{("me", api): [{"include": _all("me", api)}] for api in APIS},
    **{("search", api): [{"q": "x", "type": type} for type in words("search", api=api)] for api in APIS},
    ("charts", "v2"): [{}],
    ("discover", "v2"): [{}],
    ("tag", "v2"): [{"tag": "lofi"}],
    ("featured", "v2"): [{}],
    ("track_comments", "v2"): [{"track": 5}],
    ("resource", "v2"): [{"path": "/users/1/followings"}],
    ("resource", "public"): [{"path": "/me/followings"}],
}
EACH = [(spider, api, given) for (spider, api), all_ in CRAWLS.items() for given in all_]
NAMES = [f"{spider}-{api}-{'-'.join(map(str, given.values()))}"[:30] for spider, api, given in EACH]


def row(endpoint: Endpoint) -> dict[str, Any]:
    """A row for that endpoint's list."""
    return ROWS.get(endpoint.rows) or OBJECTS[endpoint.kinds[0]]


def _paths(api: str) -> dict[str, Endpoint]:
    """The endpoints of all lists, by the paths that these crawls request. In v2, `me` has the same paths as `user`."""
    given = {"id": 1, "kind": "trending", "genre": "all-music", "tag": "lofi", "conversation": "1:2"}
    found: dict[str, Endpoint] = {
        "/users/1/followings": CATALOGUE["followings"],
        "/me/followings": CATALOGUE["followings"],
    }
    for endpoint in CATALOGUE.values():
        template = endpoint.path(api)
        if not template or endpoint.shape != "list":
            continue
        kind, number = next(
            (one for one in (("playlist", 6), ("track", 5)) if f"/{one[0]}s/{{" in template), ("user", 1)
        )
        number = 5 if "track-stations" in template else number
        path = template.format(**{**given, "id": number, "urn": f"soundcloud:{kind}s:{number}"})
        found.setdefault(path, endpoint)
    return found


class Lists:
    """A server on which each list has a first page with `href` (by path). `further` makes the next page.

    `answers`: answers to other paths, or different ones to these.
    """

    def __init__(
        self,
        api: str,
        further: Next,
        href: Callable[[str], str] = lambda path: f"{path}?cursor=2",
        answers: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        self.api, self.further, self.href, self.answers = api, further, href, answers
        self.paths = _paths(api)

    def script(self, path: str, turn: int) -> bytes:
        where, _, page = path.partition("#")
        if given := self.answers.get(path):
            return given
        if page:
            return self.further(where, turn)
        if endpoint := self.paths.get(where):
            rows = [row(endpoint)]
            if endpoint.bare:
                return http(200, rows)
            return http(200, {"collection": rows, "next_href": self.href(where) if self._follows(endpoint) else None})
        if where == STREAMS:
            return http(200, {"hls_mp3_128_url": "https://api.example/hls"})
        for name in ("user", "track", "playlist"):
            if where == "/me" or where.startswith(f"/{name}s/"):
                one = user(1) if where == "/me" or name == "user" else OBJECTS[name]
                return http(200, {**one, "public_favorites_count": 9})
        return self.further(where, turn)

    def _follows(self, endpoint: Endpoint) -> bool:
        return self.api in endpoint.follow

    def crawl(self, spider: str, folder: Path, settings: dict[str, Any] | None = None, **arguments: Any) -> Crawl:
        """The result of a crawl of that server. `asked` in its stats: number of requests by path."""
        with Server(self.script) as server:
            other = "SC_PUBLIC_URL" if self.api == "v2" else "SC_V2_URL"
            urls = {**dict.fromkeys(ADDRESSES, server.url), other: NOWHERE, "SC_CLIENT_ID": "a" * 32}
            given = {
                "FAULTS_FIRST_WAIT": 0.002,
                "SC_ATTEMPTS": 2,
                "SC_API": self.api,
                "SC_OAUTH_TOKEN": "of-one-user",
                **(settings or {}),
            }
            found = crawl(spider, folder, settings={**urls, **given}, **arguments)
            found.stats["asked"] = dict(server.asked)
        return found


def walked(found: Crawl, api: str) -> list[dict[str, Any]]:
    """The listing records of lists that have next pages."""
    specs = ((one, CATALOGUE[one["endpoint"]]) for one in found.records("listing"))
    return [one for one, spec in specs if api in spec.follow and not spec.bare and spec.shape in ("list", "any")]
