"""The bounds `since` and `until`: which lists can be read between two moments only, and how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sc_spiders.errors import BadValue

LAST = "last"
BOUNDS = frozenset({"since", "until"})
"""The names of both arguments, and of their values in a listing's extra."""

# Lists whose rows have dates that tell what is new. In the public API a like has no date of its own.
DATED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "v2": frozenset({"user_likes", "user_reposts", "user_tracks", "user_comments", "track_comments"}),
        "public": frozenset({"user_tracks"}),
    }
)

# Lists that begin with the newest rows, and the parameters that ensure it. They end at the first old row. The other
# lists with dates are read whole: tracks are sorted by display_date, which their owner may set to years ago, and the
# order of a user's comments is unknown.
NEWEST_FIRST: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"user_likes": {}, "user_reposts": {}, "track_comments": {"threaded": "0", "sort": "newest"}}
)

# Clocks differ, and a like may enter the list a little later.
SLACK = timedelta(minutes=10)

_NEVER = "9999"  # later than all dates

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def parse(value: str) -> str:
    """The `since` of a crawl: a date or moment as ISO 8601 in UTC; `last`; or "" for no bound."""
    if value in ("", LAST):
        return value
    return _moment_of(value, "a moment (2026-01-31T12:00:00Z), nor last", "so nothing is newer")


def parse_until(value: str) -> str:
    """The `until` of a crawl: a date or moment as ISO 8601 in UTC; or "" for no bound."""
    if not value:
        return value
    return _moment_of(value, "a moment (2026-01-31T12:00:00Z)", "so everything is older")


def _moment_of(value: str, further: str, in_future: str) -> str:
    """`further`, `in_future`: for messages: what else the value may be, and what a moment in the future means."""
    try:
        moment = datetime.fromisoformat(value)
        if not moment.tzinfo:
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: in UTC, the year is before 1 or after 9999
        raise BadValue(value, f"neither a date (2026-01-31), nor {further}") from None
    now = datetime.now(UTC)
    if moment > now:
        raise BadValue(value, f"still to come, {in_future} (now it is {_written(now)})")
    return _written(moment)


def known_until(rows: list[Any], answered: datetime | None) -> str | None:
    """The moment up to which a list is known. Its first page tells: all older rows were in the list at that moment.

    `answered`: when the API made the page, by its own clock. Without it, the newest row's `created_at` counts. None if
    the rows have no dates either.
    """
    if answered:
        return _written(answered)
    newest = max(filter(None, (_moment(row, "created_at") for row in rows)), default=None)
    return newest and f"{newest}Z"


def before(moment: str) -> str:
    """The `since` of the next walk, if a list is known up to that moment. Raises ValueError, OverflowError."""
    return _written(datetime.fromisoformat(moment) - SLACK)


def divide(rows: list[Any], since: str, until: str = "") -> tuple[list[Any], list[Any], bool]:
    """The rows within the bounds, the other rows, and whether all are sorted, newest first, and end with one too old.

    `since`, `until`: "" for no bound.
    """
    first, last = since[:19], until[:19] or _NEVER
    dates = [_date(row) for row in rows]
    within: list[Any] = []
    others: list[Any] = []
    for row, date in zip(rows, dates, strict=True):
        if not date or first <= date <= last:
            within.append(row)
        else:
            others.append(row)
    known = [date for date in dates if date]
    return within, others, bool(known) and known[-1] < first and known == sorted(known, reverse=True)


def bounds(since: str, until: str) -> str:
    """A listing's `error` if it ended at a bound, such as `since 2026-01-31T00:00:00Z`."""
    given = {"since": since, "until": until}
    return " ".join(f"{name} {moment}" for name, moment in given.items() if moment)


def _date(row: Any) -> str:
    """The row's date as `2026-01-31T12:00:00`, in UTC like both APIs' dates; "" if it has none.

    A track has two dates: of its upload, and the owner's date of release. The later one counts.
    """
    return max(_moment(row, "created_at"), _moment(row, "display_date"))


def _moment(row: Any, name: str) -> str:
    if not isinstance(row, dict) or not isinstance(given := row.get(name), str):
        return ""
    date = given[:19].replace("/", "-").replace(" ", "T")
    if not _DATE.fullmatch(date):
        return ""
    return date


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")[:19] + "Z"
