"""Searches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from sc_spiders.api import SEARCH_FILTERS, Endpoint, used_by, words
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import Argument, choice, number, text
from sc_spiders.errors import ArgumentError
from sc_spiders.pages.filters import FILTERS
from sc_spiders.pages.listing import Listing

_HELP = {
    "genre": "tracks, albums, playlists: of this genre or tag",
    "created": "tracks: uploaded so recently",
    "duration": "tracks: under 2, 2-10, 10-30, over 30 minutes",
    "license": "tracks: what their licence allows",
    "place": "users: where they are",
}

# v2 takes these words; the public API takes dates and milliseconds.
_DAYS = {"last_hour": 1 / 24, "last_day": 1, "last_week": 7, "last_month": 30, "last_year": 365}
_MINUTES = {"short": (None, 2), "medium": (2, 10), "long": (10, 30), "epic": (30, None)}

# Parameters that do not change the results.
_NO_FILTERS = frozenset({"facet", "limit", "linked_partitioning", "offset", "q"})


def _filter(name: str) -> Callable[[str], str]:
    """The parser of a filter's value: one of its words, or free text."""
    if not SEARCH_FILTERS[name]:
        return str
    return choice("", *SEARCH_FILTERS[name])


class SearchSpider(ApiSpider):
    """One search, to its end or to `limit` results.

    Yields track, user, playlist; edge (finds, with position); listing (announced: how many the API says there are).
    """

    name = "search"
    selector = "type"
    arguments: ClassVar = {
        "q": Argument(text, None, "what to search for", example="deep house"),
        "type": Argument(choice(*words("search")), "all", "what is searched"),
        **{name: Argument(_filter(name), "", text) for name, text in _HELP.items()},
        "limit": Argument(number(), "0", "results in all; 0: to the end"),
    }

    def check(self) -> None:
        for endpoint in used_by(self.args["type"], self.api, *self.names):
            filters = endpoint.filters[self.api]
            for name in SEARCH_FILTERS:
                if self.args[name] and name not in filters:
                    others = ", ".join(filters) or "none"
                    raise ArgumentError(
                        f"search: the {self.api} API has no {name} in a search of type {self.args['type']}; "
                        f"its filters there: {others}"
                    )

    def seeds(self) -> list[Listing]:
        (endpoint,) = used_by(self.args["type"], self.api, *self.names)
        listing = self.listings.new(endpoint, {"q": self.args["q"]}, limit=self.args["limit"])
        filters, others = self.filters(endpoint)
        if filters:
            listing.extra[FILTERS] = filters
        if said := sorted((filters | others).items()):
            listing.subject = f"{listing.subject}?{'&'.join(map(_said, said))}"
        return [listing]

    def filters(self, endpoint: Endpoint) -> tuple[dict[str, str], dict[str, str]]:
        """The filters that rows are checked against, and all other parameters that change the results.

        A parameter in `params` counts as the argument that has the same effect: it is the same search.
        """
        filters = {name: self.args[name] for name in SEARCH_FILTERS if self.args[name]}
        others: dict[str, str] = {}
        names = {parameter: name for name, parameter in endpoint.filters[self.api].items()}
        for parameter, value in self.args["params"].items():
            name = names.get(parameter)
            if name and value in (SEARCH_FILTERS[name] or (value,)):
                filters[name] = value
            elif parameter not in _NO_FILTERS:
                others[parameter] = value
        return filters, others

    def query(self, endpoint: Endpoint) -> dict[str, str]:
        query = {"q": self.args["q"]}
        for name, parameter in endpoint.filters[self.api].items():
            if self.args[name]:
                query |= _parameters(parameter, self.args[name])
        return query

    def follow(self, *_: Any) -> list[Listing]:
        return []


def _said(filter: tuple[str, str]) -> str:
    """A filter in the form of subjects. Characters that would end it are escaped."""
    name, value = filter
    return f"{name}={value.replace('%', '%25').replace('&', '%26')}"


def _parameters(parameter: str, value: str) -> dict[str, str]:
    match parameter:
        case "created_at":
            since = datetime.now(UTC) - timedelta(days=_DAYS[value])
            return {"created_at[from]": since.strftime("%Y-%m-%d %H:%M:%S")}
        case "duration":
            bounds = zip(("from", "to"), _MINUTES[value], strict=True)
            return {f"duration[{end}]": str(minutes * 60_000) for end, minutes in bounds if minutes}
    return {parameter: value}
