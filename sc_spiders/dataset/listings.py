"""Joins the records of several walks of one list.

A complete walk and an update that reaches back to it make a complete list.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]

_SINCE, _UNTIL = "since ", "until "
_CUT_SHORT = frozenset({"blocked", "credentials", "interrupted", "error", "loop"})


def bound(row: Row) -> str | None:
    """The time back to which an update walked the list. None for any other walk, and if `until` bounds it, too."""
    error = row["error"]
    if row["ended"] == "limit" and isinstance(error, str) and error.startswith(_SINCE) and _UNTIL not in error:
        return error.removeprefix(_SINCE)
    return None


def joined(rows: Iterable[Row]) -> Row:
    """One record for all walks of a list, which may come in any order."""
    first, *others = _in_order(rows)
    for row in others:
        first = _joined(first, row)
    return first


def _joined(kept: Row, later: Row) -> Row:
    since = bound(later)
    if since is None:
        return _newest(kept, later)
    if not kept["complete"]:
        if bound(kept):
            return later
        return kept  # an update does not complete an incomplete list
    begun, again = _known(kept), _known(later)
    has_all = not (later["rejected"] or later["missing"])
    meets = begun and again and since <= begun
    if not (has_all and meets):
        return later
    if again <= begun:  # `kept` already has its rows
        return kept
    return later | {
        "crawl_started_at": kept["crawl_started_at"],  # that crawl saw the whole list
        "complete": True,
        "ended": "end",
        "error": None,
        "fetched": kept["fetched"] + later["fetched"],
        "pages": kept["pages"] + later["pages"],
    }


def _newest(kept: Row, later: Row) -> Row:
    """The later of two walks. A walk that ended comes before one that was cut short, and a whole one before a part."""
    if later["ended"] in _CUT_SHORT and kept["ended"] not in _CUT_SHORT:
        return kept
    if later["ended"] == "limit" and kept["complete"]:
        return kept
    return later


def _known(row: Row) -> Any:
    """The time up to which that walk knows the list: by the API's clock, else its start by this machine's clock."""
    return row["known_until"] or row["started_at"]


def _in_order(rows: Iterable[Row]) -> list[Row]:
    """Sorted by the start of each walk: by the API's clock if the walks have it, else by this machine's."""
    ordered = sorted(rows, key=_begun)
    known = iter(sorted((row for row in ordered if row["known_until"]), key=_known))
    return [next(known) if row["known_until"] else row for row in ordered]


def _begun(row: Row) -> tuple[str, str]:
    # Without the Z, a time with a fraction sorts after the same time without one.
    fetched = str(row["fetched_at"]).removesuffix("Z")
    return str(row["started_at"] or fetched).removesuffix("Z"), fetched
