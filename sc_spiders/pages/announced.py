"""What a list gave of what was announced: whether it fell short, and by how many rows lists fell behind.

Counts are often a little off. But a playlist comes with the number of its tracks in one answer, and where there is
something a list that gives nothing is not right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

SHORT = "short"  # error of a list that ended `end` and fell short; it is not complete

_AT_END = frozenset({"end", "empty_pages"})
# Lists whose number comes in the answer that has them: what fell behind is short. A track may stand in one twice.
_COUNTED_ROWS = frozenset({"playlist", "playlist_tracks", "system_playlist"})


def is_short(announced: int | None, rows: int, *, exact: bool) -> bool:
    """Whether a list that came to its end gave too few rows. `exact`: the number is of the answer with the list."""
    if not announced:
        return False
    return rows < announced if exact else rows == 0


def behind(listing: Mapping[str, Any]) -> Counter[str]:
    """By how many `rows` a listing record fell behind what was announced, and that it is one of such `lists`.

    Empty for one that did not, for one that is short, which is named by itself, for one not walked to its end, and for
    the tracks of a playlist, which are short or all there. What is missing or was rejected is told as such.
    """
    if listing["ended"] not in _AT_END or listing["error"] is not None or listing["endpoint"] in _COUNTED_ROWS:
        return Counter()
    given = listing["fetched"] + len(listing["missing"]) + listing["rejected"]
    rows = (listing["announced"] or 0) - given
    return Counter(lists=1, rows=rows) if rows > 0 else Counter()


def told(fallen: Counter[str]) -> str:
    """That lists fell behind, for a person; "" where none did."""
    if not fallen["lists"]:
        return ""
    lists = f"{fallen['lists']:,} list{'s' if fallen['lists'] > 1 else ''}"
    rows = f"{fallen['rows']:,} row{'s' if fallen['rows'] > 1 else ''}"
    return f"{lists} gave fewer rows than announced, {rows} in all (SoundCloud's counts are often off)"


def how(listing: Mapping[str, Any]) -> str:
    """How a listing record ended, in the word that it is counted by: `ended`, or `short`."""
    return SHORT if listing["error"] == SHORT else str(listing["ended"])
