"""A page of distinct objects of one kind is read in one go: the same comes out as row by row."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sc_spiders.api import CATALOGUE
from sc_spiders.pages.emit import _by_relation
from sc_spiders.pages.groups import Group, grouped, plain
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.rows import Entry

LISTS = [
    (name, api)
    for name, endpoint in CATALOGUE.items()
    for api in ("v2", "public")
    if endpoint.path(api) and endpoint.rows == "" and len(endpoint.kinds) == 1 and endpoint.shape == "list"
]
IDS = st.sampled_from([1, 2, True, 1.0, "1", None, 0, 2**63, "soundcloud:users:1"])
URNS = st.sampled_from([None, "", "1", 0, "soundcloud:users:1", "soundcloud:tracks:1", "soundcloud:tracks:2"])
KINDS = st.sampled_from(["user", "track", "TRACK", "playlist", "x", None])


def good(kind: str) -> st.SearchStrategy[Any]:
    return st.integers(1, 4).flatmap(
        lambda i: st.sampled_from(
            [{"id": i, "kind": kind}, {"id": i, "kind": kind, "urn": f"soundcloud:{kind}s:{i}"}, {"id": i, "urn": ""}]
        )
    )


@st.composite
def pages(draw: st.DrawFn) -> tuple[Listing, str, list[Any]]:
    name, api = draw(st.sampled_from(LISTS))
    listing = Listing(name, draw(st.sampled_from(["soundcloud:users:9", None])), "/")
    listing.rows = draw(st.sampled_from([0, 7]))
    odd = st.fixed_dictionaries({"id": IDS}, optional={"urn": URNS, "kind": KINDS}) | st.sampled_from([1, "x", [1]])
    own = good(listing.spec.kinds[0])
    return listing, api, draw(st.lists(own, max_size=3) | st.lists(own | odd, max_size=3))


def told(listing: Listing, group: Group) -> dict[Any, Any]:
    """The edges of a group."""
    if listing.spec.edge is None:
        return {}
    found = _by_relation(listing, group, listing.spec.edge)
    return {
        ends: {i: (entry.position, entry.created_at, entry.caption) for i, entry in entries.items()}
        for ends, entries in found.items()
    }


@example((Listing("user_tracks", None, "/"), "v2", [{"id": 4, "kind": "track"}]))
@settings(max_examples=60)
@given(pages())
def test_it_reads_the_same_as_row_by_row(page: tuple[Listing, str, list[Any]]) -> None:
    listing, api, rows = page
    group = plain(listing, rows, api)  # type: ignore[arg-type]
    if group is None:
        return
    has_positions = listing.spec.edge is not None and listing.spec.edge.position
    entries = [Entry(row, position=at if has_positions else None) for at, row in enumerate(rows, listing.rows)]
    (whole,), strangers = grouped(listing, entries, api)  # type: ignore[arg-type]

    assert not strangers
    assert not whole.nameless
    assert (group.kind, group.objects, group.keys) == (whole.kind, whole.objects, whole.keys)
    assert list(group.objects) == list(whole.objects)
    assert told(listing, group) == told(listing, whole)
