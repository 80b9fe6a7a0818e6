"""What one answer of the API gave: the unit of walking, writing and acknowledging."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sc_spiders.pages.listing import Listing

Row = dict[str, Any]


@dataclass(slots=True, repr=False)
class Page:
    """All that one answer gave: rows by kind (rejected ones too), its listing as it now stands, further listings.

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
        """What a log at DEBUG says of it: hundreds of records would bury everything else."""
        counts = ", ".join(f"{len(rows):,} {kind}" for kind, rows in self.rows.items()) or "no record"
        return f"{self.listing.name}: {counts}"
