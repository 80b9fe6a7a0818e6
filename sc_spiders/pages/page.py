"""A page: the records of one answer of the API. It is read, written and acknowledged as one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sc_spiders.pages.listing import Listing

Row = dict[str, Any]


@dataclass(slots=True, repr=False)
class Page:
    """Rows of records by kind (rejected ones too), the new state of the listing, and further listings to `follow`.

    `gained`: objects that the list did not have before.
    """

    listing: Listing
    rows: dict[str, list[Row]] = field(default_factory=dict)
    follow: list[Listing] = field(default_factory=list)
    gained: int = 0

    def __repr__(self) -> str:
        found = ", ".join(f"{len(rows)} {kind}" for kind, rows in self.rows.items())
        return f"<Page of {self.listing.name}: {found or 'nothing'}>"

    def add(self, kind: str, rows: list[Row]) -> None:
        if rows:
            self.rows.setdefault(kind, []).extend(rows)

    def __str__(self) -> str:
        """For logs at level DEBUG, where hundreds of records would hide everything else."""
        counts = ", ".join(f"{len(rows):,} {kind}" for kind, rows in self.rows.items()) or "no record"
        return f"{self.listing.name}: {counts}"
