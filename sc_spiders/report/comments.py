"""Comments: where in the track they are, what they say, when they were written, and by whom."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import ClassVar

from sc_spiders.dataset import Dataset

from . import html, svg
from .calendar import over_time
from .html import Cell, Html, h
from .names import Names

_TRACKS = 6
_FEWEST = 8
"""A track with fewer comments is not drawn."""
_PEOPLE = 50
_BINS = 100
_LENGTHS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
"""A column is so many seconds long; a tick stands at so many minutes."""
_TICKS = 8
_LONGEST = 240  # characters of a quoted comment

_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*[^\W_]", re.UNICODE)
_EMOJI = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}"
    "|[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55]\ufe0f?[\U0001f3fb-\U0001f3ff]?"
    "(?:\u200d[\U0001f300-\U0001faff\u2600-\u27bf]\ufe0f?)*)"
)
_ADDRESS = re.compile(r"https?://\S+|@[\w-]+")
# English words that say nothing about the music.
_COMMON = frozenset(
    re.findall(
        r"\S+",
        "the and you for this that with your are was have has not but all from its it's i'm just they them his her she "
        "can our out one get got what when who how why will been were there their then than too also very would could",
    )
)

_PER_PERSON = """
SELECT user_urn, any_value(coalesce(user_username, user_permalink, user_urn)), any_value(user_permalink), count(*)
FROM comment WHERE user_urn IS NOT NULL GROUP BY user_urn HAVING count(*) > 1 ORDER BY count(*) DESC, user_urn
"""
_QUOTE = """
SELECT body, coalesce(user_username, user_permalink, ''), created_at, timestamp, likes_count FROM comment
WHERE track_urn = $track AND trim(body) <> ''
"""
_Quoted = tuple[str, str, date | None, int | None, int | None]


class Comments:
    """Draws the comments over each track's time, quotes some, and counts words, years and people."""

    id: ClassVar[str] = "comments"
    title = "Comments"

    def __init__(self, data: Dataset) -> None:
        self._data = data
        self._count = {
            track or "unknown track": (count, timed)
            for track, count, timed in data.rows(
                "SELECT track_urn, count(*), count(timestamp) FROM comment GROUP BY 1 ORDER BY 2 DESC, 1"
            )
        }
        self._total = data.counts.get("comment", 0)
        (self._people,) = next(data.rows("SELECT count(DISTINCT user_urn) FROM comment"))

    @property
    def has_picture(self) -> bool:
        """Whether a track has enough comments to be drawn."""
        return any(timed >= _FEWEST for _, timed in self._count.values())

    def urns(self) -> Iterable[str]:
        return list(self._count)[:_TRACKS]

    def html(self, names: Names) -> Html | None:
        if not self._count:
            return None
        people, on = html.counted(self._people, "person", "people"), html.counted(len(self._count), "track")
        note = f"{html.counted(self._total, 'comment')} by {people} on {on}."
        many = [track for track in list(self._count)[:_TRACKS] if self._count[track][1] >= _FEWEST]
        if len(self._count) > len(many) > 0:
            note += f" Drawn: {html.counted(len(many), 'track')} with most."
        told = html.join(self._said(), self._over_years(), self._active())
        if not (many or told):
            return None
        return html.join(
            html.note(note),
            _unknown([track for track in many if names[track].duration is None]),
            [self._track(track, names) for track in many],
            h("div", told, class_="columns"),
        )

    def _track(self, track: str, names: Names) -> Html:
        one = names[track]
        times = [at for (at,) in self._data.rows(
            "SELECT timestamp FROM comment WHERE track_urn = $track AND timestamp IS NOT NULL", track=track
        )]  # fmt: skip
        length = max(one.duration or 0, *times, 1)
        seconds = next((n for n in _LENGTHS if length / 1000 / n <= _BINS), _LENGTHS[-1])
        counts = [0] * -(-length // (seconds * 1000))
        for time in times:
            counts[min(time // (seconds * 1000), len(counts) - 1)] += 1
        peak = counts.index(max(counts))
        at = f"{clock(peak * seconds * 1000)} to {clock((peak + 1) * seconds * 1000)}"
        bars = [(f"{clock(n * seconds * 1000)} to {clock((n + 1) * seconds * 1000)}", c) for n, c in enumerate(counts)]
        label = f"{one.title}: comments over the track's time. Most of them, {max(counts):,}, from {at}."
        ticks = _minutes(len(counts) * seconds)
        count, timed = self._count[track]
        described = f"{html.counted(count, 'comment')}, {timed:,} of them at a time; most from {at}"
        if one.duration is None:
            described += ". The track's length is not in this data set; the axis ends at the last comment"
        by = one.by_html and [" by ", one.by_html]
        return h(
            "div",
            h("h3", one.html, by),
            h("p", described, class_="note"),
            svg.wide_columns(label, f"time in the track, columns of {seconds} s", "comments", bars, ticks),
            self._quotes(track, peak * seconds * 1000, (peak + 1) * seconds * 1000),
        )

    def _quotes(self, track: str, start: int, end: int) -> Html | None:
        """The first and the last comment, one of where most are, and the one with most likes."""
        choices = (
            ("The first", "AND created_at IS NOT NULL ORDER BY created_at, urn"),
            ("The last", "AND created_at IS NOT NULL ORDER BY created_at DESC, urn DESC"),
            (
                f"At {clock(start)}, where most are",
                f"AND timestamp >= {start} AND timestamp < {end} ORDER BY length(body) DESC, urn",
            ),
            ("With most likes", "AND likes_count > 0 ORDER BY likes_count DESC, urn"),
        )
        quotes = []
        for words, which in choices:
            for quoted in self._data.rows(f"{_QUOTE} {which} LIMIT 1", track=track):
                quotes.append(_quote(words, quoted))
        if not quotes:
            return None
        return h("div", quotes, class_="quotes")

    def _said(self) -> Html | None:
        """The words and emoji that most comments have."""
        words: Counter[str] = Counter()
        emoji: Counter[str] = Counter()
        texts = 0
        for (body,) in self._data.rows("SELECT body FROM comment WHERE body <> ''"):
            texts += 1
            said = _ADDRESS.sub(" ", body)
            words.update({one.lower() for one in _WORD.findall(said) if len(one) > 2} - _COMMON)
            emoji.update(set(_EMOJI.findall(said)))
        parts = []
        for title, header, counts in (("Words", "Word", words), ("Emoji", "Emoji", emoji)):
            several = [(word, count) for word, count in sorted(counts.items(), key=_most) if count > 1]
            if len(several) > 2 and texts >= _FEWEST and several[0][1] > 3:
                parts.append(html.bars(title, header, several, texts, "Comments"))
        return html.join(parts) or None

    def _over_years(self) -> Html | None:
        days = dict(
            self._data.rows("SELECT created_at::DATE, count(*) FROM comment WHERE created_at IS NOT NULL GROUP BY 1")
        )
        return over_time("When they were written", "comments", days, 3 * _FEWEST)

    def _active(self) -> Html | None:
        top = list(self._data.rows(f"{_PER_PERSON} LIMIT {_PEOPLE}"))
        if len(top) < 3:
            return None
        same = Counter(str(name).casefold() for _, name, _, _ in top)
        rows: list[list[Cell]] = []
        for _, name, permalink, count in top:
            href = permalink and self._data.origin.link(f"https://soundcloud.com/{permalink}")
            note = ""
            if same[str(name).casefold()] > 1:
                note = permalink or ""
            label = html.Label(str(name)[:200], note, href)
            share = html.Sorted(f"{100 * count / self._total:.1f} %", count)
            rows.append([label, count, html.bar(count / top[0][3]), share])
        return html.table(
            "People with most comments", ["Person", "Comments", "", "Share"], rows, numeric=[1, 3], first=15
        )


def _quote(words: str, quoted: _Quoted) -> Html:
    body, who, created, at, likes = quoted
    said = " ".join(body.split())
    if len(said) > _LONGEST:
        said = f"{said[: _LONGEST - 1]}…"
    facts: list[str | Html] = [who]
    if at is not None:
        facts.append(f"at {clock(at)}")
    if created:
        written = created.isoformat()[:10]
        facts.append(h("time", written, datetime=written))
    if likes:
        facts.append(html.counted(likes, "like"))
    said_of: list[str | Html] = []
    for fact in filter(None, facts):
        if said_of:
            said_of.append(", ")
        said_of.append(fact)
    told = h("p", h("bdi", said_of), class_="note")
    return h("div", h("p", words, class_="note"), h("blockquote", h("bdi", said)), told, class_="quote")


def _minutes(seconds: int) -> list[tuple[float, str]]:
    """Ticks at round minutes of a track; of a short one at round seconds."""
    step = next((n for n in (10, 30, *(60 * m for m in _LENGTHS)) if seconds / n <= _TICKS), 36_000)
    return [(at / seconds, clock(at * 1000)) for at in range(0, seconds + 1, step)]


def _most(one: tuple[str, int]) -> tuple[int, str]:
    return -one[1], one[0]


def _unknown(tracks: list[str]) -> Html | None:
    """Tells how to get the names and lengths of these tracks."""
    ids = ",".join(track.rpartition(":")[2] for track in tracks if track.startswith("soundcloud:tracks:"))
    if not ids:
        return None
    return h(
        "p",
        "The data set has no record of the track, and so not its length. ",
        h("code", html.breakable(f"scrapy crawl track -a track={ids} -O tracks.jsonl")),
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
