"""Any list gets a listing record, and its edges lead only to objects with a record or a rejected record."""

from __future__ import annotations

import logging
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st
from scrapy.settings import Settings

from sc_spiders import records
from sc_spiders.api import APIS, CATALOGUE, Api, Endpoint
from sc_spiders.api.hosts import Hosts
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import Listing, first_page
from sc_spiders.pages.page import Page
from sc_spiders.pages.reader import PageReader
from sc_spiders.pages.seen import Seen
from tests.support.examples import examples

NOW = "2026-11-21T00:00:00Z"
HOSTS = Hosts.from_settings(Settings())
SUBJECT = "soundcloud:users:1"

NUMBERS = st.integers(1, 4) | st.sampled_from([None, "1", -1, 2**63, True, 1.0, "soundcloud:selections:1"])
WORDS: st.SearchStrategy[Any] = st.sampled_from(
    [None, -1, True, 2.0, 7, 2**63, 10**25, "x", "x" * 20_000, "\ud800", [], {}]
)
OBJECTS = st.fixed_dictionaries(
    {},
    optional={
        "id": NUMBERS,
        "kind": st.sampled_from(["user", "track", "playlist", "comment", "selection", "station", None, 5, ["user"]]),
        "urn": st.builds("soundcloud:{}:{}".format, st.sampled_from(["users", "tracks"]), NUMBERS) | WORDS,
        "username": WORDS,
        "title": WORDS,
        "created_at": WORDS,
    },
)
ROWS = (
    OBJECTS
    | WORDS
    | st.builds(
        lambda row, name, held, more: {**row, name: held, **more},
        OBJECTS,
        st.sampled_from(["track", "playlist", "origin"]),
        OBJECTS | WORDS,
        st.fixed_dictionaries(
            {}, optional={"type": st.sampled_from(["track", "track-repost"]), "score": WORDS, "caption": WORDS}
        ),
    )
)
PAGES = st.lists(
    st.fixed_dictionaries(
        {"collection": st.lists(ROWS, max_size=4)},
        optional={"total_results": WORDS, "query_urn": WORDS, "last_updated": WORDS},
    ),
    min_size=1,
    max_size=3,
)
LISTS = [(one, api) for one in CATALOGUE.values() for api in APIS if one.path(api) and one.shape in ("list", "any")]


def name_of(refused: dict[str, Any]) -> str | None:
    """The URN that a refused object gives itself, if it has one."""
    if refused["kind"] not in ("user", "track", "playlist", "selection"):
        return None
    kind = records.kind(refused["kind"], "v2")
    key = kind.key(refused["object"])
    return None if key is None else kind.urn(key)


def reader_of(api: Api) -> PageReader:
    seen = Seen()
    return PageReader(
        api, HOSTS, seen, Hydration(seen), lambda *_: [], max_empty=5, raw=False, bidirectional=frozenset()
    )


@pytest.mark.parametrize(("endpoint", "api"), LISTS, ids=[f"{endpoint.name}-{api}" for endpoint, api in LISTS])
def test_an_edge_leads_to_a_record_and_a_list_has_one(endpoint: Endpoint, api: Api) -> None:
    @seed(crc32(f"{endpoint.name} {api}".encode()))
    @given(PAGES)
    @examples(10)
    def check(pages: list[dict[str, Any]]) -> None:
        pages = records.decode(records.dumps(pages))  # as decoded from the wire
        path: dict[str, Any] = dict.fromkeys(endpoint.arguments(api), "1")
        url, kept = first_page(endpoint, api, **path)
        listing = Listing(endpoint.name, SUBJECT, url, kept, id=1)
        reader = reader_of(api)
        urns = {SUBJECT}
        for at, page in enumerate(pages, 1):
            href = f"?page={at}" if at < len(pages) else None
            found = reader.page(listing, {**page, "next_href": href}, NOW)
            check_page(found, urns)
            if listing.ended:
                break
        (row,) = found.rows["listing"]
        assert records.check("listing", [row])[1] == []
        assert (row["announced"], row["ended"]) == (listing.announced, listing.ended)
        assert not row["complete"] or not row["rejected"]

    def check_page(page: Page, urns: set[str]) -> None:
        for kind in ("user", "track", "playlist", "selection"):
            urns |= {row["urn"] for row in page.rows.get(kind, [])}
        urns |= set(filter(None, map(name_of, page.rows.get("rejected", []))))
        for edge in page.rows.get("edge", []):
            known = {edge["source"], edge["target"]} - urns
            assert not known or (endpoint.rows == "activity" and known == {edge["source"]})  # actions of other people

    check()


def test_a_listing_whose_record_is_refused_has_one_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    """No answer should lead here. If one does, it is an error and not a missing list."""
    listing = Listing("followings", SUBJECT, "/users/1/followings", query_urn="x" * 20_000, announced=-1, id=1)
    with caplog.at_level(logging.ERROR):
        page = reader_of("v2").page(listing, {"collection": []}, NOW)

    (row,) = page.rows["listing"]
    assert records.check("listing", [row])[1] == []
    assert (row["subject"], row["announced"], row["query_urn"]) == (SUBJECT, None, None)
    assert (row["ended"], row["error"], row["complete"]) == ("error", "internal", False)
    assert "announced" in caplog.text
