"""Counts over days, months and years."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from . import svg
from .html import Html, h

Bars = list[tuple[str, int]]
Ticks = list[tuple[float, str]]

_SPANS = (1, 3, 12)  # months of a column
_MOST = 64  # columns, before the next longer span is taken
_UNITS = {1: "a month", 3: "in three months", 12: "a year"}


def over_time(title: str, what: str, days: dict[date, int], fewest: int) -> Html | None:
    """Columns of counts over time, under a heading. None if there are too few, or if they are of one month or two."""
    total = sum(days.values())
    if total < fewest or len({(day.year, day.month) for day in days}) < 3:
        return None
    bars, ticks, unit = months(days)
    most = max(bars, key=lambda one: one[1])
    axis = "year" if unit == _UNITS[12] else "month"
    label = f"{title}: {what} {unit}, from {bars[0][0]} to {bars[-1][0]}. Most of them, {most[1]:,}, in {most[0]}."
    return h("div", h("h3", title), svg.columns(label, axis, f"{what} {unit}", bars, ticks))


def months(days: dict[date, int]) -> tuple[Bars, Ticks, str]:
    """Columns of months or longer spans, without a gap; ticks at years; and the words for a column's span."""
    counts: Counter[int] = Counter()
    for day, count in days.items():
        counts[day.year * 12 + day.month - 1] += count
    first, last = min(counts), max(counts)
    span = next((one for one in _SPANS if (last - first) / one < _MOST), _SPANS[-1])
    first -= first % span
    starts = range(first, last + 1, span)
    bars = [(_named(start, span), sum(counts[month] for month in range(start, start + span))) for start in starts]
    return bars, _years(starts, span), _UNITS[span]


def _named(month: int, span: int) -> str:
    if span == 12:
        return str(month // 12)
    name = f"{month // 12}-{month % 12 + 1:02}"
    if span == 1:
        return name
    return f"{name} to {(month + span - 1) % 12 + 1:02}"


def _years(starts: Sequence[int], span: int) -> Ticks:
    """The years under the columns; of many, not each one."""
    years = [(n, start // 12) for n, start in enumerate(starts) if start % 12 == 0]
    every = 1 + len(years) // 7
    shift = 0.0
    if span == 12:  # the name of a year stands under the middle of its column
        shift = 0.5
    ticks = [((n + shift) / len(starts), str(year)) for n, year in years if year % every == 0]
    return ticks or [(0.5 / len(starts), _named(starts[0], 1)), (1 - 0.5 / len(starts), _named(starts[-1], 1))]
