"""The page of a panel: the curves of the numbers that changed most."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sc_spiders.dataset import Dataset, replacing
from sc_spiders.dataset.diff import COUNTS
from sc_spiders.dataset.panel import KINDS, grown

from . import html, svg
from .frame import Part, whole
from .html import Html, counted, h
from .titles import number_name

_MOST = 6
"""Curves of a number."""
Curve = Sequence[tuple[datetime, int]]


def write(data: Dataset, path: Path) -> None:
    """Writes the page of a data set whose panel is made. Raises OutputRefused, OSError."""
    page = render(data)
    with replacing(path) as new:
        new.write_text(page, encoding="utf-8")


def render(data: Dataset) -> str:
    """The page."""
    sections: list[Part] = []
    for kind in KINDS:
        bodies = [body for field in COUNTS[kind] if (body := _field(data, kind, field))]
        if bodies:
            sections.append((kind, f"{kind.capitalize()}s", html.join(bodies)))
    if not sections:
        nothing = h(
            "p", "No number changed: of each account, track and playlist there is one crawl, or the same number."
        )
        sections.append(("none", "Nothing changed", nothing))
    days = [str(crawl["started_at"])[:10] for crawl in data.crawls]
    when = " to ".join(dict.fromkeys([*days[:1], *days[-1:]]))
    summary = h("p", f"{counted(len(data.crawls), 'crawl')}, {when}", class_="summary")
    return whole("Numbers over time", data, [summary], sections)


def _field(data: Dataset, kind: str, field: str) -> Html | None:
    """The curves of a number of one kind of nodes, in columns."""
    found = grown(data, kind, field, _MOST)
    if not found:
        return None
    words = number_name(field)
    first, last = min(points[0][0] for _, points in found), max(points[-1][0] for _, points in found)
    charts = [_chart(name, points, words, first, last) for name, points in found]
    return html.join(h("h3", words.capitalize()), h("div", charts, class_="columns"))


def _chart(name: str, points: Curve, words: str, first: datetime, last: datetime) -> Html:
    span = max((last - first).total_seconds(), 1)
    places = [((at - first).total_seconds() / span, value) for at, value in points]
    before, after = points[0][1], points[-1][1]
    told = f"{before:,} to {after:,} ({after - before:+,})"
    ticks = [(0.0, f"{first:%Y-%m-%d}"), (1.0, f"{last:%Y-%m-%d}")]
    chart = svg.curve(f"{name}: {words}, {told}", "crawls", words, places, ticks)
    return h("div", h("p", h("strong", h("bdi", name)), " ", h("span", told, class_="note")), chart)
