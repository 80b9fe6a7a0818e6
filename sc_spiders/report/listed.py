"""All lists of the data set in one table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import ClassVar

from . import html
from .comments import clock
from .edges import Edges
from .html import Cell, Html, h
from .lists import Gathered, List
from .names import Names

_COUNTED = {"tracks": "Plays", "users": "Followers", "playlists": "Tracks"}
"""What the counts of each kind are."""
_NAMED = 500
"""At most this many of the lists that are not shown are named."""


class Lists:
    """All lists in one table, in which readers choose a list, search and sort."""

    id: ClassVar[str] = "lists"
    title = "Lists"

    def __init__(self, edges: Edges, subjects: Collection[str]) -> None:
        """`subjects`: of the lists that were walked, the most important first."""
        found = Gathered(edges, subjects)
        self._lists, self._others = found.lists, found.left_out

    def urns(self) -> Iterator[str]:
        for one in self._lists:
            yield one.subject
            yield from (urn for _, urn in one.members)
        yield from (subject for _, subject, _ in self._others[:_NAMED])

    def html(self, names: Names) -> Html | None:
        if not self._lists:
            return None
        members = chain.from_iterable(one.members for one in self._lists)
        kinds = counted(urn for _, urn in members)
        headers = ["List", "No.", "Title", "By", "Length", kinds]
        rows = list(chain.from_iterable(_rows(one, names) for one in self._lists))
        if kinds == _COUNTED["users"]:
            headers[2] = "Name"
        # A column without any value says nothing.
        used = [n for n in range(6) if any(row[n] is not None for row in rows)]
        is_alone = len(self._lists) == 1
        if is_alone:  # it is named above the table, whose rows then begin with the titles
            used = [2, *(n for n in used if n not in (0, 2))]
        table = html.table(
            self._caption(names),
            [headers[n] for n in used],
            [[row[n] for n in used] for row in rows],
            [place for place, n in enumerate(used) if n in (1, 4, 5)],
            choose=not is_alone,
        )
        return html.join(table, self._cut(), self._rest(names))

    def _caption(self, names: Names) -> str:
        if len(self._lists) == 1:
            return _called(self._lists[0], names)
        return f"{len(self._lists):,} lists"

    def _cut(self) -> Html | None:
        """Tells of how many lists only the first rows are shown."""
        cut = [one for one in self._lists if len(one.members) < one.total]
        if not cut:
            return None
        missing = sum(one.total - len(one.members) for one in cut)
        lists = html.counted(len(cut), "list")
        rows = html.counted(missing, "further row is", "further rows are")
        return html.note(f"Of {lists} only the first rows are shown: {rows} in the data set.")

    def _rest(self, names: Names) -> Html | None:
        """The lists that are not shown, by name."""
        if not self._others:
            return None
        items = [
            h("li", words, names[subject].html, h("span", f": {total:,}", class_="note"))
            for words, subject, total in self._others[:_NAMED]
        ]
        if len(self._others) > _NAMED:
            items.append(h("li", f"and {len(self._others) - _NAMED:,} more"))
        words = f"And {html.counted(len(self._others), 'more list')}, whose rows are not shown"
        return h("details", h("summary", words), h("ul", items, class_="names"))


def _rows(one: List, names: Names) -> Iterator[list[Cell]]:
    called = _called(one, names)
    for position, urn in one.members:
        member = names[urn]
        number: int | None = None
        if position is not None:
            number = position + 1
        yield [called, number, member.label, member.by, length(member.duration), member.count]


def _called(one: List, names: Names) -> str:
    label = names[one.subject].label
    return f"{one.words}{label.title} {label.note}".strip()


def length(milliseconds: int | None) -> html.Sorted | None:
    """A duration in a table."""
    if not milliseconds:
        return None
    return html.Sorted(clock(milliseconds), milliseconds)


def counted(urns: Iterable[str]) -> str:
    """The heading of the column of counts, such as `Plays` for tracks, `Plays or followers` for tracks and people."""
    kinds = {urn.split(":")[1] for urn in urns if ":" in urn}
    *first, last = [words for kind, words in _COUNTED.items() if kind in kinds] or ["Plays"]
    return " or ".join(filter(None, (", ".join(first), last))).capitalize()
