"""What several walks of one list come to: an update that begins where a complete walk began makes it complete anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]

_SINCE = "since "
_CUT_SHORT = frozenset({"blocked", "credentials", "interrupted", "error", "loop"})


def bound(row: Row) -> str | None:
    """The moment that the list was walked back to and no further; None where it was not bounded so."""
    error = row["error"]
    if row["ended"] == "limit" and isinstance(error, str) and error.startswith(_SINCE):
        return error.removeprefix(_SINCE)
    return None


def joined(rows: Iterable[Row]) -> Row:
    """The one record of a list that has several, in whatever order."""
    first, *others = sorted(rows, key=_fetched)
    for row in others:
        first = _joined(first, row)
    return first


def _joined(kept: Row, later: Row) -> Row:
    since = bound(later)
    if since is None:  # one that was walked goes before one that was cut short, else the later
        return kept if later["ended"] in _CUT_SHORT and kept["ended"] not in _CUT_SHORT else later
    if not kept["complete"]:  # what it lacks is not made up for by what is new
        return later if bound(kept) else kept
    begun, again = _known(kept), _known(later)
    if not (begun and again and since <= begun) or later["rejected"] or later["missing"]:
        return later
    if again <= begun:  # it is in there already
        return kept
    return later | {
        "complete": True,
        "ended": "end",
        "error": None,
        "fetched": kept["fetched"] + later["fetched"],
        "pages": kept["pages"] + later["pages"],
    }


def _known(row: Row) -> Any:
    """Up to when that walk knows the list; by the clock of the machine where nothing else tells."""
    return row["known_until"] or row["started_at"]


def _fetched(row: Row) -> str:
    # Without the Z, a time with a fraction comes after the one without it, as it should.
    return str(row["fetched_at"]).removesuffix("Z")
