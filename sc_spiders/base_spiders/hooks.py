"""The declarations that a spider needs, and the hooks that it may override."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, cast

from scrapy import Spider

from sc_spiders import records
from sc_spiders.api import APIS, CATALOGUE, Api, Endpoint, used_by
from sc_spiders.base_spiders import arguments
from sc_spiders.base_spiders.arguments import Argument
from sc_spiders.base_spiders.id_set import IdSet
from sc_spiders.base_spiders.listings import Listings
from sc_spiders.base_spiders.targets import Target
from sc_spiders.context import context
from sc_spiders.errors import ArgumentError
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.namespaces import Namespace
from sc_spiders.pages.page import Page, Row
from sc_spiders.pages.seeds import Seeds
from sc_spiders.pages.seen import Seen

__all__ = ["SpiderHooks"]

_SUBJECTS = ("user", "track", "playlist")
_PARAMS = Argument(arguments.params, "", "k=v&k2=v2, sent to the API over its own parameters")
_PREVIEW = Argument(arguments.preview, "", "1: ask only for the seeds, and tell what the crawl would ask for")


class SpiderHooks(Spider):
    """A spider has a name, a docstring, and those of the following that it needs:

    - `arguments`: by name, in the order in which they are shown.
    - `subject`: the argument that names the seeds, which is also their kind.
    - `selector`: the argument whose words name endpoints.
    - `endpoints`: names of endpoints that are always requested for each subject.
    - `main_kind`: the kind of records that a CSV file gets; by default that of the first list that is requested.
    - `apis`: the APIs that have the spider's endpoints.
    - `unordered_from`: the level from which on no listing waits for the level before.
    - `sequential`: a listing is walked to its end before the next one begins.
    - `limit`: how many subjects may be walked; 0 for any number.
    - `asks_anew`: records of earlier crawls do not serve it, whatever SC_MAX_AGE is.
    """

    arguments: ClassVar[Mapping[str, Argument]] = {}
    subject: ClassVar[str] = ""
    selector: ClassVar[str] = "include"
    endpoints: ClassVar[tuple[str, ...]] = ()
    main_kind: ClassVar[str] = ""
    apis: ClassVar[tuple[Api, ...]] = APIS
    unordered_from: int = 0
    sequential: bool = False
    limit: int = 0
    asks_anew: ClassVar[bool] = False

    # The spider's name and those of its base classes, because their words in the catalogue are its words, too.
    names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.names = tuple(vars(base)["name"] for base in cls.__mro__ if "name" in vars(base))
        for name in cls.endpoints:
            if name not in CATALOGUE or cls.subject not in CATALOGUE[name].used_by:
                raise ValueError(f"{cls.__name__}.endpoints names {name}, which the catalogue has for no {cls.subject}")

    def __init__(self, **given: str) -> None:
        # Scrapy does not get an argument `name`: it would rename the spider, and so the folder of the output.
        super().__init__()
        self.given = {name: str(value) for name, value in given.items()}
        self.args: dict[str, Any] = {}
        self.problem: str | None = None
        try:
            self.args = arguments.parse_arguments(self.declared(), self.given)
        except ArgumentError as e:
            self.problem = f"{self.name}: {e}"  # logged when the crawl is about to begin

    @classmethod
    def declared(cls) -> dict[str, Argument]:
        """All arguments by name: the spider's own, and those that every spider has."""
        return {**cls.arguments, "params": _PARAMS, "preview": _PREVIEW}

    # What the arguments request

    @property
    def chosen(self) -> tuple[str, ...]:
        """The given words that name endpoints."""
        given = self.args.get(self.selector, ())
        if isinstance(given, str):
            return (given,)
        return tuple(given)

    @property
    def is_preview(self) -> bool:
        """Whether the crawl asks only for its seeds, and writes nothing."""
        return bool(self.args.get("preview"))

    @property
    def keeps_seeds(self) -> bool:
        """Whether the records of the seeds themselves are wanted."""
        return "include" not in self.args or "profile" in self.args["include"]

    @cached_property
    def plan(self) -> tuple[Endpoint, ...]:
        """The endpoints to request for each subject: neither the subject's own nor those that need more than its id."""
        found = {name: CATALOGUE[name] for name in self.endpoints}
        for word in self.chosen:
            found |= {endpoint.name: endpoint for endpoint in used_by(word, self.api, *self.names)}
        return tuple(endpoint for endpoint in found.values() if _is_of_subject(endpoint, self.subject, self.api))

    def query(self, endpoint: Endpoint) -> dict[str, str]:
        """Parameters of that endpoint, made from the arguments."""
        return {}

    def check(self) -> None:
        """Raises ArgumentError if the arguments do not go together. Called before the first request."""

    @property
    def defaults(self) -> dict[str, str]:
        """The default values of all arguments."""
        return {name: argument.default or "" for name, argument in self.declared().items()}

    def identity(self) -> dict[str, Any]:
        """What identifies the crawl: a job directory belongs to one crawl."""
        given = {name: value for name, value in self.given.items() if not (name == "preview" or name.startswith("_"))}
        defaults = {name: value for name, value in self.defaults.items() if value}
        return {"spider": self.name, "arguments": {**defaults, **given}, "api": self.api}

    # What the crawl requests

    def seeds(self) -> Sequence[Listing]:
        """The first listings, which look up the seeds. Each call returns the same."""

        def look_up(seed: Target) -> Listing:
            return self.listings.look_up(seed, self.seed_extra(seed.kind))

        return Seeds(self.args[self.subject], look_up)

    def seed_extra(self, kind: str) -> dict[str, Any]:
        """Further fields of a seed's listing."""
        extra: dict[str, Any] = {"kind": kind}
        if not self.keeps_seeds:
            extra["unwritten"] = True
        if kind == "playlist" and "tracks" in self.chosen:
            extra["tracks"] = ""
        return extra

    def follow(self, listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        """Listings that follow from the objects of a page. By default: the plan, once for each seed."""
        if not listing.seed or not self.followed(kind).take(keys):
            return []
        return self.listings.expand(kind, objects[0], keys[0], 0)

    def after_page(self, page: Page) -> None:
        """Called with each page that was read. It may change the page."""

    def fallback(self, listing: Listing) -> list[Listing]:
        """Listings that replace one that has failed."""
        return []

    # For use in the hooks

    @cached_property
    def api(self) -> Api:
        """The API that is crawled."""
        return cast("Api", self.settings["SC_API"])

    @cached_property
    def listings(self) -> Listings:
        return Listings(
            api=self.api,
            plan=self.plan,
            query=self.query,
            params=self.args.get("params", {}),
            page_size=self.settings.getint("SC_PAGE_SIZE") or None,
            since=self.args.get("since", ""),
            until=self.args.get("until", ""),
            pseudonyms=context(self.crawler).find(records.Pseudonyms),
        )

    @property
    def seen(self) -> Seen:
        """The crawl's stored ids. A later run has them, too."""
        return context(self.crawler).get(Crawl).frontier.seen

    def followed(self, kind: str = "") -> IdSet:
        """The objects whose own lists are requested. Of several workers, only one requests an object's lists."""
        return IdSet(self.seen, Namespace.followed(kind))


def _is_of_subject(endpoint: Endpoint, subject: str, api: Api) -> bool:
    """Whether the endpoint belongs to such a subject and needs only its id. The subject's own is left out."""
    if any(endpoint.is_under(kind, api) for kind in _SUBJECTS if kind != subject):
        return False
    if endpoint.shape == "list":
        return {"id", "urn"}.issuperset(endpoint.arguments(api))
    return endpoint.shape == "one" and subject not in endpoint.kinds and not _comes_with(endpoint, subject, api)


def _comes_with(endpoint: Endpoint, subject: str, api: Api) -> bool:
    """Whether the subject's own answer has the endpoint's records."""
    return subject in CATALOGUE and endpoint.path(api) == CATALOGUE[subject].path(api)
