"""Comments that say of themselves whose they are, and are of another track or user than the list is of.

Other rows name nobody that a list is surely of: a user's tracks, say, may be another's with whom they were made.
"""

from __future__ import annotations

from typing import Any

from sc_spiders import records
from sc_spiders.pages.listing import Listing

__all__ = ["own_rows"]

_OWNER = {"track_comments": "track_id", "user_comments": "user_id"}


def own_rows(listing: Listing, rows: list[Any]) -> tuple[list[Any], list[records.Rejected]]:
    """The rows that may be of that list, and those that are of another. What does not say is believed."""
    field = _OWNER.get(listing.endpoint)
    subject = (listing.subject or "").rpartition(":")[2]
    if field is None or not subject.isdecimal():
        return rows, []
    owner = int(subject)
    others = [row for row in rows if isinstance(row, dict) and _is_anothers(row.get(field), owner)]
    if not others:
        return rows, []
    own = [row for row in rows if not (isinstance(row, dict) and _is_anothers(row.get(field), owner))]
    why = [{"field": field, "message": f"is not {owner}, whose list it stands in"}]
    return own, [records.Rejected("comment", records.redact(row), why) for row in others]


def _is_anothers(said: Any, owner: int) -> bool:
    return type(said) is int and said > 0 and said != owner
