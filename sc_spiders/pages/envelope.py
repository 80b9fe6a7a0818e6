"""The known keys of pages and rows. Pages and rows contain objects, and have no schemas."""

from __future__ import annotations

from typing import Any

from sc_spiders import records
from sc_spiders.pages.listing import Listing

PAGE = frozenset(
    {
        "collection", "next_href", "next_partition_href", "future_href", "query_urn", "total_results", "facets",
        "variant", "genre", "kind", "last_updated",
    }
)  # fmt: skip
"""Keys of a page that is an object."""

ROWS = {
    "like": frozenset({"kind", "created_at", "track", "playlist", "user"}),
    "stream": frozenset({"type", "created_at", "caption", "uuid", "user", "track", "playlist"}),
    "chart": frozenset({"track", "score"}),
    "play": frozenset({"played_at", "track_id", "track"}),
}
"""Keys of rows that contain an object, by the endpoints' name for such rows. Other rows are objects themselves."""

_HELD = frozenset({"track", "playlist", "track_id"})


def notice(listing: Listing, data: Any, rows: list[Any], drift: records.Drift) -> None:
    """Count the unknown keys of a page and of its rows."""
    if isinstance(data, dict) and not data.keys() <= PAGE:
        drift.notice("page", PAGE, data.keys())
    known = ROWS.get(listing.spec.rows)
    if known is None:
        return
    held = [row for row in rows if isinstance(row, dict) and not _HELD.isdisjoint(row)]
    if not set().union(*held) <= known:
        for row in held:
            drift.notice("row", known, row.keys(), f"{listing.spec.rows}.")
