"""The shelf: playlists as strips of their tracks, each as wide as it is long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from itertools import chain
from typing import ClassVar

from . import html, svg
from .comments import clock
from .edges import Edges
from .html import Html, h
from .lists import Members, held
from .names import Names

_SHELVES = 12
_PLAYLISTS = 12
_ALONE = 24
_TRACKS = 120
_COLOURS = 12
_MINUTES = 3.5  # of a track of unknown length

_Playlist = tuple[str, int, list[str]]
"""A playlist, how many tracks it has, and the first of them."""


class Shelf:
    """The playlists of shelves, and those without a shelf."""

    id: ClassVar[str] = "shelf"
    title = "The shelf"

    def __init__(self, edges: Edges, subjects: Collection[str]) -> None:
        lists = dict(held(edges, subjects))
        self._shelves: list[tuple[str | None, list[_Playlist]]] = []
        placed: set[str] = set()
        for source in [urn for urn in lists if urn.startswith("soundcloud:selections:")][:_SHELVES]:
            urns = [edges.urns[number] for _, number in lists.pop(source)]
            on = [urn for urn in urns if urn in lists][:_PLAYLISTS]
            placed.update(on)
            self._shelves.append((source, [_playlist(edges, urn, lists[urn]) for urn in on]))
        others = [urn for urn in lists if urn not in placed and "playlists:" in urn]
        if others:
            self._shelves.append((None, [_playlist(edges, urn, lists[urn]) for urn in others[:_ALONE]]))
        if not self._shelves:
            self._shelves = [(None, _featured(edges))]
        self._shelves = [(source, on) for source, on in self._shelves if on]

    def urns(self) -> Iterator[str]:
        for source, playlists in self._shelves:
            if source:
                yield source
            for urn, _, tracks in playlists:
                yield urn
                yield from tracks

    def html(self, names: Names) -> Html | None:
        strips = [len(playlists) for _, playlists in self._shelves]
        if not strips:
            return None
        genres = self._genres(names)
        parts = [self._one(source, playlists, names, genres) for source, playlists in self._shelves]
        colour = ", its colour the genre" if genres else ""
        return html.join(
            html.note(f"A block is a track. Its width is the track's length{colour}. Rest on it for its title."),
            _legend(genres),
            h("div", parts, class_=len(parts) > 1 and "columns"),
        )

    def _one(self, source: str | None, playlists: list[_Playlist], names: Names, genres: dict[str, int]) -> Html:
        strips = []
        for urn, total, tracks in playlists:
            length = sum(names[track].duration or 0 for track in tracks)
            facts = html.counted(total, "track")
            if length and total == len(tracks):
                facts += f", {clock(length)}"
            blocks = [_block(track, names, genres) for track in tracks]
            strips.append((names[urn].title, facts, blocks))
        title = "Playlists"
        if source:
            title = names[source].title
        several = html.counted(len(strips), "list")
        label = f"{title}: {several} as strips of their tracks. The lists below have the titles."
        heading = None
        if source or len(self._shelves) > 1:
            heading = h("h3", h("bdi", title))
        return h("div", heading, svg.strips(label, strips))

    def _genres(self, names: Names) -> dict[str, int]:
        """The commonest genres, and their colours."""
        playlists = chain.from_iterable(playlists for _, playlists in self._shelves)
        tracks = chain.from_iterable(tracks for _, _, tracks in playlists)
        counts = Counter(filter(None, (names[track].genre for track in tracks)))
        return {genre: n for n, (genre, _) in enumerate(counts.most_common(_COLOURS))}


def _legend(genres: dict[str, int]) -> Html | None:
    if not genres:
        return None
    keys = [h("span", h("i", class_=f"key c{n}"), h("bdi", genre)) for genre, n in genres.items()]
    keys.append(h("span", h("i", class_=f"key c{_COLOURS}"), "others"))
    return h("div", keys, class_="legend")


def _featured(edges: Edges) -> list[_Playlist]:
    """The featured tracks of each genre. They have no order."""
    lists: dict[int, Members] = {}
    pairs = zip(edges.sources.get("features", ()), edges.targets.get("features", ()), strict=True)
    for source, target in pairs:
        if edges.urns[source].startswith("featured:") and ":tracks:" in edges.urns[target]:
            lists.setdefault(source, []).append((0, target))
    return [_playlist(edges, edges.urns[source], members) for source, members in lists.items()][:_ALONE]


def _playlist(edges: Edges, urn: str, members: Members) -> _Playlist:
    return urn, len(members), [edges.urns[number] for _, number in members[:_TRACKS]]


def _block(track: str, names: Names, genres: dict[str, int]) -> svg.Block:
    one = names[track]
    words = one.title
    if one.by:
        words += f" – {one.by}"  # noqa: RUF001 - a dash it is
    if one.duration:
        words += f", {clock(one.duration)}"
    return svg.Block(one.duration or _MINUTES * 60_000, genres.get(one.genre or "", _COLOURS), words)
