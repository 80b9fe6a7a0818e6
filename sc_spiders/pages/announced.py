"""Lists with fewer rows than the API announced. Some count as short, that is incomplete; the others fell behind.

SoundCloud's counts are often slightly wrong, so most lists may fall behind. Only two kinds of lists are short: a
playlist whose answer has both its tracks and their number, and a list without rows where some were announced.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sc_spiders.records.words import counted

SHORT = "short"  # error of a list that ended `end` with too few rows; it counts as incomplete

_AT_END = frozenset({"end", "empty_pages"})
# The answers of these lists give the number of their rows. So such a list is either short or complete.
_COUNTED_ROWS = frozenset({"playlist", "playlist_tracks", "system_playlist"})


def is_short(announced: int | None, rows: int, *, exact: bool) -> bool:
    """Whether a list that was read to its end has too few rows. `exact`: the list's own answer announced the number."""
    if not announced:
        return False
    if exact:
        return rows < announced
    return rows == 0


def behind(listing: Mapping[str, Any]) -> Counter[str]:
    """Count a list that gave fewer rows than announced: `lists` is 1, and `rows` is the difference. Otherwise empty.

    Some lists are not counted: short ones (each has its own message), those that were not read to their end, and the
    tracks of playlists. Missing and rejected rows count as given, because other messages report them.
    """
    if listing["ended"] not in _AT_END or listing["error"] is not None or listing["endpoint"] in _COUNTED_ROWS:
        return Counter()
    given = listing["fetched"] + len(listing["missing"]) + listing["rejected"]
    rows = (listing["announced"] or 0) - given
    if rows <= 0:
        return Counter()
    return Counter(lists=1, rows=rows)


def told(fallen: Counter[str]) -> str:
    """A text that tells how many lists fell behind; "" if none did."""
    if not fallen["lists"]:
        return ""
    lists = counted(fallen["lists"], "list")
    rows = counted(fallen["rows"], "row")
    return f"{lists} gave fewer rows than announced, {rows} in all (SoundCloud's counts are often off)"
