"""Lists without an order, by their subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from . import html
from .edges import Edges
from .html import Html, h
from .lists import counted, described
from .names import Names

_FEW = 3
"""At most this many lists are open at first."""
_WORDS = {
    "posts": ("Posted by ", "Who posted "),
    "likes": ("Liked by ", "Who likes "),
    "reposts": ("Reposted by ", "Who reposts "),
    "contains": (None, "Playlists with "),
    "plays": ("Played by ", "Who played "),
    "features": ("Featured by ", "Who features "),
    "related": ("Related to ", None),
}
"""The words for a list, if its subject is the source of the edges, and if it is the target."""
_Lists = dict[tuple[str, str, bool], list[int]]
"""The members of each list, by subject, relation, and whether the subject is the target of the edges."""


class Walked:
    """Lists without an order, such as likes, posts, likers and related tracks."""

    id: ClassVar[str] = "lists"
    title = "Lists"
    most: ClassVar[int] = 30
    rows: ClassVar[int] = 200

    def __init__(self, edges: Edges, subjects: Iterable[str]) -> None:
        """`subjects`: of the lists that were walked, the most important first."""
        every = [(urn, number) for urn in subjects if (number := edges.known(urn)) is not None]
        self._more = len(every[self.most :])
        wanted = {number: urn for urn, number in every[: self.most]}
        lists: _Lists = {}
        for relation in _WORDS:
            _collect(edges, relation, wanted, lists)
        places = {urn: place for place, urn in enumerate(wanted.values())}
        self._lists = [
            (*key, len(members), [edges.urns[number] for number in members[: self.rows]])
            for key, members in sorted(lists.items(), key=lambda one: places[one[0][0]])
        ]

    def urns(self) -> Iterator[str]:
        for subject, _, _, _, members in self._lists:
            yield subject
            yield from members

    def html(self, names: Names) -> Html | None:
        if not self._lists:
            return None
        few = len(self._lists) <= _FEW
        parts = [self._one(*one, names, few) for one in self._lists]
        if self._more:
            words = f"Only the lists of {self.most} of {self.most + self._more:,} walked subjects are shown."
            parts.append(h("p", words, class_="note"))
        return html.join(parts)

    def _one(
        self, subject: str, relation: str, back: bool, total: int, members: list[str], names: Names, is_open: bool
    ) -> Html:
        title = h("strong", names[subject].html)
        if _is_node(subject):  # other subjects, such as a chart, need no further words
            title = h("strong", _WORDS[relation][back], names[subject].html)
        summary = h("summary", title, h("span", f" · {total:,}", class_="note"))
        rows = [list(described(urn, names)) for urn in members]
        headers = ["Title", "By", counted(members)]
        if not any(row[1] for row in rows):  # people have no owner
            rows, headers = [[row[0], row[2]] for row in rows], ["Name", headers[2]]
        caption = f"{_WORDS[relation][back]}{names[subject].title}"
        table = html.table(caption, headers, rows, [len(headers) - 1], under_heading=True)
        more = html.and_more(total - len(rows))
        return h("details", summary, table, more, open=is_open, class_="list")


def _collect(edges: Edges, relation: str, wanted: dict[int, str], lists: _Lists) -> None:
    """Adds each edge of a relation to the list of its source or, if that is not wanted, of its target."""
    forward, back = _WORDS[relation]
    for source, target in zip(edges.sources.get(relation, ()), edges.targets.get(relation, ()), strict=True):
        if source in wanted and forward:
            lists.setdefault((wanted[source], relation, False), []).append(target)
        elif target in wanted and back and _leads_back(relation, edges.urns[source], wanted[target]):
            lists.setdefault((wanted[target], relation, True), []).append(source)


def _leads_back(relation: str, source: str, target: str) -> bool:
    """Whether a list of its target can have this edge. A chart or search is no such list.

    Of `contains`, only edges to tracks do: a list of the playlists that hold the track.
    """
    return _is_node(source) and (relation != "contains" or ":tracks:" in target)


def _is_node(urn: str) -> bool:
    return urn.startswith("soundcloud:")
