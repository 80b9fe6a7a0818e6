"""The records themselves, where there are only a few: what a page of one track or account has to tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import orjson

from sc_spiders.dataset import Dataset

from . import html
from .comments import clock
from .html import Html, h
from .music import LICENCES
from .names import Names
from .titles import day

_MOST = 6
"""Of more objects, tables and pictures say more."""
_LONGEST = 600  # characters of a description
_KINDS = ("user", "track", "playlist")
_FACTS = {
    "user": ("full_name", "city", "country_code", "followers_count", "followings_count", "track_count", "likes_count"),
    "track": ("user_username", "genre", "duration", "playback_count", "likes_count", "reposts_count", "comment_count"),
    "playlist": ("user_username", "genre", "duration", "track_count", "likes_count", "reposts_count"),
}
_MORE = ("label_name", "license", "release_date", "created_at")
_WORDS = {
    "full_name": "Full name",
    "country_code": "Country",
    "followers_count": "Followers",
    "followings_count": "Followings",
    "track_count": "Tracks",
    "likes_count": "Likes",
    "reposts_count": "Reposts",
    "comment_count": "Comments",
    "playback_count": "Plays",
    "user_username": "By",
    "duration": "Length",
    "label_name": "Label",
    "license": "Licence",
    "release_date": "Released",
    "created_at": "Made",
}


class Cards:
    """The accounts, tracks and playlists of a small data set, each with its facts."""

    id: ClassVar[str] = "records"
    title = "What it is"

    def __init__(self, data: Dataset) -> None:
        self._rows: list[tuple[str, dict[str, Any]]] = []
        if sum(data.counts.get(kind, 0) for kind in _KINDS) > _MOST:
            return
        for kind in _KINDS:
            for (line,) in data.rows(f"SELECT line FROM record.{kind}") if data.counts.get(kind) else ():
                self._rows.append((kind, orjson.loads(line)))

    def urns(self) -> Iterable[str]:
        return (row["urn"] for _, row in self._rows)

    def html(self, names: Names) -> Html | None:
        if not self._rows:
            return None
        return html.join([_card(kind, row, names) for kind, row in self._rows])


def _card(kind: str, row: dict[str, Any], names: Names) -> Html:
    facts = [
        h("div", h("dt", _WORDS.get(field, field.capitalize())), h("dd", _value(field, row[field])))
        for field in (*_FACTS[kind], *_MORE)
        if row.get(field) not in (None, "", 0)
    ]
    description = " ".join(str(row.get("description") or "").split())
    if len(description) > _LONGEST:
        description = f"{description[: _LONGEST - 1]}…"
    said = description and h("p", h("bdi", description), class_="note")
    return h("div", h("h3", names[row["urn"]].html, " ", h("small", kind)), said or None, h("dl", facts), class_="card")


def _value(field: str, value: Any) -> Html | str | None:
    if field == "duration":
        return clock(value)
    if field == "country_code":
        return html.region(value)
    if field in ("created_at", "release_date"):
        return day(str(value))
    if field == "license":
        return LICENCES.get(value, str(value))
    if isinstance(value, int):
        return html.number(value)
    return h("bdi", str(value))
