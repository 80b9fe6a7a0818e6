"""What the two APIs offer, as data.

One `Endpoint` is one kind of request: its path in each API, what comes back, the edge it implies, how far its pages go.
Facts are from recorded traffic, the official specification and other clients' sources (docs: Endpoints). Nothing here
knows of Scrapy. A bad declaration fails when this module is imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from string import Formatter
from types import MappingProxyType
from typing import Literal

Api = Literal["v2", "public"]
Shape = Literal["one", "list", "batch", "graphql"]

APIS: tuple[Api, ...] = ("v2", "public")

RELATIONS = frozenset(
    {"follows", "likes", "reposts", "posts", "contains", "ranks", "finds", "related", "features", "plays"}
)

# Parameters that say where in a list a page stands. next_href carries them, and nobody else may set them.
PAGING = frozenset({"limit", "offset", "cursor", "page_size"})

CHART_GENRES: tuple[str, ...] = (
    "all-music",
    "all-audio",
    "alternativerock",
    "ambient",
    "classical",
    "country",
    "danceedm",
    "dancehall",
    "deephouse",
    "disco",
    "drumbass",
    "dubstep",
    "electronic",
    "folksingersongwriter",
    "hiphoprap",
    "house",
    "indie",
    "jazzblues",
    "latin",
    "metal",
    "piano",
    "pop",
    "rbsoul",
    "reggae",
    "reggaeton",
    "rock",
    "soundtrack",
    "techno",
    "trance",
    "trap",
    "triphop",
    "world",
    "audiobooks",
    "business",
    "comedy",
    "entertainment",
    "learning",
    "newspolitics",
    "religionspirituality",
    "science",
    "sports",
    "storytelling",
    "technology",
)


@dataclass(frozen=True, slots=True)
class Edge:
    """The edge between a listing's subject and each of its objects.

    `reverse`: from the object to the subject (a follower follows the subject).
    `position`: the rank in the listing counts.
    """

    relation: str
    reverse: bool = False
    position: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One kind of request.

    `v2`, `public`: the path, with `{id}` or `{urn}` of the subject, or another argument's name; None where the API
    has no such thing.
    `kinds`: of the records that come back. `shape`: one object, a list by pages, the batch endpoint, or GraphQL.
    `rows`: how an object sits in a list's row: as it is (""), or in a `like`, `stream` item, `chart` entry, `play`.
    `size`: the largest page, per API. `params`: sent with every request, put back into next pages.
    `announced`: the subject's field that tells how many there should be; `total_results` is read off the page.
    `follow`: whether next_href may be followed. `reach`: spider -> its argument's word that leads here.
    `auth`: "user" where only a user's token will do.
    """

    name: str
    v2: str | None = None
    public: str | None = None
    kinds: tuple[str, ...]
    shape: Shape = "list"
    rows: str = ""
    edge: Edge | None = None
    size: Mapping[str, int] = field(default_factory=lambda: {"v2": 200, "public": 200})
    params: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    announced: str | None = None
    follow: bool = True
    reach: Mapping[str, str] = field(default_factory=dict)
    auth: Literal["app", "user"] = "app"

    def __post_init__(self) -> None:
        if not (self.v2 or self.public):
            raise ValueError(f"endpoint {self.name}: no API offers it")
        if self.edge and self.edge.relation not in RELATIONS:
            raise ValueError(f"endpoint {self.name}: unknown relation {self.edge.relation!r}")
        for path in filter(None, (self.v2, self.public)):
            if not path.startswith("/"):
                raise ValueError(f"endpoint {self.name}: path {path!r} must begin with /")
        for api, params in self.params.items():
            if api not in APIS or PAGING & params.keys():
                raise ValueError(f"endpoint {self.name}: bad parameters for {api!r}")

    def path(self, api: str) -> str | None:
        """The path template in that API, or None."""
        return self.v2 if api == "v2" else self.public

    def arguments(self, api: str) -> tuple[str, ...]:
        """The names the path asks for."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.path(api) or "") if name)


_TRACKS = {"public": {"access": "playable,preview,blocked"}}
_PLAYLISTS = {"public": {"access": "playable,preview,blocked", "show_tracks": "false"}}
_MINI = {"v2": {"representation": "mini"}}


def _size(v2: int = 200, public: int = 200) -> dict[str, int]:
    return {"v2": v2, "public": public}


_CATALOGUE = (
    # One object
    Endpoint(
        name="resolve",
        v2="/resolve",
        public="/resolve",
        kinds=("user", "track", "playlist"),
        shape="one",
        reach={"resolve": "url"},
    ),
    Endpoint(
        name="user",
        v2="/users/{id}",
        public="/users/{urn}",
        kinds=("user",),
        shape="one",
        reach={"user": "profile", "user_graph": "user"},
    ),
    Endpoint(
        name="track",
        v2="/tracks/{id}",
        public="/tracks/{urn}",
        kinds=("track",),
        shape="one",
        reach={"track": "profile"},
    ),
    Endpoint(
        name="playlist",
        v2="/playlists/{id}",
        public="/playlists/{urn}",
        kinds=("playlist",),
        shape="one",
        params={"v2": {"representation": "full"}, "public": {"show_tracks": "false"}},
        reach={"playlist": "profile"},
    ),
    # Of a user
    Endpoint(
        name="followers",
        v2="/users/{id}/followers",
        public="/users/{urn}/followers",
        kinds=("user",),
        edge=Edge("follows", reverse=True),
        announced="followers_count",
        reach={"user": "followers", "user_graph": "followers"},
    ),
    Endpoint(
        name="followings",
        v2="/users/{id}/followings",
        public="/users/{urn}/followings",
        kinds=("user",),
        edge=Edge("follows"),
        announced="followings_count",
        reach={"user": "followings", "user_graph": "followings"},
    ),
    Endpoint(
        name="user_likes",
        v2="/users/{id}/likes",
        kinds=("track", "playlist"),
        rows="like",
        edge=Edge("likes"),
        announced="likes",
        reach={"user": "likes", "user_graph": "likes"},
    ),
    Endpoint(
        name="user_liked_tracks",
        public="/users/{urn}/likes/tracks",
        kinds=("track",),
        params=_TRACKS,
        edge=Edge("likes"),
        announced="likes_count",
        reach={"user": "likes", "user_graph": "likes"},
    ),
    Endpoint(
        name="user_liked_playlists",
        public="/users/{urn}/likes/playlists",
        kinds=("playlist",),
        params=_PLAYLISTS,
        edge=Edge("likes"),
        reach={"user": "likes", "user_graph": "likes"},
    ),
    Endpoint(
        name="user_reposts",
        v2="/stream/users/{id}/reposts",
        kinds=("track", "playlist"),
        rows="stream",
        edge=Edge("reposts"),
        announced="reposts_count",
        reach={"user": "reposts", "user_graph": "reposts"},
    ),
    Endpoint(
        name="user_reposted_tracks",
        public="/users/{urn}/reposts/tracks",
        kinds=("track",),
        params=_TRACKS,
        edge=Edge("reposts"),
        reach={"user": "reposts", "user_graph": "reposts"},
    ),
    Endpoint(
        name="user_reposted_playlists",
        public="/users/{urn}/reposts/playlists",
        kinds=("playlist",),
        params=_PLAYLISTS,
        edge=Edge("reposts"),
        reach={"user": "reposts", "user_graph": "reposts"},
    ),
)

CATALOGUE: Mapping[str, Endpoint] = MappingProxyType({endpoint.name: endpoint for endpoint in _CATALOGUE})

if len(CATALOGUE) != len(_CATALOGUE):
    raise ValueError("two endpoints have one name")


def reach(spider: str, word: str, api: str) -> Iterator[Endpoint]:
    """The endpoints that an argument's word of a spider leads to in that API."""
    for endpoint in CATALOGUE.values():
        if endpoint.reach.get(spider) == word and endpoint.path(api):
            yield endpoint


def words(spider: str) -> tuple[str, ...]:
    """All words that lead somewhere from that spider, in the catalogue's order."""
    return tuple(dict.fromkeys(e.reach[spider] for e in CATALOGUE.values() if spider in e.reach))
