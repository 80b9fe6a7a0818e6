"""Lists without an order of their own, by what they were walked of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from . import html
from .edges import Edges
from .html import Html, h
from .lists import counted, described
from .names import Names

_FEW = 3
"""Lists that are open from the start."""
_WORDS = {
    "posts": ("Posted by ", "Who posted "),
    "likes": ("Liked by ", "Who likes "),
    "reposts": ("Reposted by ", "Who reposts "),
    "contains": (None, "Playlists with "),
    "plays": ("Played by ", "Who played "),
    "features": ("Featured by ", "Who features "),
    "related": ("Related to ", None),
}
"""What a list is called whose subject is the source, or the target, of its edges."""


class Walked:
    """Lists without an order of their own: what somebody likes or posts, who likes it, what is related to it."""

    id: ClassVar[str] = "lists"
    title = "Lists"
    most: ClassVar[int] = 30
    rows: ClassVar[int] = 200

    def __init__(self, edges: Edges, subjects: Iterable[str]) -> None:
        """`subjects`: of the lists that were walked, the more important first."""
        every = [(urn, number) for urn in subjects if (number := edges.known(urn)) is not None]
        self._more = len(every[self.most :])
        wanted = {number: urn for urn, number in every[: self.most]}
        lists: dict[tuple[str, str, bool], list[int]] = {}
        for relation, (forward, back) in _WORDS.items():
            for source, target in zip(edges.sources.get(relation, ()), edges.targets.get(relation, ()), strict=True):
                if source in wanted and forward:
                    lists.setdefault((wanted[source], relation, False), []).append(target)
                elif target in wanted and back and _leads_back(relation, edges.urns[source], wanted[target]):
                    lists.setdefault((wanted[target], relation, True), []).append(source)
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
        more = f"Shown are the lists of {self.most} of the {self.most + self._more:,} that were walked."
        return html.join(
            [self._one(*one, names, few) for one in self._lists],
            h("p", more, class_="note") if self._more else None,
        )

    def _one(
        self, subject: str, relation: str, back: bool, total: int, members: list[str], names: Names, is_open: bool
    ) -> Html:
        title = h("strong", _WORDS[relation][back] if _is_node(subject) else None, names[subject].html)
        summary = h("summary", title, h("span", f" · {total:,}", class_="note"))
        rows = [list(described(urn, names)) for urn in members]
        headers = ["Title", "By", counted(members)]
        if not any(row[1] for row in rows):  # people, who are by nobody
            rows, headers = [[row[0], row[2]] for row in rows], ["Name", headers[2]]
        table = html.table(
            f"{_WORDS[relation][back]}{names[subject].title}", headers, rows, [len(headers) - 1], under_heading=True
        )
        more = h("p", f"And {total - len(rows):,} more.", class_="note") if total > len(rows) else None
        return h("details", summary, table, more, open=is_open, class_="list")


def _leads_back(relation: str, source: str, target: str) -> bool:
    """Whether the source says something about the target: a chart does not, and a shelf's playlists are its own."""
    return _is_node(source) and (relation != "contains" or ":tracks:" in target)


def _is_node(urn: str) -> bool:
    return urn.startswith("soundcloud:")
