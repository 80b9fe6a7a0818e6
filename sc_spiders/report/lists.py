"""The lists of a data set: charts, searches, playlists, and who likes, posts, reposts or plays what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from .edges import Edges

Members = list[tuple[int, int]]
"""Position and node number of each member of a list."""

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
_Found = dict[tuple[str, str, bool], list[int]]
"""The members of each list, by subject, relation, and whether the subject is the target of the edges."""


@dataclass(slots=True)
class List:
    """The first members of a list. `words`: in front of the subject's name. `total`: of all members."""

    subject: str
    words: str
    total: int
    members: list[tuple[int | None, str]]
    """Position, if the list has an order, and URN."""


class Gathered:
    """The lists of a data set: of each the first `of_each` rows, and not more than `rows` in all.

    Ranks come first, then playlists, then lists without an order. `left_out`: subjects of lists without a row.
    """

    rows: ClassVar[int] = 5_000
    of_each: ClassVar[int] = 500

    def __init__(self, edges: Edges, subjects: Collection[str]) -> None:
        """`subjects`: of the lists that were walked, the most important first."""
        self.lists: list[List] = []
        self.left_out: list[tuple[str, str, int]] = []
        """Words, subject and length."""
        self._free = self.rows
        for source, members in (*ranked(edges), *held(edges, subjects)):
            shown = [(position, edges.urns[target]) for position, target in members[: self.of_each]]
            self._add(List(source, "", len(members), list(shown)))
        for (subject, relation, back), numbers in _unordered(edges, subjects):
            words = ""
            if _is_node(subject):  # other subjects, such as a chart, need no further words
                words = _WORDS[relation][back] or ""
            self._add(List(subject, words, len(numbers), [(None, edges.urns[n]) for n in numbers[: self.of_each]]))

    def _add(self, one: List) -> None:
        one.members = one.members[: self._free]
        self._free -= len(one.members)
        if one.members:
            self.lists.append(one)
        else:
            self.left_out.append((one.words, one.subject, one.total))


def ranked(edges: Edges) -> list[tuple[str, Members]]:
    """Charts and searches, by name, with the members of each by rank."""
    return sorted({**edges.ordered.get("ranks", {}), **edges.ordered.get("finds", {})}.items())


def held(edges: Edges, subjects: Collection[str]) -> Iterator[tuple[str, Members]]:
    """Shelves, then the playlists on them, then all others. Leaves out playlists that only a walked track led to."""
    ordered = edges.ordered.get("contains", {})
    led_to = {urn for urn, members in ordered.items() if _led_to(edges, urn, members, subjects)}
    return ((urn, ordered[urn]) for urn in _as_listed(edges, ordered) if urn not in led_to)


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


def _unordered(edges: Edges, subjects: Iterable[str]) -> list[tuple[tuple[str, str, bool], list[int]]]:
    """The lists without an order, by their subjects' places in `subjects`."""
    wanted = {number: urn for urn in subjects if (number := edges.known(urn)) is not None}
    lists: _Found = {}
    for relation in _WORDS:
        _collect(edges, relation, wanted, lists)
    places = {urn: place for place, urn in enumerate(wanted.values())}
    return sorted(lists.items(), key=lambda one: places[one[0][0]])


def _collect(edges: Edges, relation: str, wanted: dict[int, str], lists: _Found) -> None:
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
