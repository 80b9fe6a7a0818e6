"""The music: what the tracks of the data set are called by, how old, long, popular and free they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Any, ClassVar

from sc_spiders.dataset import Dataset

from . import html, svg
from .calendar import over_time
from .html import Html, h
from .names import Names

FEWEST = 8
"""Of fewer tracks, a list says more than a picture."""

# A tag of several words is in quotes.
_TAG = re.compile(r'"([^"]+)"|([^\s"]+)')
_MINUTES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 30, 60)
_SHARES = (0, 0.5, 1, 2, 3, 4, 5, 7, 10, 15, 25)
LICENCES = {
    "all-rights-reserved": "all rights reserved",
    "no-rights-reserved": "no rights reserved",
    "cc-by": "CC BY",
    "cc-by-nc": "CC BY-NC",
    "cc-by-nd": "CC BY-ND",
    "cc-by-sa": "CC BY-SA",
    "cc-by-nc-nd": "CC BY-NC-ND",
    "cc-by-nc-sa": "CC BY-NC-SA",
}
_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_Counts = list[tuple[Any, int]]


class Tags:
    """The genres and tags of the tracks."""

    id: ClassVar[str] = "genres"
    title = "Genres and tags"

    def __init__(self, data: Dataset) -> None:
        self._tracks = _tracks(data)
        self._genres = _counts(
            data,
            "SELECT mode(trim(genre)), count(*) FROM track WHERE trim(genre) <> '' GROUP BY lower(trim(genre)) "
            "ORDER BY 2 DESC, 1",
        )
        self._tags: Counter[str] = Counter()
        for (tags,) in data.rows("SELECT tag_list FROM track WHERE tag_list <> ''"):
            self._tags.update(set(tags_of(tags)))

    def urns(self) -> Iterable[str]:
        return ()

    def html(self, names: Names) -> Html | None:
        parts = []
        if len(self._genres) > 1 and self._tracks >= FEWEST:
            of = sum(count for _, count in self._genres)
            parts.append(html.bars("Genres", "Genre", self._genres, of, "Tracks"))
        tags = sorted(self._tags.items(), key=lambda one: (-one[1], one[0]))
        if len(tags) > 1 and tags[0][1] > 1:
            parts.append(html.bars("Tags", "Tag", tags, self._tracks, "Tracks"))
        if not parts:
            return None
        return html.join(
            html.note(
                f"Of {html.counted(self._tracks, 'track')}. A track has one genre, which its owner types or chooses, "
                "and any number of tags."
            ),
            h("div", parts, class_="columns"),
        )


class Years:
    """When tracks were released and uploaded."""

    id: ClassVar[str] = "years"
    title = "Years"

    def __init__(self, data: Dataset) -> None:
        self._uploads = _days(data, "SELECT coalesce(display_date, created_at)::DATE, count(*) FROM track GROUP BY 1")
        self._released: _Counts = _counts(
            data,
            "SELECT coalesce(release_year, try_cast(left(release_date, 4) AS BIGINT)) AS year, count(*) FROM track "
            "WHERE year BETWEEN 1900 AND 2200 GROUP BY 1 ORDER BY 1",
        )
        self._hours: dict[tuple[int, int], int] = {
            (day, hour): count
            for day, hour, count in data.rows(
                "SELECT isodow(created_at) - 1, hour(created_at), count(*) FROM track WHERE created_at IS NOT NULL "
                "GROUP BY ALL"
            )
        }

    def urns(self) -> Iterable[str]:
        return ()

    def html(self, names: Names) -> Html | None:
        parts = [over_time("Uploads", "tracks", self._uploads, FEWEST), self._releases(), self._week()]
        shown = [part for part in parts if part]
        if not shown:
            return None
        return h("div", shown, class_="columns")

    def _releases(self) -> Html | None:
        known = sum(count for _, count in self._released)
        if len(self._released) < 2 or known < FEWEST:
            return None
        found = dict(self._released)
        bars = [(str(year), found.get(year, 0)) for year in range(min(found), max(found) + 1)]
        label = (
            f"Years of release of {known:,} tracks that name one; most, {max(found.values()):,}, in {_highest(bars)}."
        )
        return h("div", h("h3", "Year of release"), svg.columns(label, "year", "tracks", bars))

    def _week(self) -> Html | None:
        known = sum(self._hours.values())
        if known < 10 * FEWEST:
            return None
        (day, hour), most = max(self._hours.items(), key=lambda one: one[1])
        label = f"Uploads by weekday and hour (UTC); most, {most:,}, on {_WEEK[day]} from {hour}:00."
        return h("div", h("h3", "Weekday and hour of upload, UTC"), svg.heat(label, _WEEK, range(24), self._hours))


class Plays:
    """How long the tracks are, how often they are played, and how many of the plays lead to a like."""

    id: ClassVar[str] = "plays"
    title = "Lengths and plays"

    def __init__(self, data: Dataset) -> None:
        whole = "coalesce(nullif(full_duration, 0), duration)"
        self._lengths = _counts(
            data, f"SELECT {whole} // 1000, count(*) FROM track WHERE {whole} > 0 GROUP BY 1 ORDER BY 1"
        )
        self._plays = _counts(
            data,
            "SELECT 3 * (length(digits) - 1) + (digits >= '2')::INT + (digits >= '5')::INT AS step, count(*) "
            "FROM (SELECT playback_count::VARCHAR AS digits FROM track WHERE playback_count > 0) GROUP BY 1 ORDER BY 1",
        )
        self._middle = next(data.rows("SELECT median(playback_count), sum(playback_count) FROM track"))
        # Of a track with few plays, the share is chance.
        self._liked = [
            share
            for (share,) in data.rows(
                "SELECT 100.0 * likes_count / playback_count FROM track "
                "WHERE playback_count >= 100 AND likes_count IS NOT NULL"
            )
        ]

    def urns(self) -> Iterable[str]:
        return ()

    def html(self, names: Names) -> Html | None:
        shown = [part for part in (self._length(), self._played(), self._likes()) if part]
        if not shown:
            return None
        return h("div", shown, class_="columns")

    def _length(self) -> Html | None:
        known = sum(count for _, count in self._lengths)
        if known < FEWEST:
            return None
        bars = _binned([(seconds / 60, count) for seconds, count in self._lengths], _MINUTES)
        label = (
            f"Lengths of {known:,} tracks; most, {max(count for _, count in bars):,}, last {_highest(bars)} minutes."
        )
        return h("div", h("h3", "Length"), svg.columns(label, "minutes", "tracks", bars))

    def _played(self) -> Html | None:
        known = sum(count for _, count in self._plays)
        if known < FEWEST or len(self._plays) < 2:
            return None
        found = dict(self._plays)
        bars = [(_plays(step), found.get(step, 0)) for step in range(min(found), max(found) + 1)]
        median, every = self._middle
        told = f"Half of the tracks have at least {int(median):,} plays. Together they have {int(every):,}."
        label = f"Plays of {known:,} tracks; most, {max(found.values()):,}, have {_highest(bars)}."
        return h("div", h("h3", "Plays"), svg.columns(label, "plays", "tracks", bars), html.note(told))

    def _likes(self) -> Html | None:
        if len(self._liked) < FEWEST:
            return None
        bars = _binned([(share, 1) for share in self._liked], _SHARES)
        middle = sorted(self._liked)[len(self._liked) // 2]
        known = f"{len(self._liked):,} tracks"
        told = f"{known} with at least 100 plays. Half of them have more than {middle:.1f} likes per 100 plays."
        label = f"Likes per 100 plays of {known}; the median is {middle:.1f}."
        chart = svg.columns(label, "likes per 100 plays", "tracks", bars)
        return h("div", h("h3", "Likes per 100 plays"), chart, html.note(told))


class Rights:
    """The licences and labels of the tracks."""

    id: ClassVar[str] = "licences"
    title = "Licences and labels"

    def __init__(self, data: Dataset) -> None:
        self._licences = _counts(
            data, "SELECT license, count(*) FROM track WHERE license <> '' GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        self._labels = _counts(
            data,
            "SELECT trim(label_name), count(*) FROM track WHERE trim(label_name) <> '' GROUP BY 1 ORDER BY 2 DESC, 1",
        )

    def urns(self) -> Iterable[str]:
        return ()

    def html(self, names: Names) -> Html | None:
        parts = []
        if len(self._licences) > 1:
            counts = [(LICENCES.get(one, one), count) for one, count in self._licences]
            parts.append(html.bars("Licences", "Licence", counts, _sum(counts), "Tracks"))
        if len(self._labels) > 1:
            parts.append(html.bars("Labels", "Label", self._labels, _sum(self._labels), "Tracks"))
        if not parts or _sum(self._licences) < FEWEST:
            return None
        return h("div", parts, class_="columns")


class InTime:
    """The tracks by the day of their upload and their plays."""

    id: ClassVar[str] = "in-time"
    title = "The music in time"
    most: ClassVar[int] = 3_000
    """Of more tracks, no dot could be told from others."""
    named: ClassVar[int] = 400
    """So many of the most played tracks are named when the pointer rests on them."""

    def __init__(self, data: Dataset) -> None:
        self._points: list[tuple[str, date, int]] = []
        (known,) = next(data.rows("SELECT count(*) FROM track WHERE playback_count > 0"))
        if FEWEST <= known <= self.most:
            self._points = list(
                data.rows(
                    "SELECT urn, coalesce(display_date, created_at)::DATE AS day, playback_count FROM track "
                    "WHERE playback_count > 0 AND day IS NOT NULL ORDER BY playback_count DESC, urn"
                )
            )

    def urns(self) -> Iterable[str]:
        return [urn for urn, _, _ in self._points[: self.named]]

    def html(self, names: Names) -> Html | None:
        days = {day for _, day, _ in self._points}
        if len(days) < FEWEST:
            return None
        first, last = min(days), max(days)
        span = (last - first).days
        points = []
        for place, (urn, day, plays) in enumerate(self._points):
            words = ""
            if place < self.named:
                words = f"{names[urn].title}, {day}: {plays:,} plays"
            points.append(svg.Point((day - first).days / span, plays, words))
        years = range(first.year + 1, last.year + 1)
        every = 1 + len(years) // 12
        ticks = [((date(year, 1, 1) - first).days / span, str(year)) for year in years[::every]]
        titles = [names[urn].title for urn, _, _ in self._points[:5]]
        which = f"{len(points):,} tracks"
        label = f"{which} by the day of upload and plays, from {first} to {last}. Most played: {titles[0]}."
        return html.join(
            html.note(f"{which}: when they were uploaded, and how often they are played. Rest on a dot for its title."),
            svg.scatter(label, "day of upload", "plays", points, titles, ticks or [(0, str(first)), (1, str(last))]),
        )


def tags_of(tag_list: str) -> list[str]:
    """The tags in a track's `tag_list`, in lower case: `techno "deep house"` has two."""
    return [(quoted or word).strip().lower() for quoted, word in _TAG.findall(tag_list)]


def _tracks(data: Dataset) -> int:
    return data.counts.get("track", 0)


def _counts(data: Dataset, query: str) -> _Counts:
    return [(value, count) for value, count in data.rows(query)]


def _days(data: Dataset, query: str) -> dict[date, int]:
    return {day: count for day, count in data.rows(query) if day is not None}


def _sum(counts: _Counts) -> int:
    return sum(count for _, count in counts)


def _highest(bars: list[tuple[str, int]]) -> str:
    return max(bars, key=lambda one: one[1])[0]


def _plays(step: int) -> str:
    """What a step of 1, 2, 5, 10 … begins with: `200+` for 7."""
    return f"{(1, 2, 5)[step % 3] * 10 ** (step // 3):,}+"


def _binned(values: Iterable[tuple[float, int]], edges: tuple[float, ...]) -> list[tuple[str, int]]:
    """Counts between these edges, from the first to the last one that has any."""
    counts = [0] * len(edges)
    for value, count in values:
        counts[max(n for n, edge in enumerate(edges) if value >= edge)] += count
    words = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    words.append(f"{edges[-1]:g}+")
    used = [n for n, count in enumerate(counts) if count]
    return list(zip(words, counts, strict=True))[used[0] : used[-1] + 1]
