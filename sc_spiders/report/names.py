"""The names of the nodes that a report shows. No other names are kept: a data set may have millions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.fields import NODES
from sc_spiders.dataset.origin import Origin
from sc_spiders.dataset.searches import searched

from .asked import path, words
from .html import Html, Label, name, safe_link

_PLURALS = {"playlist": ["playlists", "system-playlists"]}
"""The words for a kind in URNs, if these are not the kind with an s."""
_OWNERS = """
SELECT user_urn, any_value(user_username), any_value(user_permalink) FROM {kind}
WHERE user_urn IN (SELECT unnest($urns)) AND coalesce(user_username, user_permalink) IS NOT NULL GROUP BY user_urn
"""
_COUNTS = {"user": "followers_count", "track": "playback_count", "playlist": "track_count"}


@dataclass(slots=True)
class Named:
    """The fields of a node that a report shows."""

    title: str
    href: str | None = None
    by: str | None = None
    country: str | None = None
    count: int | None = None
    """Followers of a user, plays of a track, tracks of a playlist, as announced."""
    duration: int | None = None
    """Milliseconds."""
    permalink: str | None = None
    genre: str | None = None
    note: str = ""
    """The permalink, if another node of the page has the same title."""

    @property
    def html(self) -> Html:
        return name(self.title, self.href, self.note)

    @property
    def called(self) -> str:
        """Title and note as plain text."""
        if self.note:
            return f"{self.title} ({self.note})"
        return self.title

    @property
    def label(self) -> Label:
        """For a table."""
        return Label(self.title, self.note, self.href)

    @property
    def by_html(self) -> Html | None:
        """The owner, if known."""
        if not self.by:
            return None
        return name(self.by)


class Names:
    """The names of these URNs, read in one pass. A node without a record is named after its URN."""

    def __init__(self, data: Dataset, urns: Iterable[str]) -> None:
        wanted = set(urns)
        wanted.update(filter(None, map(_of_station, list(wanted))))
        kinds = set(map(_plural_of, wanted))
        self._found: dict[str, Named] = {}
        origin = data.origin
        for kind in NODES:
            if kinds.isdisjoint(_PLURALS.get(kind, [f"{kind}s"])):
                continue
            lines = data.rows(f"SELECT line FROM record.{kind} WHERE urn IN (SELECT unnest($urns))", urns=list(wanted))
            for (line,) in lines:
                row = orjson.loads(line)
                self._found[row["urn"]] = _named(kind, row, origin)
        if "users" in kinds:
            unknown = [urn for urn in wanted - self._found.keys() if _plural_of(urn) == "users"]
            self._found |= _owners(data, unknown)
        if "tracks" in kinds:
            self._found = _asked(data) | self._found
        _tell_apart(self._found)

    def __getitem__(self, urn: str) -> Named:
        if found := self._found.get(urn):
            return found
        of = _of_station(urn)
        if of is None:
            return Named(called(urn))
        return Named(f"Station of {self[of].title}")


def _owners(data: Dataset, urns: list[str]) -> dict[str, Named]:
    """Names of users without a record, as their tracks, playlists and comments tell them."""
    found: dict[str, Named] = {}
    for kind in ("track", "playlist", "comment"):
        rows = data.rows(_OWNERS.format(kind=kind), urns=urns)
        for urn, username, permalink in rows:
            href = permalink and data.origin.link(f"https://soundcloud.com/{permalink}")
            found.setdefault(urn, Named(str(username or permalink)[:200], safe_link(href or None), permalink=permalink))
    return found


def _tell_apart(found: dict[str, Named]) -> None:
    """Gives nodes of the same kind, title and owner their permalinks as notes."""
    same: dict[tuple[str | None, str, str | None], list[Named]] = {}
    for urn, one in found.items():
        same.setdefault((_plural_of(urn), one.title.casefold(), one.by), []).append(one)
    for several in same.values():
        if len(several) > 1:
            for one in several:
                one.note = one.permalink or ""


def _plural_of(urn: str) -> str | None:
    """The kind in a URN: `users` of `soundcloud:users:183`."""
    match urn.split(":", 2):
        case ["soundcloud", plural, _]:
            return plural
    return None


def called(urn: str) -> str:
    """A name for something that is no node, such as a chart or a search."""
    parts = urn.split(":", 2)
    match parts:
        case ["charts", kind, genre]:
            return f"Charts, {kind}: {genre}"
        case ["search", kind, words]:
            q, filters = searched(words)
            if kind != "all":
                filters = [kind, *filters]
            if not filters:
                return f"Search for “{q}”"
            return f"Search for “{q}” ({', '.join(filters)})"
        case ["tag" | "featured", *words]:
            return f"{parts[0].capitalize()}: {':'.join(words)}"
    return urn


def _of_station(urn: str) -> str | None:
    """The URN of the track or artist that a station belongs to."""
    match urn.split(":"):
        case ["soundcloud", "system-playlists", "track-stations", number]:
            return f"soundcloud:tracks:{number}"
        case ["soundcloud", "system-playlists", "artist-stations", number]:
            return f"soundcloud:users:{number}"
    return None


def _asked(data: Dataset) -> dict[str, Named]:
    """The name of the only seed track, from its address: a crawl of comments has no record of the track."""
    given = {word for kind, word in words(data.crawls) if kind == "track"}
    walked = {row["subject"] for row in data.records("listing") if row["endpoint"] == "track_comments"}
    if len(given) != 1 or len(walked) != 1 or not (address := path(given.pop())) or "/" not in address:
        return {}
    return {walked.pop(): Named(address, safe_link(data.origin.link(f"https://soundcloud.com/{address}")))}


def _named(kind: str, row: dict[str, Any], origin: Origin) -> Named:
    title = row.get("username") or row.get("title") or row.get("permalink") or row["urn"]
    return Named(
        title=str(title)[:200],
        href=safe_link(origin.link(row.get("permalink_url"))),
        by=row.get("user_username"),
        country=row.get("country_code") or row.get("country"),
        count=row.get(_COUNTS.get(kind, "")),
        duration=row.get("full_duration") or row.get("duration"),
        permalink=row.get("permalink"),
        genre=(row.get("genre") or "").strip() or None,
    )
