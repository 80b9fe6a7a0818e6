"""Comments: their time in the track, their dates, and their authors."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from typing import Any, ClassVar

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.origin import Origin

from . import html, svg
from .html import Html, h
from .names import Names

_TRACKS = 6
_FEWEST = 8
"""A track with fewer comments is not drawn."""
_PEOPLE = 15
_BINS = 96


class Comments:
    """Draws the density of comments over each track's time, and lists the most active people."""

    id: ClassVar[str] = "comments"
    title = "Comments"

    def __init__(self, data: Dataset) -> None:
        self._times: dict[str, array[int]] = {}
        self._count: Counter[str] = Counter()
        self._people: Counter[str] = Counter()
        self._usernames: dict[str, str] = {}
        self._links: dict[str, str | None] = {}
        self._months: Counter[str] = Counter()
        for row in data.records("comment"):
            self._add(row, data.origin)

    def _add(self, row: dict[str, Any], origin: Origin) -> None:
        track, person = row["track_urn"] or "unknown track", row["user_urn"]
        self._count[track] += 1
        if row["timestamp"] is not None:
            self._times.setdefault(track, array("q")).append(row["timestamp"])
        if person:
            self._people[person] += 1
            self._usernames[person] = row["user_username"] or row["user_permalink"] or person
            self._links[person] = origin.link(f"https://soundcloud.com/{row['user_permalink']}")
        if row["created_at"]:
            self._months[row["created_at"][:7]] += 1

    def urns(self) -> Iterable[str]:
        return [track for track, _ in self._count.most_common(_TRACKS)]

    def html(self, names: Names) -> Html | None:
        if not self._count:
            return None
        total = sum(self._count.values())
        tracks = self._count.most_common(_TRACKS)
        people, on = html.counted(len(self._people), "person", "people"), html.counted(len(self._count), "track")
        note = f"{html.counted(total, 'comment')} by {people} on {on}."
        many = [track for track, _ in tracks if len(self._times.get(track, ())) >= _FEWEST]
        if len(self._count) > len(many) > 0:
            note += f" Drawn: {html.counted(len(many), 'track')} with most."
        return html.join(
            html.note(note),
            _unknown([track for track in many if names[track].duration is None]),
            self._densities(many, names),
            self._over_years(),
            self._active(total),
        )

    def _densities(self, tracks: list[str], names: Names) -> Html | None:
        if not tracks:
            return None
        width = 460
        if len(tracks) == 1:  # a single chart may be as wide as two
            width = 640
        return h("div", [self._density(track, names, width) for track in tracks], class_="columns")

    def _density(self, track: str, names: Names, width: int) -> Html:
        times, one = self._times[track], names[track]
        length = max(one.duration or 0, *times, 1)
        bins = [0] * _BINS
        for time in times:
            bins[min(time * _BINS // length, _BINS - 1)] += 1
        peak = bins.index(max(bins))
        at = f"{clock(peak * length // _BINS)} to {clock((peak + 1) * length // _BINS)}"
        label = f"{one.title}: comments over the track's time. Most of them, {max(bins):,}, from {at}."
        ticks = [(share, clock(int(share * length))) for share in (0, 0.25, 0.5, 0.75, 1)]
        chart = svg.area(label, "time in the track", "comments", bins, ticks, width)
        described = f"{html.counted(self._count[track], 'comment')}, {len(times):,} of them at a time; most from {at}"
        if one.duration is None:
            described += ". The track's length is not in this data set; the axis ends at the last comment"
        return h("div", h("h3", one.html), h("p", described, class_="note"), chart)

    def _over_years(self) -> Html | None:
        total = sum(self._months.values())
        if len(self._months) < 3 or total < 10 * _FEWEST:
            return None
        first, last = min(self._months), max(self._months)
        months = [f"{n // 12:04}-{n % 12 + 1:02}" for n in range(_month(first), _month(last) + 1)]
        span, title = 1, "comments a month"
        if total < _FEWEST * len(months):  # too few a month for a smooth curve
            span, title = 3, "comments in three months"
        parts = [months[at : at + span] for at in range(0, len(months), span)]
        values = [sum(self._months[month] for month in part) for part in parts]
        ticks = _years(months, span, max(len(parts) - 1, 1))
        label = f"{title.capitalize()}, from {first} to {last}; the highest is {max(values):,}."
        chart = svg.area(label, "when they were written", title, values, ticks or [(0, first), (1, last)])
        return html.join(h("h3", "Over the years"), chart)

    def _active(self, total: int) -> Html:
        top = self._people.most_common(_PEOPLE)
        rows = [
            [
                html.name(self._usernames[urn], self._links[urn]),
                count,
                svg.bar(count / top[0][1]),
                f"{100 * count / total:.1f} %",
            ]
            for urn, count in top
        ]
        return html.table(
            "People with most comments", ["Person", "Comments", "", "Share"], rows, numeric=[1, 3], narrow=True
        )


def _years(months: list[str], span: int, last: int) -> list[tuple[float, str]]:
    """Place (0 to 1) and name of the years under an axis of these months. Over many years, some are left out.

    `span`: months of a point. `last`: the number of the last point.
    """
    every = max(len(months) // 60, 1)
    ticks = []
    for n, month in enumerate(months):
        year, _, of_year = month.partition("-")
        if of_year == "01" and int(year) % every == 0:
            ticks.append((n // span / last, year))
    return ticks


def _unknown(tracks: list[str]) -> Html | None:
    """Tells how to get the names and lengths of these tracks."""
    ids = ",".join(track.rpartition(":")[2] for track in tracks if track.startswith("soundcloud:tracks:"))
    if not ids:
        return None
    return h(
        "p",
        "Comments have neither the name nor the length of their track. ",
        h("code", f"scrapy crawl track -a track={ids} -O tracks.jsonl"),
        " gets both. Make a report of the two data sets together to see them here.",
        class_="note",
    )


def clock(milliseconds: int) -> str:
    """`83000` as 1:23; from one hour on with hours."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}"
    return f"{minutes}:{seconds:02}"


def _month(text: str) -> int:
    return int(text[:4]) * 12 + int(text[5:7]) - 1
