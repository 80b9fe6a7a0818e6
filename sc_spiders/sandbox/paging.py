"""Cuts lists into pages as the v2 API does: opaque cursors, short pages, empty pages in the middle.

Cursors are computed and not stored, so a crawl can go on with cursors of an earlier sandbox.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from zlib import crc32

from sc_spiders.sandbox.dates import NOW, parse_precise, precise

T = TypeVar("T")

LARGEST = 200
"""The most rows in a page, even if `limit` asks for more."""


class BadCursor(ValueError):
    """The cursor is not from this list, or the limit is no number."""


@dataclass(frozen=True)
class Page:
    """The positions of a page's rows, and the cursor of the next page (None at the end)."""

    rows: range
    next: str | None


class Cursors(Protocol):
    """A way to cut a list into pages."""

    def page(self, cursor: str | None, limit: int) -> Page:
        """Return the page after `cursor` (None for the first), or raise BadCursor."""
        ...


@dataclass(frozen=True)
class Offsets:
    """Pages by offset, as in searches, comments and charts. Every page except the last is full."""

    total: int

    def page(self, cursor: str | None, limit: int) -> Page:
        if cursor is not None and not cursor.isdecimal():
            raise BadCursor(cursor)
        start = int(cursor or 0)
        end = start + limit
        rows = range(min(start, self.total), min(end, self.total))
        if end < self.total:
            return Page(rows, str(end))
        return Page(rows, None)


@dataclass(frozen=True)
class Moments:
    """Pages by date: a cursor holds the date of the last row.

    A few pages are short although more follow, a few places have one or two empty pages, and a few lists end
    with an empty page. Only `name` and the place decide which ones, so every walk meets the same pages.

    name: tells lists apart. total: the number of rows. moment: milliseconds of the row at a position; each is more than
    `_EMPTIES` below the one before. label: the other part of a row's cursor. changes: rows may come and go between two
    pages, so the cursor may be that of a row which is no longer there.
    """

    name: str
    total: int
    moment: Callable[[int], int]
    label: Callable[[int], str] | None = None
    changes: bool = False

    def page(self, cursor: str | None, limit: int) -> Page:
        # 0 is the beginning of every list.
        start, empties = (0, 0) if cursor in (None, "0") else self._find(str(cursor))
        chance = crc32(f"{self.name}/{start}".encode())
        if 0 < start < self.total and empties < _EMPTIES[chance % len(_EMPTIES)]:
            return Page(range(start, start), self._cursor(start, empties + 1))
        end = min(start + limit - (chance >> 8) % 3 * (limit > 5), self.total)
        if end == self.total and not (start < end and (chance >> 16) % 8 == 0):
            return Page(range(start, end), None)
        return Page(range(start, end), self._cursor(end, 0))

    def _cursor(self, position: int, empties: int) -> str:
        moment = self.moment(position - 1) - empties
        if self.label is None:
            return str(moment)
        return f"{precise(moment)},{self.label(position - 1)}"

    def _find(self, cursor: str) -> tuple[int, int]:
        """Return the position after the cursor's row, and the number of empty pages given there so far."""
        try:
            moment = int(cursor) if self.label is None else parse_precise(cursor.partition(",")[0])
        except (ValueError, OverflowError):
            raise BadCursor(cursor) from None
        # Dates decrease along the list.
        at = bisect_left(range(self.total), -moment - max(_EMPTIES), key=lambda row: -self.moment(row))
        empties = self.moment(at) - moment if at < self.total else -1
        if 0 <= empties <= max(_EMPTIES) and self._cursor(at + 1, empties) == cursor:
            return at + 1, empties
        if self.changes:
            return at, 0
        raise BadCursor(cursor)


_EMPTIES = (0, 0, 0, 1, 0, 0, 0, 0, 2, 0)


def follow_moments(name: str, total: int) -> Moments:
    """Return the cursors of a list of users: numbers of milliseconds."""
    first = NOW - crc32(name.encode()) % 80_000_000
    return Moments(name, total, lambda row: first - row * 3_456_789)


def with_gaps(name: str, rows: Sequence[T]) -> list[T | None]:
    """Return `rows` with gaps for deleted rows: a page by offset skips them."""
    found: list[T | None] = []
    for at, row in enumerate(rows):
        if crc32(f"{name}/{at}".encode()) % 6 == 0:
            found.append(None)
        found.append(row)
    return found
