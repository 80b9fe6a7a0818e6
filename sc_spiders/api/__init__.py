"""What the two APIs offer, as data.

One `Endpoint` is one kind of request: its path in each API, what comes back, the edge it implies, how far its pages go.
Facts are from recorded traffic, the official specification and other clients' sources (docs: Endpoints). Nothing here
knows of Scrapy. A bad declaration fails when this package is imported.
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
    "reach",
    "words",
]


def reach(spider: str, word: str, api: str) -> Iterator[Endpoint]:
    """The endpoints that an argument's word of a spider leads to in that API."""
    for endpoint in CATALOGUE.values():
        if word in endpoint.words(spider) and endpoint.path(api):
            yield endpoint


def words(spider: str, api: str | None = None) -> tuple[str, ...]:
    """All words that lead somewhere from that spider (in that API), in the catalogue's order."""
    return tuple(
        dict.fromkeys(word for e in CATALOGUE.values() if api is None or e.path(api) for word in e.words(spider))
    )
