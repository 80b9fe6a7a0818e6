"""The endpoints of the two APIs, as data.

One `Endpoint` is one kind of request: its path in each API, the kinds of objects it returns, the edge it implies, its
page size. The facts come from recorded traffic, the official specification and the sources of other clients (docs:
Endpoints). This package does not know Scrapy. A bad declaration fails when the package is imported.
"""

from __future__ import annotations

from collections.abc import Iterator

from .catalogue import BY_PATH, CATALOGUE, CHART_GENRES
from .declare import APIS, PAGING, SEARCH_FILTERS, Api, Edge, Endpoint

__all__ = [
    "APIS",
    "BY_PATH",
    "CATALOGUE",
    "CHART_GENRES",
    "PAGING",
    "SEARCH_FILTERS",
    "Api",
    "Edge",
    "Endpoint",
    "used_by",
    "words",
]


def used_by(word: str, api: str, *spiders: str) -> Iterator[Endpoint]:
    """The endpoints of that API that these spiders use for a word of their argument."""
    for endpoint in CATALOGUE.values():
        if word in endpoint.words(*spiders) and endpoint.path(api):
            yield endpoint


def words(*spiders: str, api: str | None = None) -> tuple[str, ...]:
    """All words of these spiders' arguments (in that API), each once, in the catalogue's order."""
    found: list[str] = []
    for endpoint in CATALOGUE.values():
        if api is None or endpoint.path(api):
            found += endpoint.words(*spiders)
    return tuple(dict.fromkeys(found))
