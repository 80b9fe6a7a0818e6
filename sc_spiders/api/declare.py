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

# Parameters that give a page's place in its list. Only next_href may set them.
PAGING = frozenset({"limit", "offset", "cursor", "page_size"})

# The values of a search's filters in v2. () is free text: genre and place.
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

    `reverse`: it points from the object to the subject (a follower follows the subject).
    `position`: it has the object's place in the list, unless its row tells when the relation began.
    """

    relation: str
    reverse: bool = False
    position: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One kind of request.

    `v2`, `public`: the path in that API, with the placeholder `{id}` or `{urn}` of the subject or another argument's
    name; None if the API does not offer it. `host`: the host of the request.
    `kinds`: the kinds of the records that come back. If the API has no name for the first of them, each object without
    a known kind is one of these.
    `shape`: one object; a list in pages; any of these two; a batch of objects by id, which only one of the APIs has;
    reactions (GraphQL); or a redirect, whose location is the answer.
    `rows`: where a row of the list has its object: the row is the object (""), or the object is inside a `like`,
    `stream` item, `chart` entry, `play` or `activity`; or the row is a `selection` with playlists of its own, or
    only the `id` of an object.
    `size`: the rows of the largest page, by API. `params`: sent with every page, also where next_href leaves them out.
    `announced`: by API, the field of the subject (or fields, with `+`) that announces the number of rows;
    `total_results` is read from the page.
    `subject`: a template of the subject of its listings, where it is not the URN asked for.
    `follow`: the APIs whose next_href is followed.
    `used_by`: name of a spider -> the words of its argument that choose this. A subclass of that spider has them, too.
    `bare`: the answer is a bare list, without a next_href.
    `auth`: "user" if it needs a user's token, "none" if the request is not signed.
    `filters`: of a search, by API: argument -> parameter.
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

    def is_under(self, kind: str, api: str) -> bool:
        """Whether that API has it under an object of that kind: `/playlists/{id}/likers` under a playlist."""
        return (self.path(api) or "").startswith(f"/{kind}s/{{")

    @property
    def holds_tracks(self) -> bool:
        """Whether its one object is a list of tracks."""
        return self.shape == "one" and self.edge is not None

    def path(self, api: str) -> str | None:
        """The path template in that API, or None."""
        if api == "v2":
            return self.v2
        return self.public

    def arguments(self, api: str) -> tuple[str, ...]:
        """The names of the placeholders in the path."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.path(api) or "") if name)

    def words(self, *spiders: str) -> list[str]:
        """The words of these spiders' arguments that choose this endpoint."""
        found: list[str] = []
        for spider in spiders:
            found += self.used_by.get(spider, ())
        return found
