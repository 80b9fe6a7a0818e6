"""If pages are too large for the server, the crawl requests fewer rows at the same cursor."""

from __future__ import annotations

import pytest

from sc_spiders.api import APIS, CATALOGUE
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page_size import AFTER, SMALLEST, kept, reduce
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls

HASTE = ("-s", "FAULTS_FIRST_WAIT=0.01")
CURSOR = "offset=2026-01-01T00%3A00%3A00.000Z%2Ctracks%2C007&"
OFFERED = [(name, api) for name, endpoint in CATALOGUE.items() for api in APIS if endpoint.path(api)]


def failed(url: str, error: str = "http_502", attempts: int = AFTER, endpoint: str = "followers") -> Listing:
    return Listing(endpoint, None, url, attempts=attempts, error=error, pages=1)


@pytest.mark.parametrize("name", ["limit", "page_size"])
def test_only_the_size_changes(name: str) -> None:
    listing = failed(f"/users/1/followers?{CURSOR}{name}=200&limited=7")

    assert reduce(listing, "v2") == (200, 50)
    assert listing.url == f"/users/1/followers?{CURSOR}{name}=50&limited=7"
    assert reduce(listing, "v2") is None  # the attempt was taken back before the request was sent
    listing.attempts += AFTER
    assert reduce(listing, "v2") == (50, 12)
    listing.attempts += AFTER
    assert reduce(listing, "v2") == (12, SMALLEST)
    listing.attempts += AFTER
    assert reduce(listing, "v2") is None


def test_the_next_pages_are_no_larger() -> None:
    listing = failed("/x?limit=200")
    reduce(listing, "v2")

    assert kept(listing, "/x?cursor=2&limit=200") == "/x?cursor=2&limit=50"
    assert kept(listing, "/x?cursor=2&limit=20") == "/x?cursor=2&limit=20"
    assert kept(listing, "/x?cursor=2") == "/x?cursor=2"
    listing.url = "/x?cursor=2&limit=50"
    assert reduce(listing, "v2") == (50, 12)  # the next size fails, too


@pytest.mark.parametrize("error", ["http_404", "http_429", "malformed", "refused", "no_route", None])
def test_what_fewer_rows_do_not_mend(error: str | None) -> None:
    assert reduce(failed("/x?limit=200", error or ""), "v2") is None


@pytest.mark.parametrize(("name", "api"), OFFERED, ids=["-".join(one) for one in OFFERED])
def test_a_list_that_is_not_followed_is_asked_for_whole(name: str, api: str) -> None:
    endpoint = CATALOGUE[name]
    follows = endpoint.shape in ("list", "any") and not endpoint.bare and api in endpoint.follow

    assert (reduce(failed("/x?limit=200", endpoint=name), api) is not None) == follows


@pytest.mark.parametrize("relation", ["followers", "likes"])
def test_a_server_that_fails_at_large_pages_gives_all_the_same(crawls: Crawls, relation: str) -> None:
    with Sandbox(users=600, seed=1, faults="502large=1") as sandbox:
        crawl = crawls.run("user_graph", *HASTE, sandbox=sandbox, user="forss", relations=relation)
        nodes, edges = sandbox.world.graph([183], 1, [relation])

    assert crawl.code == 0, crawl.log
    assert crawl.triples == edges
    assert len(crawl.records("edge")) == len(edges) > 50
    assert crawl.urns() == nodes
    assert f"{relation} of forss: http_502, 3 times: asked for 50 rows a page instead of" in crawl.log
