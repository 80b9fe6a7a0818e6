"""The estimate is consistent for all kinds of lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sc_spiders.extensions.estimate import Estimate
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page

lists = st.lists(
    st.tuples(
        st.sampled_from(["followers", "search_tracks", "user_likes"]),
        st.one_of(st.none(), st.integers(0, 5000)),  # rows announced
        st.lists(st.integers(0, 200), min_size=1, max_size=6),  # rows of each page
    ),
    max_size=8,
)


@given(lists)
def test_at_the_end_nothing_is_left(stories: list[tuple[str, int | None, list[int]]]) -> None:
    estimate = Estimate("v2", None)
    seed = Listing("user", None, "/users/1", id=1, seed="forss")
    estimate.expect(seed)
    found = [
        Listing(endpoint, "soundcloud:users:1", "", id=i, announced=None if endpoint == "search_tracks" else announced)
        for i, (endpoint, announced, _) in enumerate(stories, 2)
    ]
    seed.pages = 1
    estimate.add(Page(seed.end("end"), follow=found))
    for listing, (_, announced, pages) in zip(found, stories, strict=True):
        for n, rows in enumerate(pages, 1):
            listing.pages, listing.rows = n, listing.rows + rows
            if listing.endpoint == "search_tracks":
                listing.announced = announced  # the first page has it
            if n == len(pages):
                listing.end("end")
            estimate.add(Page(listing))
            assert estimate.left >= len(pages) - n > 0 or estimate.left >= 0

    assert estimate.left == 0
    assert estimate.share in (None, 1.0)
    assert estimate.came == 1 + sum(len(pages) for _, _, pages in stories)


def test_as_many_pages_as_were_announced() -> None:
    estimate = Estimate("v2", None)
    listing = Listing("followers", "soundcloud:users:1", "", id=1, announced=1000)
    estimate.expect(listing)
    assert estimate.left == 5

    # Pages have fewer rows than requested.
    listing.pages, listing.rows = 1, 100
    estimate.add(Page(listing))
    assert estimate.left == 9
    assert estimate.share == 0.1
