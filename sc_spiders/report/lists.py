"""What has an order: charts, search results, and the contents of playlists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
_COUNTED = {"tracks": "Plays", "users": "Followers"}
"""What is counted where all are of one kind."""


class _Lists:
    """Lists of one relation, by their source: the most that are shown, and the most rows of one."""

    id: ClassVar[str]
    title: str
    most: ClassVar[int] = 60
    rows: ClassVar[int] = 500

    def __init__(self, edges: Edges, *relations: str) -> None:
        found = [(source, members) for one in relations for source, members in edges.ordered.get(one, {}).items()]
        found.sort(key=lambda one: one[0])
        self._lists = [
            (source, len(members), [(position, edges.urns[target]) for position, target in members[: self.rows]])
            for source, members in found[: self.most]
        ]
        self._more = len(found) - len(self._lists)

    def urns(self) -> Iterator[str]:
        for source, _, members in self._lists:
            yield source
            yield from (urn for _, urn in members)

    def _note(self) -> Html | None:
        return h("p", f"And {self._more:,} more, which are not shown.", class_="note") if self._more else None


class Ranks(_Lists):
    """Charts and searches: what stood at which rank."""

    id = "ranks"
    title = "Ranks"

    def __init__(self, edges: Edges) -> None:
        super().__init__(edges, "ranks", "finds")

    def html(self, names: Names) -> Html | None:
        if not self._lists:
            return None
        parts = [h("div", self._one(*one, names), class_="list") for one in self._lists]
        return html.join(h("div", parts, class_="columns"), self._note())

    def _one(self, source: str, total: int, members: list[tuple[int, str]], names: Names) -> Html:
        rows = [[position + 1, *_described(urn, names)] for position, urn in members]
        kinds = {urn.split(":")[1] for _, urn in members if ":" in urn}
        counted = _COUNTED.get("".join(kinds), "Plays or followers")
        headers = ["Rank", "Title", "By", counted]
        title = called(source)
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

    def __init__(self, edges: Edges) -> None:
        super().__init__(edges, "contains")

    def html(self, names: Names) -> Html | None:
        if not self._lists:
            return None
        few = len(self._lists) <= _FEW
        return html.join([self._one(*one, names, few) for one in self._lists], self._note())

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
        title = names[source].html if source in names else h("bdi", called(source))
        summary = h("summary", h("strong", title), by_whom, h("span", " · ", ", ".join(facts), class_="note"))
        table = html.table(
            f"Contents of {one.title}", ["No.", "Title", "By", "Length"], rows, [0, 3], under_heading=True
        )
        more = h("p", f"And {total - len(rows):,} more.", class_="note") if total > len(rows) else None
        return h("details", summary, table, more, open=is_open, class_="list")


def called(source: str) -> str:
    """What a person calls the source of a list that is no node."""
    parts = source.split(":", 2)
    match parts:
        case ["charts", kind, genre]:
            return f"Charts, {kind}: {genre}"
        case ["search", kind, words]:
            return f"Search for “{words}”" + ("" if kind == "all" else f" ({kind})")
        case ["tag" | "featured", *words]:
            return f"{parts[0].capitalize()}: {':'.join(words)}"
    return source


def _described(urn: str, names: Names) -> Iterable[Html | int | None]:
    one = names[urn]
    return one.html, html.name(one.by) if one.by else None, one.count
