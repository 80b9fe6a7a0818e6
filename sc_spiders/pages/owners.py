"""Finds comments that belong to another track or user than their list does.

Only comments can be checked. In other lists, rows of another subject may be right: a track in a user's list may belong
to another user, if the two made it together.
"""

from __future__ import annotations

from typing import Any

from sc_spiders import records
from sc_spiders.pages.listing import Listing

__all__ = ["own_rows"]

_OWNER = {"track_comments": "track_id", "user_comments": "user_id"}


def own_rows(listing: Listing, rows: list[Any]) -> tuple[list[Any], list[records.Rejected]]:
    """The rows that may belong to that list, and the others as rejected. A row that names no owner may belong to it."""
    field = _OWNER.get(listing.endpoint)
    subject = (listing.subject or "").rpartition(":")[2]
    if field is None or not subject.isdecimal():
        return rows, []
    owner = int(subject)
    own, rejected = [], []
    why = [{"field": field, "message": f"is not {owner}, whose list it stands in"}]
    for row in rows:
        if _is_anothers(row, field, owner):
            rejected.append(records.Rejected("comment", records.redact(row), why))
        else:
            own.append(row)
    return own, rejected


def _is_anothers(row: Any, field: str, owner: int) -> bool:
    if not isinstance(row, dict):
        return False
    said = row.get(field)
    return type(said) is int and said > 0 and said != owner
