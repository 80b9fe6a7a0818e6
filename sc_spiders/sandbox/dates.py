"""Dates of the sandbox. Its clock stands still, so that a world is the same on every day."""

from __future__ import annotations

from datetime import UTC, datetime

DAY = 86_400_000
"""Milliseconds."""

FOUNDED = 1_191_196_800_000
"""2007-10-01, when the first object was made; milliseconds since 1970."""

NOW = 1_776_124_800_000
"""2026-04-14, the sandbox's present; milliseconds since 1970."""


def day(text: str) -> int:
    """Return the beginning of a day such as `2026-03-01`, or raise ValueError."""
    return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * 1000


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 1000, UTC)


def iso(milliseconds: int) -> str:
    """Return a date as the v2 API writes it, such as `2025-09-16T01:23:36Z`."""
    return _moment(milliseconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise(milliseconds: int) -> str:
    """Return a date as the v2 API's cursors have it, such as `2025-07-08T15:40:31.345Z`."""
    return _moment(milliseconds).strftime("%Y-%m-%dT%H:%M:%S") + f".{milliseconds % 1000:03}Z"


def parse_precise(text: str) -> int:
    """Return the milliseconds since 1970 of a date from `precise`, or raise ValueError."""
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def slashed(milliseconds: int) -> str:
    """Return a date as the public API writes it, such as `2025/09/16 01:23:36 +0000`."""
    return _moment(milliseconds).strftime("%Y/%m/%d %H:%M:%S +0000")
