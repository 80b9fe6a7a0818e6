"""The network: chooses its nodes, computes positions and communities. The page's script draws it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

from sc_spiders.dataset.libraries import library

from . import html
from .core import among, backbone, ranks
from .edges import Edges
from .html import Html, h
from .layout import layout
from .measures import communities
from .names import Names

NODES = 3000
"""At most this many accounts are drawn. More are too slow for a browser, and nobody could tell them apart."""
LINKS = 20_000
"""At most this many links are drawn."""
OTHERS = 20_000
"""At most this many further accounts can be found by name. The page says that they are not drawn."""
NEIGHBOURS = 5
"""This many neighbours of each seed are drawn, even if they have few links."""
COMMUNITIES = 12
"""At most this many communities have a colour and are named."""
_SEVERAL = ("likes", "reposts", "posts", "related", "plays")


class _Words(NamedTuple):
    """The words for nodes and links, and for the size of a node."""

    nodes: str
    links: str
    size: str


class Network:
    """The network of the `follows` edges. If there are none, of likes, reposts and other relations together."""

    id: ClassVar[str] = "network"

    def __init__(self, edges: Edges, seeds: Iterable[str] = ()) -> None:
        """`seeds`: URNs of the crawls' seeds. They are always drawn, and marked."""
        self.relations = [one for one in _SEVERAL if edges.count(one)]
        self.title, self._words = "The network", _Words("nodes", "links", "links")
        if edges.count("follows"):
            self.relations = ["follows"]
            self.title, self._words = "Who follows whom", _Words("accounts", "follows", "followers")
        self.drawn: list[str] = []
        self.seeds: list[int] = []
        self._others: list[str] = []
        self.nodes = self.links = 0
        self.communities: list[list[int]] = []
        """The drawn members of the largest communities."""
        self.sizes: list[int] = []
        """The number of all members of each community that has at least three, the largest first."""
        if self.relations:
            numbers = map(edges.known, seeds)
            self._make(edges, [number for number in numbers if number is not None])

    def urns(self) -> Iterable[str]:
        return [*self.drawn, *self._others]

    def html(self, names: Names) -> Html | None:
        if not self.drawn:
            return None
        return html.join(
            h("p", self._what(), class_="note"),
            h("div", _controls(), _stage(self.title), class_="network", id="network-view"),
            html.data("network-data", self._payload(names)),
            h("noscript", h("p", "The drawing needs JavaScript; the tables below say the same in words.")),
        )

    def _make(self, edges: Edges, seeds: list[int]) -> None:
        np = library("numpy", "the report")
        sources = np.concatenate([np.frombuffer(edges.sources[one], np.int32) for one in self.relations])
        targets = np.concatenate([np.frombuffer(edges.targets[one], np.int32) for one in self.relations])
        total = len(edges.urns)
        incoming, outgoing = np.bincount(targets, minlength=total), np.bincount(sources, minlength=total)
        degree = incoming + outgoing
        self.nodes, self.links = int(np.count_nonzero(degree)), len(sources)
        if self.relations != ["follows"] and degree.max() == self.links:
            return  # a star around one node: a list shows it better

        # Seeds first, then the most connected nodes. Equal ones are sorted by number, so the result is always the same.
        first = np.zeros(total, int)
        first[_neighbours(np, sources, targets, degree, seeds)] = 1
        first[[seed for seed in seeds if degree[seed]]] = 2
        order = np.lexsort((-degree, -first))[: self.nodes]
        chosen, others = order[:NODES], order[NODES : NODES + OTHERS]
        of_all = communities(total, sources, targets)
        sources, targets = among(np, sources, targets, chosen, total)
        self.links_among = len(sources)
        sources, targets = backbone(np, sources, targets, degree[chosen], LINKS)

        groups = of_all[chosen]
        sizes = np.bincount(of_all)
        self.sizes = sizes[sizes > 2].tolist()
        self.communities = [np.flatnonzero(groups == one).tolist() for one in range(len(self.sizes[:COMMUNITIES]))]
        places = layout(len(chosen), sources, targets, groups)
        self.drawn = [edges.urns[number] for number in chosen]
        self.seeds = np.flatnonzero(first[chosen] == 2).tolist()
        self._others = [edges.urns[number] for number in others]
        self.incoming, self.outgoing = incoming[chosen].tolist(), outgoing[chosen].tolist()
        self.groups: list[int] = groups.tolist()
        self._places = np.round(places * 10_000).astype(int)
        self._sources, self._targets = sources.tolist(), targets.tolist()

    def _what(self) -> str:
        text = f"{self._drawn_nodes()} and {self._drawn_links()}. Size is by {self._words.size} in this data set"
        if self.seeds:
            text += "; a ring marks the seeds"
        return f"{text}."

    def _drawn_nodes(self) -> str:
        if len(self.drawn) == self.nodes:
            return f"All {self.nodes:,} {self._words.nodes}"
        text = f"The {len(self.drawn):,} most connected of {self.nodes:,} {self._words.nodes}"
        if self.seeds:
            text += " (seeds included)"
        return text

    def _drawn_links(self) -> str:
        shown, links = len(self._sources), self._words.links
        if shown == self.links:
            return f"all {self.links:,} {links}"
        if shown == self.links_among:
            return f"the {shown:,} {links} among them, of {self.links:,}"
        return f"{shown:,} of {self.links:,} {links}, the most telling ones of each account"

    def _payload(self, names: Names) -> dict[str, Any]:
        known = [names[urn] for urn in self.drawn]
        return {
            "directed": self.relations == ["follows"],
            "names": [one.title for one in known],
            "links": [_path(one.href) for one in known],
            "countries": [one.country or "" for one in known],
            "announced": [one.count for one in known],
            "x": self._places[:, 0].tolist(),
            "y": self._places[:, 1].tolist(),
            "in": self.incoming,
            "out": self.outgoing,
            "group": [min(group, COMMUNITIES) for group in self.groups],
            "source": self._sources,
            "target": self._targets,
            "seeds": self.seeds,
            "others": [names[urn].title for urn in self._others],
            "unknown": self.nodes - len(self.drawn) - len(self._others),
        }


class Communities:
    """Groups of accounts that have more links among themselves than with others."""

    id: ClassVar[str] = "communities"
    title = "Communities"

    def __init__(self, network: Network) -> None:
        self._network = network

    def urns(self) -> Iterable[str]:
        return ()

    def html(self, names: Names) -> Html | None:
        network = self._network
        if len(network.sizes) < 2:
            return None
        rows = [self._row(number, names) for number in range(len(network.communities))]
        return html.join(
            html.note(
                f"Found by the Louvain method among all {network.nodes:,}. The method does not say what the members of "
                "a community have in common."
            ),
            html.table("Communities", ["", "Members", "Most followed", "Countries"], rows, numeric=[1]),
            html.and_more(len(network.sizes) - len(rows), "smaller ones"),
        )

    def _row(self, number: int, names: Names) -> list[Html | int]:
        drawn, incoming, members = self._network.drawn, self._network.incoming, self._network.communities[number]
        followed = sorted(members, key=lambda member: -incoming[member])[:4]
        countries = Counter(filter(None, (names[drawn[member]].country for member in members)))
        return [
            h("span", h("i", class_=f"key c{number}"), f" {number + 1}"),
            self._network.sizes[number],
            html.listed(names[drawn[member]].html for member in followed),
            html.listed([html.region(code), f" {count}"] for code, count in countries.most_common(3)),
        ]


def _path(href: str | None) -> str:
    """The address without its host, which the script adds again."""
    host = "https://soundcloud.com/"
    if href and href.startswith(host):
        return href.removeprefix(host)
    return ""


def _neighbours(np: Any, sources: Any, targets: Any, degree: Any, seeds: list[int]) -> Any:
    """The NEIGHBOURS of each seed with most links."""
    seed = np.zeros(len(degree), bool)
    seed[seeds] = True
    ends = np.concatenate([sources[seed[sources]], targets[seed[targets]]])
    others = np.concatenate([targets[seed[sources]], sources[seed[targets]]])
    return others[ranks(np, ends, -degree[others]) < NEIGHBOURS]


def _controls() -> Html:
    box = h(
        "input",
        type="search",
        id="find",
        autocomplete="off",
        spellcheck="false",
        role="combobox",
        aria_expanded="false",
        aria_controls="found",
        aria_autocomplete="list",
        placeholder="a name",
    )
    colours = h("select", h("option", "community", value="group"), h("option", "country", value="country"), id="colour")
    return h(
        "div",
        h("span", h("label", "Find", for_="find"), box, class_="control"),
        h("ul", id="found", role="listbox", aria_label="Accounts found", hidden=True),
        h("span", h("label", "Colour", for_="colour"), colours, class_="control"),
        h("span", class_="grow"),
        h(
            "span",
            h("button", "+", type="button", id="nearer", aria_label="Zoom in"),
            h("button", "−", type="button", id="farther", aria_label="Zoom out"),  # noqa: RUF001 - a minus it is
            h("button", "Fit", type="button", id="fit", aria_label="Show the whole network"),
            class_="control",
        ),
        class_="controls",
    )


def _stage(title: str) -> Html:
    return h(
        "div",
        h(
            "canvas",
            id="canvas",
            tabindex="0",
            role="application",
            aria_describedby="keys",
            aria_label=f"{title}: a drawing. The tables below hold the same in words.",
        ),
        h("div", id="tip", hidden=True),
        h("ul", id="legend", aria_label="What the colours mean"),
        h("aside", id="about", aria_live="polite", hidden=True),
        h(
            "p",
            "Drag or use the arrow keys to move, scroll or press + and − to zoom, 0 to fit. "  # noqa: RUF001
            "Click an account, or press N and P for the next and previous, to see whom it is linked with; "
            "Escape lets go.",
            id="keys",
            class_="note",
        ),
        class_="stage",
    )
