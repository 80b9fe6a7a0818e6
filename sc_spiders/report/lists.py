"""Lists with an order: charts, search results, and the contents of playlists."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import ClassVar

from . import html
from .comments import clock
from .edges import Edges
from .html import Html, h
from .names import Names

_FEW = 3
"""At most this many playlists are open at first."""
_OPEN = 10
"""Rows of a list that are visible at first. The others open on demand."""
_COUNTED = {"tracks": "Plays", "users": "Followers", "playlists": "Tracks"}
"""The heading of the counts in a list of a single kind."""
_NAMED = 500
"""At most this many of the lists that are not shown are named."""

Members = list[tuple[int, int]]
"""Position and node number of each member of a list."""


class _Lists:
    """Lists by their source, in order: at most `most` of them, with at most `rows` rows each."""

    id: ClassVar[str]
    title: str
    most: ClassVar[int] = 60
    rows: ClassVar[int] = 500

    def __init__(self, edges: Edges, found: Iterable[tuple[str, Members]]) -> None:
        every = list(found)
        self._lists = [
            (source, len(members), [(position, edges.urns[target]) for position, target in members[: self.rows]])
            for source, members in every[: self.most]
        ]
        self._others = [(source, len(members)) for source, members in every[self.most :]]

    def urns(self) -> Iterator[str]:
        for source, _, members in self._lists:
            yield source
            yield from (urn for _, urn in members)
        yield from (source for source, _ in self._others[:_NAMED])

    def _rest(self, names: Names) -> Html | None:
        """The lists that are not shown, by name."""
        if not self._others:
            return None
        items = [
            h("li", names[source].html, h("span", f": {total:,} listed", class_="note"))
            for source, total in self._others[:_NAMED]
        ]
        if len(self._others) > _NAMED:
            items.append(h("li", f"and {len(self._others) - _NAMED:,} more"))
        words = f"And {html.counted(len(self._others), 'more', 'more')}, whose contents are not shown"
        return h("details", h("summary", words), h("ul", items, class_="names"))


class Ranks(_Lists):
    """The ranks of charts and searches."""

    id = "ranks"
    title = "Ranks"

    def __init__(self, edges: Edges) -> None:
        super().__init__(edges, sorted({**edges.ordered.get("ranks", {}), **edges.ordered.get("finds", {})}.items()))

    def html(self, names: Names) -> Html | None:
        if not self._lists:
            return None
        parts = [h("div", self._one(*one, names), class_="list") for one in self._lists]
        return html.join(h("div", parts, class_="columns"), self._rest(names))

    def _one(self, source: str, total: int, members: list[tuple[int, str]], names: Names) -> Html:
        rows = [[position + 1, *described(urn, names)] for position, urn in members]
        headers = ["Rank", "Title", "By", counted(urn for _, urn in members)]
        title = names[source].title
        first = html.table(title, headers, rows[:_OPEN], numeric=[0, 3], under_heading=True)
        if len(rows) <= _OPEN:
            return html.join(h("h3", h("bdi", title)), first)
        words = f"Ranks {rows[_OPEN][0]} to {rows[-1][0]}"
        if total > len(rows):
            words += f" of {total:,}"
        table = html.table(f"{title}: {words}", headers, rows[_OPEN:], numeric=[0, 3], under_heading=True)
        return html.join(h("h3", h("bdi", title)), first, h("details", h("summary", words), table))


class Contents(_Lists):
    """The contents of playlists, selections and stations."""

    id = "contents"
    title = "Playlists and what they hold"

    def __init__(self, edges: Edges, subjects: Collection[str]) -> None:
        """`subjects`: of the lists that were walked. Leaves out playlists that are known only from a walked track."""
        ordered = edges.ordered.get("contains", {})
        led_to = {urn for urn, members in ordered.items() if _led_to(edges, urn, members, subjects)}
        super().__init__(edges, ((urn, ordered[urn]) for urn in _as_listed(edges, ordered) if urn not in led_to))

    def html(self, names: Names) -> Html | None:
        if not self._lists:
            return None
        few = len(self._lists) <= _FEW
        return html.join([self._one(*one, names, few) for one in self._lists], self._rest(names))

    def _one(self, source: str, total: int, members: list[tuple[int, str]], names: Names, is_open: bool) -> Html:
        one = names[source]
        rows = []
        length = 0
        for position, urn in members:
            member = names[urn]
            length += member.duration or 0
            rows.append([position + 1, member.html, member.by_html, _length(member.duration)])
        facts = [f"{total:,} listed"]
        if one.count is not None and one.count != total:
            facts.append(f"{one.count:,} announced")
        if length:
            facts.append(clock(length))
        by_whom = one.by_html and [" by ", one.by_html]
        summary = h("summary", h("strong", one.html), by_whom, h("span", " · ", ", ".join(facts), class_="note"))
        table = html.table(
            f"Contents of {one.title}", ["No.", "Title", "By", "Length"], rows, [0, 3], under_heading=True
        )
        more = html.and_more(total - len(rows))
        return h("details", summary, table, more, open=is_open, class_="list")


def _length(milliseconds: int | None) -> str | None:
    if not milliseconds:
        return None
    return clock(milliseconds)


def _as_listed(edges: Edges, ordered: dict[str, Members]) -> Iterable[str]:
    """The sources in this order: selections, the playlists in these, all others."""
    shelves = [urn for urn in ordered if urn.startswith("soundcloud:selections:")]
    found = dict.fromkeys(shelves)
    for shelf in shelves:
        listed = [edges.urns[number] for _, number in ordered[shelf]]
        found.update(dict.fromkeys(urn for urn in listed if urn in ordered))
    return found | dict.fromkeys(ordered)


def _led_to(edges: Edges, playlist: str, members: Members, subjects: Collection[str]) -> bool:
    """Whether the playlist's edges come from walked tracks only, and not from the playlist itself."""
    tracks = (edges.urns[number] for _, number in members)
    return playlist not in subjects and all(":tracks:" in urn and urn in subjects for urn in tracks)


def counted(urns: Iterable[str]) -> str:
    """The heading of the column of counts, such as `Plays` for tracks."""
    kinds = {urn.split(":")[1] for urn in urns if ":" in urn}
    return _COUNTED.get("".join(kinds), "Plays or followers")


def described(urn: str, names: Names) -> Iterable[Html | int | None]:
    """The cells of a row: name, owner, count."""
    one = names[urn]
    return one.html, one.by_html, one.count
