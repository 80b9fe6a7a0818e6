"""The network: chooses its nodes, computes positions and communities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sc_spiders.dataset.libraries import library

from .core import among, backbone, ranks
from .edges import Edges
from .layout import positions
from .measures import communities

NODES = 100_000
"""At most this many accounts are drawn."""
LINKS = 60_000
"""At most this many links are drawn."""
NEIGHBOURS = 5
"""This many neighbours of each seed are drawn, even if they have few links."""
COMMUNITIES = 12
"""At most this many communities have a colour and are named."""
_SEVERAL = ("likes", "reposts", "posts", "related", "plays")


class Network:
    """The network of the `follows` edges. If there are none, of likes, reposts and other relations together."""

    def __init__(self, edges: Edges, seeds: Iterable[str] = ()) -> None:
        """`seeds`: URNs of the crawls' seeds. They are always drawn, and marked."""
        self.relations = [one for one in _SEVERAL if edges.count(one)]
        if edges.count("follows"):
            self.relations = ["follows"]
        self.drawn: list[str] = []
        self.seeds: list[int] = []
        self.nodes = self.links = 0
        self.is_star = False
        """Whether all links are those of one node. A list shows that better."""
        self.star: list[int] = []
        """If all follows are of one account: whether each other one follows it (0), is followed (1), or both (2)."""
        self.centre = ""
        self.communities: list[list[int]] = []
        """The drawn members of the largest communities."""
        self.members: tuple[list[str], Any] = [], []
        """The URNs of all members of these communities, and the community of each, as an array."""
        self.sizes: list[int] = []
        """The number of all members of each community that has at least three, the largest first."""
        if self.relations:
            numbers = map(edges.known, seeds)
            self._make(edges, [number for number in numbers if number is not None])

    @property
    def shows_people(self) -> bool:
        """Whether it shows who follows whom."""
        return self.relations == ["follows"]

    def _make(self, edges: Edges, seeds: list[int]) -> None:
        np = library("numpy", "the report")
        sources = np.concatenate([np.frombuffer(edges.sources[one], np.int32) for one in self.relations])
        targets = np.concatenate([np.frombuffer(edges.targets[one], np.int32) for one in self.relations])
        total = len(edges.urns)
        incoming, outgoing = np.bincount(targets, minlength=total), np.bincount(sources, minlength=total)
        degree = incoming + outgoing
        self.nodes, self.links = int(np.count_nonzero(degree)), len(sources)
        self.is_star = bool(degree.max() == self.links)
        if self.is_star and not self.shows_people:
            return

        # Seeds first, then the most connected nodes. Equal ones are sorted by number, so the result is always the same.
        first = _importance(np, sources, targets, degree, seeds)
        order = np.lexsort((-degree, -first))[: self.nodes]
        chosen = order[:NODES]
        of_all = communities(total, sources, targets)
        sources, targets = among(np, sources, targets, chosen, total)
        self.links_among = len(sources)
        groups = of_all[chosen]
        places = positions(len(chosen), sources, targets, groups)  # by all links, also those that are not drawn
        sources, targets = backbone(np, sources, targets, degree[chosen], LINKS)

        sizes = np.bincount(of_all)
        self.sizes = sizes[sizes > 2].tolist()
        self.communities = [np.flatnonzero(groups == one).tolist() for one in range(len(self.sizes[:COMMUNITIES]))]
        named = np.flatnonzero((of_all < len(self.communities)) & (degree > 0))
        self.members = [edges.urns[number] for number in named], of_all[named]
        self.drawn = [edges.urns[number] for number in chosen]
        self.seeds = np.flatnonzero(first[chosen] == 2).tolist()
        self.incoming, self.outgoing = incoming[chosen].tolist(), outgoing[chosen].tolist()
        self.groups: list[int] = groups.tolist()
        self.places = np.round(places / (np.abs(places).max() or 1) * 10_000).astype(int)
        self.link_sources, self.link_targets = sources.tolist(), targets.tolist()
        if self.is_star:
            self._make_star(int(degree[chosen].argmax()))

    def _make_star(self, centre: int) -> None:
        self.centre = self.drawn[centre]
        follows, followed = set(self.link_sources), set(self.link_targets)
        self.star = [2 * (n in follows and n in followed) or int(n in followed) for n in range(len(self.drawn))]
        self.star[centre] = COMMUNITIES  # its colour is that of none of them


def _importance(np: Any, sources: Any, targets: Any, degree: Any, seeds: list[int]) -> Any:
    """2 for each seed with links, 1 for the neighbours that are drawn with it, 0 for other nodes."""
    found = np.zeros(len(degree), int)
    found[_neighbours(np, sources, targets, degree, seeds)] = 1
    found[[seed for seed in seeds if degree[seed]]] = 2
    return found


def _neighbours(np: Any, sources: Any, targets: Any, degree: Any, seeds: list[int]) -> Any:
    """The NEIGHBOURS of each seed with most links."""
    seed = np.zeros(len(degree), bool)
    seed[seeds] = True
    ends = np.concatenate([sources[seed[sources]], targets[seed[targets]]])
    others = np.concatenate([targets[seed[sources]], sources[seed[targets]]])
    return others[ranks(np, ends, -degree[others]) < NEIGHBOURS]
