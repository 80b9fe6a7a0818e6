"""Job directories store the names of namespaces, so the names must stay. Their values tell their purpose."""

from __future__ import annotations

import pytest

from sc_spiders.api import Edge
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.namespaces import OF_LISTINGS, Namespace, Purpose

LISTING = Listing("user_likes", "soundcloud:users:1", "", id=7)

NAMES = {
    "track": (Namespace.node("track"), Purpose.NODE, 0),
    "track?": (Namespace.partial("track"), Purpose.NODE, 0),
    "track!": (Namespace.gone("track"), Purpose.NODE, 0),
    "whole": (Namespace.whole(), Purpose.NODE, 0),
    "likes>soundcloud:users:1:track": (
        Namespace.edge(Edge("likes"), "soundcloud:users:1", "track"),
        Purpose.EDGE,
        0,
    ),
    "follows<soundcloud:users:1:user": (
        Namespace.edge(Edge("follows", reverse=True), "soundcloud:users:1", "user"),
        Purpose.EDGE,
        0,
    ),
    "walked": (Namespace.followed(), Purpose.FOLLOWED, 0),
    "walked track": (Namespace.followed("track"), Purpose.FOLLOWED, 0),
    "listing:7:track": (Namespace.rows(LISTING.id, "track"), Purpose.ROWS, 7),
    "pages:7": (Namespace.pages(LISTING.id), Purpose.PAGES, 7),
}


@pytest.mark.parametrize("name", NAMES)
def test_name_purpose_and_listing(name: str) -> None:
    namespace, purpose, listing = NAMES[name]
    assert namespace == name
    assert (namespace.purpose, namespace.listing) == (purpose, listing)
    assert namespace.startswith(OF_LISTINGS) == (listing > 0)


def test_those_of_a_listing_have_a_local_name() -> None:
    for namespace in Namespace.of(LISTING):
        other = Namespace.of_local(8, namespace.local)
        assert (other.listing, other.purpose, other.local) == (8, namespace.purpose, namespace.local)
        assert other == namespace.replace("7", "8")
