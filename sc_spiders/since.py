"""What is new since a moment: where to stop in lists that begin with the newest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sc_spiders.arguments import Argument, ArgumentError

LAST = "last"

# Lists that begin with the newest and date each row. In the public API a like has no date of its own.
NEWEST_FIRST: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "v2": frozenset({"user_likes", "user_reposts", "user_tracks", "user_comments", "track_comments"}),
        "public": frozenset({"user_tracks"}),
    }
)


def parse(value: str) -> str:
    """A date or moment as ISO 8601 in UTC; `last`; or "" for no bound."""
    if value in ("", LAST):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ArgumentError(
            f"is {value!r}; it takes a date (2026-01-31), a moment (2026-01-31T12:00:00Z), or last"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def argument(lists: str) -> Argument:
    """The argument of a spider that has these lists."""
    return Argument(parse, "", f"{lists}: stop at what is older than this date; last: than the last such crawl")


def newer(rows: list[Any], since: str) -> tuple[list[Any], bool]:
    """The rows that are not older, and whether the list has come to what is."""
    dates = [_date(row) for row in rows]
    kept = [row for row, date in zip(rows, dates, strict=True) if not date or date >= since[:19]]
    known = [date for date in dates if date]
    return kept, bool(known) and known[-1] < since[:19]


def _date(row: Any) -> str:
    """`2026-01-31T12:00:00` of either API's way to write it, "" where there is none. Both give UTC."""
    date = row.get("created_at") if isinstance(row, dict) else None
    return date[:19].replace("/", "-").replace(" ", "T") if isinstance(date, str) else ""


def last(output: Path, identity: dict[str, Any], before: str) -> str:
    """When the last crawl of the same began that went to its end; "" where there is none.

    The same: spider, API, and all arguments but `since`. Looked for in the `crawl` records of the default output; only
    those that began before that moment count, so that a crawl that is gone on with finds what it found at first.
    """
    found = ""
    for file in (output / identity["spider"]).glob("**/crawl.jsonl"):
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
            except ValueError:  # cut off
                continue
            ended = record["finish_reason"] in ("finished", "incomplete")
            if ended and record["started_at"] < before and _what(record) == _what(identity):
                found = max(found, record["started_at"])
    return found


def _what(crawl: dict[str, Any]) -> tuple[Any, ...]:
    arguments = {name: value for name, value in crawl["arguments"].items() if name != "since"}
    return crawl["spider"], crawl["api"], arguments
