"""How an endpoint is declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from types import MappingProxyType
from typing import Literal

Api = Literal["v2", "public"]
Shape = Literal["one", "list", "any", "batch", "reactions", "redirect"]

APIS: tuple[Api, ...] = ("v2", "public")

RELATIONS = frozenset(
    {"follows", "likes", "reposts", "posts", "contains", "ranks", "finds", "related", "features", "plays"}
)

# Parameters that say where in a list a page stands. next_href carries them, and nobody else may set them.
PAGING = frozenset({"limit", "offset", "cursor", "page_size"})

# Values that a search's filters take in v2; genre and place are free text.
SEARCH_FILTERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "genre": (),
        "created": ("last_hour", "last_day", "last_week", "last_month", "last_year"),
        "duration": ("short", "medium", "long", "epic"),
        "license": ("to_share", "to_use_commercially", "to_modify_commercially"),
        "place": (),
    }
)


@dataclass(frozen=True, slots=True)
class Edge:
    """The edge between a listing's subject and each of its objects.

    `reverse`: from the object to the subject (a follower follows the subject).
    `position`: the place in the listing counts.
    """

    relation: str
    reverse: bool = False
    position: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One kind of request.

    `v2`, `public`: the path, with `{id}` or `{urn}` of the subject, or another argument's name; None where the API
    has no such thing. `host`: where it is asked, if not at the API itself.
    `kinds`: of the records that come back; the first is what an object of another kind is taken for.
    `shape`: one object, a list by pages, whichever of the two comes, the batch of tracks, reactions (GraphQL), or a
    redirect of which the address is the answer.
    `rows`: how an object sits in a list's row: as it is (""), or in a `like`, `stream` item, `chart` entry, `play`,
    `activity`; or it is a `selection` with playlists of its own.
    `size`: the largest page, per API. `params`: sent with every request, put back into next pages.
    `announced`: per API, the subject's field that tells how many there should be (or fields, with `+`);
    `total_results` is read off the page.
    `subject`: the subject of its listings, where it is not simply the URN asked for.
    `follow`: the APIs whose next_href may be followed.
    `used_by`: name of a spider -> the words of its argument that lead here. A subclass of that spider has them too.
    `bare`: whether it comes as a bare list, with no word about a next page.
    `auth`: "user" where only a user's token will do, "none" where nothing is signed.
    `filters`: of a search, per API: argument -> parameter.
    """

    name: str
    v2: str | None = None
    public: str | None = None
    host: Literal["api", "web", "short", "graphql"] = "api"
    kinds: tuple[str, ...]
    shape: Shape = "list"
    rows: str = ""
    edge: Edge | None = None
    size: Mapping[str, int] = field(default_factory=lambda: {"v2": 200, "public": 200})
    params: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    announced: Mapping[str, str] = field(default_factory=dict)
    subject: str = "{urn}"
    follow: tuple[Api, ...] = APIS
    bare: bool = False
    used_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    auth: Literal["app", "user", "none"] = "app"
    filters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.v2 or self.public):
            raise ValueError(f"endpoint {self.name}: no API offers it")
        if self.edge and self.edge.relation not in RELATIONS:
            raise ValueError(f"endpoint {self.name}: unknown relation {self.edge.relation!r}")
        for spider, words in self.used_by.items():
            if isinstance(words, str):
                raise ValueError(f"endpoint {self.name}: used_by[{spider!r}] must be a tuple of words")
        self._check_paths()
        self._check_parameters()

    def _check_paths(self) -> None:
        for path in filter(None, (self.v2, self.public)):
            if not path.startswith(("/", "{path}")):
                raise ValueError(f"endpoint {self.name}: path {path!r} must begin with /")

    def _check_parameters(self) -> None:
        for api, params in self.params.items():
            if api not in APIS or PAGING & params.keys():
                raise ValueError(f"endpoint {self.name}: bad parameters for {api!r}")
        for filters in self.filters.values():
            if not filters.keys() <= SEARCH_FILTERS.keys():
                raise ValueError(f"endpoint {self.name}: unknown filter")

    @property
    def holds_tracks(self) -> bool:
        """Whether its one object is a list of tracks."""
        return self.shape == "one" and self.edge is not None

    def path(self, api: str) -> str | None:
        """The path template in that API, or None."""
        return self.v2 if api == "v2" else self.public

    def arguments(self, api: str) -> tuple[str, ...]:
        """The names the path asks for."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.path(api) or "") if name)

    def words(self, *spiders: str) -> list[str]:
        """The words of these spiders' arguments that lead here."""
        return [word for spider in spiders for word in self.used_by.get(spider, ())]
