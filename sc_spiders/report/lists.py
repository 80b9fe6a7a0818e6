"""What has an order: charts, search results, and the contents of playlists."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import ClassVar

from . import html
from .comments import clock
from .edges import Edges
from .html import Html, h
from .names import Names

_FEW = 3
"""Playlists that are open from the start."""
_OPEN = 10
"""Rows of a list that are seen at once; the others open on demand."""
_COUNTED = {"tracks": "Plays", "users": "Followers", "playlists": "Tracks"}
"""What is counted where all are of one kind."""


_NAMED = 500
"""Lists beyond those that are shown, which are named."""

Members = list[tuple[int, int]]
"""Position and number of each thing in a list."""


class _Lists:
    """Lists by their source, in order: the most that are shown, and the most rows of one."""

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
    """Charts and searches: what stood at which rank."""

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
        rest = None
        if len(rows) > _OPEN:
            words = f"Ranks {rows[_OPEN][0]} to {rows[-1][0]}" + (f" of {total:,}" if total > len(rows) else "")
            rest = h(
                "details",
                h("summary", words),
                html.table(f"{title}: {words}", headers, rows[_OPEN:], numeric=[0, 3], under_heading=True),
            )
        return html.join(h("h3", h("bdi", title)), first, rest)


class Contents(_Lists):
    """What playlists, selections and stations hold."""

    id = "contents"
    title = "Playlists and what they hold"

    def __init__(self, edges: Edges, subjects: Collection[str]) -> None:
        """`subjects`: of the lists that were walked. A playlist that a walked track led to shows no contents."""
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
            by = html.name(member.by) if member.by else None
            rows.append([position + 1, member.html, by, clock(member.duration) if member.duration else None])
        facts = [f"{total:,} listed"]
        if one.count is not None and one.count != total:
            facts.append(f"{one.count:,} announced")
        if length:
            facts.append(clock(length))
        by_whom = [" by ", html.name(one.by)] if one.by else None
        summary = h(
            "summary", h("strong", names[source].html), by_whom, h("span", " · ", ", ".join(facts), class_="note")
        )
        table = html.table(
            f"Contents of {one.title}", ["No.", "Title", "By", "Length"], rows, [0, 3], under_heading=True
        )
        more = h("p", f"And {total - len(rows):,} more.", class_="note") if total > len(rows) else None
        return h("details", summary, table, more, open=is_open, class_="list")


def _as_listed(edges: Edges, ordered: dict[str, Members]) -> Iterable[str]:
    """The sources, selections first, then what these list in their order, then the others as they came."""
    shelves = [urn for urn in ordered if urn.startswith("soundcloud:selections:")]
    on_them = (edges.urns[number] for urn in shelves for _, number in ordered[urn])
    return dict.fromkeys([*shelves, *(urn for urn in on_them if urn in ordered), *ordered])


def _led_to(edges: Edges, playlist: str, members: Members, subjects: Collection[str]) -> bool:
    """Whether it is known from a list of the playlists that hold a track, and not from its own contents."""
    tracks = (edges.urns[number] for _, number in members)
    return playlist not in subjects and all(":tracks:" in urn and urn in subjects for urn in tracks)


def counted(urns: Iterable[str]) -> str:
    """What is counted of these."""
    kinds = {urn.split(":")[1] for urn in urns if ":" in urn}
    return _COUNTED.get("".join(kinds), "Plays or followers")


def described(urn: str, names: Names) -> Iterable[Html | int | None]:
    """Name, by whom, and the count of that."""
    one = names[urn]
    return one.html, html.name(one.by) if one.by else None, one.count
