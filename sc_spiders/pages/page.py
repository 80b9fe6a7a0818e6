"""A page: the records of one answer of the API. It is read, written and acknowledged as one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from sc_spiders.pages.listing import Listing

Row = dict[str, Any]

PAGE_WRITTEN = object()
"""A signal: a page was written. Arguments: `page`."""


@dataclass(slots=True, repr=False)
class Page:
    """Rows of records by kind (rejected ones too), the new state of the listing, and further listings to `follow`.

    `gained`: number of objects that the list did not have before. `items`: items of any type that a spider yielded
    beside the page. They are written with it.
    """

    listing: Listing
    rows: dict[str, list[Row]] = field(default_factory=dict)
    follow: list[Listing] = field(default_factory=list)
    gained: int = 0
    items: list[Any] = field(default_factory=list)

    def __repr__(self) -> str:
        found = ", ".join(f"{len(rows)} {kind}" for kind, rows in self.rows.items())
        return f"<Page of {self.listing.name}: {found or 'nothing'}>"

    def add(self, kind: str, rows: list[Row]) -> None:
        if rows:
            self.rows.setdefault(kind, []).extend(rows)


class PageWriter(Protocol):
    """Writes the pages of a crawl."""

    async def write(self, page: Page, response: Any = None) -> None:
        """Write a page and acknowledge it. `response`: the answer, or the failure, that gave the page."""
