"""The drawing of a network. The page's script draws it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

from . import html
from .communities import Communities
from .html import Html, h
from .names import Names
from .network import COMMUNITIES, Network


class _Words(NamedTuple):
    """The words for nodes and links, and for the size of a node."""

    nodes: str
    links: str
    size: str


class Drawing:
    """The section with the picture of the network, and its buttons."""

    id: ClassVar[str] = "network"

    def __init__(self, network: Network, communities: Communities) -> None:
        self._network, self._communities = network, communities
        self.title, self._words = "The network", _Words("nodes", "links", "links")
        if network.shows_people:
            self.title, self._words = "Who follows whom", _Words("accounts", "follows", "followers")

    def urns(self) -> Iterable[str]:
        return self._network.drawn

    def html(self, names: Names) -> Html | None:
        if not self._network.drawn:
            return None
        return html.join(
            h("p", self._what(), class_="note"),
            h(
                "div",
                _controls("relation" if self._network.star else "community"),
                _stage(self.title),
                class_="network",
                id="network-view",
            ),
            html.data("network-data", self._payload(names)),
            h("noscript", h("p", "The drawing needs JavaScript; the tables below say the same in words.")),
        )

    @property
    def _colours(self) -> str:
        """What the colours mean at first."""
        if self._network.star:
            return "relation"
        return "community"

    def _what(self) -> str:
        size = f"{self._words.size} in this data set"
        if self._network.star:
            size = "all followers, also those that are not here"
        text = f"{self._drawn_nodes()} and {self._drawn_links()}. Size is by {size}"
        if self._network.seeds:
            text += "; a ring marks the seeds"
        return f"{text}."

    def _drawn_nodes(self) -> str:
        if len(self._network.drawn) == self._network.nodes:
            return f"All {self._network.nodes:,} {self._words.nodes}"
        text = f"The {len(self._network.drawn):,} most connected of {self._network.nodes:,} {self._words.nodes}"
        if self._network.seeds:
            text += " (seeds included)"
        return text

    def _drawn_links(self) -> str:
        shown, links = len(self._network.link_sources), self._words.links
        if shown == self._network.links:
            return f"all {self._network.links:,} {links}"
        if shown == self._network.links_among:
            return f"the {shown:,} {links} among them, of {self._network.links:,}"
        return f"{shown:,} of {self._network.links:,} {links}, the most telling ones of each account"

    def _payload(self, names: Names) -> dict[str, Any]:
        known = [names[urn] for urn in self._network.drawn]
        return {
            "directed": self._network.shows_people,
            "names": [one.called for one in known],
            "links": [_path(one.href) for one in known],
            "countries": [one.country or "" for one in known],
            "announced": [one.count for one in known],
            "x": self._network.places[:, 0].tolist(),
            "y": self._network.places[:, 1].tolist(),
            "in": self._network.incoming,
            "out": self._network.outgoing,
            "group": self._network.star or [min(group, COMMUNITIES) for group in self._network.groups],
            "source": self._network.link_sources,
            "target": self._network.link_targets,
            "seeds": self._network.seeds,
            "communities": self._called(names),
            "star": bool(self._network.star),
            "unknown": self._network.nodes - len(self._network.drawn),
        }

    def _called(self, names: Names) -> list[str]:
        """What the colours mean."""
        if not self._network.star:
            return self._communities.names(names)
        centre = names[self._network.centre].called
        return [f"follow {centre}", f"followed by {centre}", "both"]


def _path(href: str | None) -> str:
    """The address without its host, which the script adds again."""
    host = "https://soundcloud.com/"
    if href and href.startswith(host):
        return href.removeprefix(host)
    return ""


def _controls(group: str) -> Html:
    """`group`: the word for what the colours mean at first."""
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
    colours = h("select", h("option", group, value="group"), h("option", "country", value="country"), id="colour")
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
            h("button", "Fit", type="button", id="fit", aria_label="Fit: show the whole network"),
            class_="control",
        ),
        h(
            "span",
            h("button", "SVG", type="button", id="save-svg", aria_label="Save this view as SVG"),
            h("button", "PNG", type="button", id="save-png", aria_label="Save this view as PNG"),
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
            data_name=title,
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
