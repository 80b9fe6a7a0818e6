"""An edge is in two lists, because it is walked from both ends, and one of the two pages is lost."""

from __future__ import annotations

import pytest

from sc_spiders.api.hosts import SETTINGS, Hosts
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page
from sc_spiders.pages.reader import PageReader
from sc_spiders.pages.seen import Seen
from tests.support.answers import user

HOSTS = Hosts({api: default for api, (_, default) in SETTINGS.items()})
NOW = "2026-01-31T12:00:00Z"


@pytest.mark.parametrize("lost", [1, 2])
def test_it_is_written_once_whichever_page_is_lost(lost: int) -> None:
    """Both pages are read before one is acknowledged. The lost page is fetched again."""
    seen = Seen()
    reader = PageReader(
        "v2", HOSTS, seen, Hydration(seen), lambda *_: [], max_empty=5, raw=False, bidirectional=frozenset({"follows"})
    )

    def walk(number: int) -> Page:
        endpoint, subject, found = {1: ("followings", 10, 20), 2: ("followers", 20, 10)}[number]
        listing = Listing(endpoint, f"soundcloud:users:{subject}", "/", id=number)
        return reader.page(listing, {"collection": [user(found)], "next_href": None}, NOW)

    pages = {number: walk(number) for number in (1, 2)}
    kept = 3 - lost
    seen.commit(kept)
    seen.rollback(lost)
    again = walk(lost)

    edges = [(e["source"], e["target"]) for page in (pages[kept], again) for e in page.rows.get("edge", ())]
    assert edges == [("soundcloud:users:10", "soundcloud:users:20")]
