"""The ranking: the first ranks of each chart or search, and what several of them share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from . import html, svg
from .edges import Edges
from .html import Html, h
from .listed import counted
from .lists import ranked
from .names import Names

_FIRST = 10
"""Ranks of each list, if there are several."""
_ALONE = 20
_LISTS = 12
_SHARED = 30


class Ranking:
    """The ranks of charts and searches."""

    id: ClassVar[str] = "ranks"
    title = "The ranking"

    def __init__(self, edges: Edges) -> None:
        every = ranked(edges)
        self._first = _FIRST
        if len(every) == 1:
            self._first = _ALONE
        self._total = len(every)
        self._lists = [
            (source, len(members), [(position, edges.urns[number]) for position, number in members[: self._first]])
            for source, members in every[:_LISTS]
        ]
        self._shared = _shared(edges, [members for _, members in every[:_LISTS]])

    def urns(self) -> Iterator[str]:
        for source, _, members in self._lists:
            yield source
            yield from (urn for _, urn in members)
        yield from self._shared

    def html(self, names: Names) -> Html | None:
        if not self._lists:
            return None
        tables = [self._one(*one, names) for one in self._lists]
        return html.join(
            self._heat(names),
            h("div", tables, class_="columns"),
            html.and_more(self._total - len(self._lists), "lists, in the table of lists"),
        )

    def _one(self, source: str, total: int, members: list[tuple[int, str]], names: Names) -> Html:
        counts = [names[urn].count or 0 for _, urn in members]
        most = max([*counts, 1])
        rows = [
            [position + 1, names[urn].html, names[urn].by_html, names[urn].count, html.bar(count / most)]
            for (position, urn), count in zip(members, counts, strict=True)
        ]
        headers = ["Rank", "Title", "By", counted(urn for _, urn in members), ""]
        title = names[source].title
        table = html.table(f"{title}: the first {len(rows)}", headers, rows, numeric=[0, 3], under_heading=True)
        of = html.note(f"The first {len(rows)} of {total:,}.")
        if total <= len(rows):
            of = html.note(f"All {total:,}.")
        return h("div", h("h3", h("bdi", title)), of, table)

    def _heat(self, names: Names) -> Html | None:
        """What is in several lists, and at which rank in each."""
        if len(self._shared) < 2:
            return None
        lists = [_short(names[source].title) for source, _, _ in self._lists]
        titles = [names[urn].title for urn in self._shared]
        label = f"{len(titles)} titles that are in more than one of {len(lists)} lists, with their ranks."
        return html.join(
            h("h3", "In several lists"),
            html.note("A cell is the rank of a title in a list: the higher, the darker."),
            svg.grid(label, titles, lists, list(self._shared.values())),
        )


def _shared(edges: Edges, lists: list[list[tuple[int, int]]]) -> dict[str, dict[int, int]]:
    """What is in more than one list: its rank (1 is the highest) by the place of the list. The most frequent first."""
    ranks: dict[int, dict[int, int]] = {}
    for place, members in enumerate(lists):
        for position, number in members:
            ranks.setdefault(number, {})[place] = position + 1
    several = [(number, found) for number, found in ranks.items() if len(found) > 1]
    several.sort(key=lambda one: (-len(one[1]), sum(one[1].values())))
    return {edges.urns[number]: found for number, found in several[:_SHARED]}


def _short(title: str) -> str:
    """The part of a list's name that tells it from others: its genre, or its words."""
    return title.rpartition(": ")[2].strip("“”")
