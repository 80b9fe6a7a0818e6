"""What is new since a moment: which lists can be bounded by it, and how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sc_spiders.errors import ArgumentError

LAST = "last"

# Lists whose rows have dates that tell what is new. In the public API a like has no date of its own.
DATED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "v2": frozenset({"user_likes", "user_reposts", "user_tracks", "user_comments", "track_comments"}),
        "public": frozenset({"user_tracks"}),
    }
)

# Of these, those that begin with the newest, and the parameters that make sure of it: they end at what is older. The
# others are walked whole. Tracks come by display_date, which their owner may set to years ago; how a user's comments
# are sorted, nobody knows.
NEWEST_FIRST: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"user_likes": {}, "user_reposts": {}, "track_comments": {"threaded": "0", "sort": "newest"}}
)

# Clocks differ, and what is liked now may be listed a little later.
SLACK = timedelta(minutes=10)

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def parse(value: str) -> str:
    """A date or moment as ISO 8601 in UTC; `last`; or "" for no bound."""
    if value in ("", LAST):
        return value
    try:
        moment = datetime.fromisoformat(value)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: in UTC it is before the year 1, or after 9999
        raise ArgumentError(
            f"is {value!r}; it takes a date (2026-01-31), a moment (2026-01-31T12:00:00Z), or last"
        ) from None
    now = datetime.now(UTC)
    if moment > now:
        raise ArgumentError(f"is {value!r}, which is still to come: nothing is newer (now it is {_written(now)})")
    return _written(moment)


def known_until(rows: list[Any], answered: datetime | None) -> str | None:
    """Up to when a walk knows its list, by its first page: what came before that moment was there to be walked.

    `answered`: when the API made the page, by its own clock. Where it does not say, the newest row's `created_at`;
    where that is not told either, nobody knows: None.
    """
    if answered:
        return _written(answered)
    newest = max(filter(None, (_moment(row, "created_at") for row in rows)), default=None)
    return newest and f"{newest}Z"


def before(moment: str) -> str:
    """From when on all is new in a list that was known up to that moment. Raises ValueError, OverflowError."""
    return _written(datetime.fromisoformat(moment) - SLACK)


def divide(rows: list[Any], since: str) -> tuple[list[Any], list[Any], bool]:
    """The rows that are not older and those that are, and whether they fall in order down to what is older."""
    dates = [_date(row) for row in rows]
    new: list[Any] = []
    old: list[Any] = []
    for row, date in zip(rows, dates, strict=True):
        (old if date and date < since[:19] else new).append(row)
    known = [date for date in dates if date]
    return new, old, bool(old) and known[-1] < since[:19] and known == sorted(known, reverse=True)


def _date(row: Any) -> str:
    """`2026-01-31T12:00:00` of either API's way to write it, "" where there is none. Both give UTC.

    A track has two dates: when it was uploaded, and when its owner says it came out. It is new by either.
    """
    return max(_moment(row, "created_at"), _moment(row, "display_date"))


def _moment(row: Any, name: str) -> str:
    given = row.get(name) if isinstance(row, dict) else None
    date = given[:19].replace("/", "-").replace(" ", "T") if isinstance(given, str) else ""
    return date if _DATE.fullmatch(date) else ""


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")[:19] + "Z"
