"""Comments: where in the track they were written, when, and by whom."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from typing import ClassVar

from sc_spiders.dataset import Dataset

from . import html, svg
from .html import Html, h
from .names import Names

_TRACKS = 6
_FEWEST = 8
"""Comments of a track that make a picture."""
_PEOPLE = 15
_BINS = 96


class Comments:
    """The density over each track's time, and the most active people."""

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
            track, person = row["track_urn"] or "unknown track", row["user_urn"]
            self._count[track] += 1
            if row["timestamp"] is not None:
                self._times.setdefault(track, array("q")).append(row["timestamp"])
            if person:
                self._people[person] += 1
                self._usernames[person] = row["user_username"] or row["user_permalink"] or person
                self._links[person] = data.origin.link(f"https://soundcloud.com/{row['user_permalink']}")
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
        drawn = [self._density(track, names, width=640 if len(many) == 1 else 460) for track in many]
        if len(self._count) > len(drawn) > 0:
            note += f" Drawn: {html.counted(len(drawn), 'track')} with most."
        return html.join(
            h("p", note, class_="note"),
            _unknown([track for track in many if names[track].duration is None]),
            h("div", drawn, class_="columns") if drawn else None,
            self._over_years(),
            self._active(total),
        )

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
        # A few comments a month make no picture but a saw's.
        span = 1 if total >= _FEWEST * len(months) else 3
        parts = [months[at : at + span] for at in range(0, len(months), span)]
        values = [sum(self._months[month] for month in part) for part in parts]
        count = max(len(parts) - 1, 1)
        every = max(len(months) // 60, 1)
        ticks = [
            (n / count, month[:4])
            for n, part in enumerate(parts)
            for month in part
            if month.endswith("-01") and int(month[:4]) % every == 0
        ]
        title = "comments a month" if span == 1 else "comments in three months"
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


def _unknown(tracks: list[str]) -> Html | None:
    """How to get what comments do not say of these tracks."""
    ids = ",".join(track.rpartition(":")[2] for track in tracks if track.startswith("soundcloud:tracks:"))
    if not ids:
        return None
    return h(
        "p",
        "Comments say neither the name nor the length of their track. ",
        h("code", f"scrapy crawl track -a track={ids} -O tracks.jsonl"),
        " gets both; report the two data sets together to have them here.",
        class_="note",
    )


def clock(milliseconds: int) -> str:
    """`83000` as 1:23, and with hours where there are any."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _month(text: str) -> int:
    return int(text[:4]) * 12 + int(text[5:7]) - 1
