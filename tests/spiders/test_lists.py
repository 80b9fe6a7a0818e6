"""Each list that `include` can name: complete, valid and equal to the sandbox's world, with both APIs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_spiders.api import APIS, CATALOGUE, used_by, words
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import crawl

from .truth import OF, SEEDS

CASES = [(api, spider, word) for spider in OF for api in APIS for word in words(spider, api=api)]


@pytest.mark.parametrize(("api", "spider", "word"), CASES, ids=["-".join(case) for case in CASES])
def test_a_list_is_what_is_there(tmp_path: Path, sandbox: Sandbox, api: str, spider: str, word: str) -> None:
    settings = {"SC_API": api, "SC_OAUTH_TOKEN": sandbox.oauth_token, "SC_PAGE_SIZE": "40"}

    found = crawl(spider, tmp_path, sandbox=sandbox, settings=settings, include=word, **SEEDS[spider])

    truth = OF[spider](sandbox.world, word, api)
    assert found.code == 0
    assert not found.records("rejected")
    assert found.triples == truth.edges
    assert len(found.records("edge")) == len(truth.edges)
    assert {kind: len(found.records(kind)) for kind in truth.records} == truth.records
    listings = found.records("listing")
    assert {listing["endpoint"] for listing in listings} == set(truth.counts)
    for name, count in truth.counts.items():
        assert sum(listing["fetched"] for listing in found.listings(name)) == count
    assert {listing["subject"] for listing in listings if not listing["complete"]} == truth.incomplete
    assert {listing["ended"] for listing in listings} <= {"end"}
    # The target of each edge from the subject has a record.
    urns = found.urns()
    own = {listing["subject"] for listing in listings}
    assert {
        urn for edge in truth.edges for urn in edge[1:] if edge[1] in own or edge[2] in own
    } - own - truth.gone <= urns


# Lists that have rows for any subject, and those of the user with the token.
NEVER_EMPTY = {
    ("track", "related"),
    ("track", "station"),
    ("track", "streams"),
    ("track", "download"),
    ("user", "related"),
    ("user", "comments"),
}
EMPTY = [case for case in CASES if case[1] != "me" and case[2] != "profile" and case[1:] not in NEVER_EMPTY]


@pytest.mark.parametrize(("api", "spider"), sorted({case[:2] for case in EMPTY}))
def test_an_empty_list_is_complete(tmp_path: Path, sandbox: Sandbox, api: str, spider: str) -> None:
    """Those whose lists are empty for the same subject are walked by one crawl."""
    world = sandbox.world
    ids, count = getattr(world, f"{spider}_ids"), getattr(world.links, f"{spider}s")
    every = [ids.id(at) for at in range(count)]
    together: dict[int, list[str]] = {}
    for word in (word for *where, word in EMPTY if where == [api, spider]):
        bare = next(id for id in every if not any(OF[spider](world, word, api, id).counts.values()))
        together.setdefault(bare, []).append(word)
    for bare, empty in together.items():
        check_empty(tmp_path / str(bare), sandbox, api, spider, bare, empty)


def check_empty(folder: Path, sandbox: Sandbox, api: str, spider: str, bare: int, empty: list[str]) -> None:
    """A crawl of these lists writes their records, and no others."""
    folder.mkdir()
    settings = {"SC_API": api} | _token(sandbox)
    found = crawl(spider, folder, sandbox=sandbox, settings=settings, include=",".join(empty), **{spider: bare})

    listings = found.records("listing")
    assert {listing["endpoint"] for listing in listings} == {
        name for word in empty for name in OF[spider](sandbox.world, word, api, bare).counts
    }
    assert {(one["complete"], one["ended"], one["fetched"], one["error"]) for one in listings} == {
        (True, "end", 0, None)
    }
    assert found.kinds.keys() == {"listing", "crawl"}
    assert found.code == 0


@pytest.mark.parametrize("spider", OF)
@pytest.mark.parametrize("api", APIS)
def test_lists_that_are_not_there_are_told(tmp_path: Path, api: str, spider: str) -> None:
    """Each list is 404, but its subject exists."""
    gone = "@/public" if api == "public" else "@"
    paths = ("/users/*/*", "/tracks/*/*", "/playlists/*/*", "/me/*", "/stream*", "/system-playlists/*")
    with Sandbox(users=60, seed=4, faults=",".join(f"404{gone}{path}#1+" for path in paths)) as sandbox:
        include = words(spider, api=api)
        settings = {"SC_API": api, **_token(sandbox)}
        found = crawl(spider, tmp_path, sandbox=sandbox, settings=settings, include=",".join(include), **SEEDS[spider])

    expected = {
        endpoint.name
        for word in include
        for endpoint in used_by(word, api, spider)
        if endpoint.shape == "list" or endpoint.name in ("original_download", "track_station", "track_streams")
    }
    # Those of conversations and playlists that nobody knows of. In v2, tracks themselves have their streams.
    expected -= {"messages"} | ({"playlist_tracks"} if spider == "me" else set())
    expected -= {"track_streams"} if api == "v2" else set()
    told = {one["endpoint"]: one for one in found.records("listing") if one["ended"] == "not_found"}
    assert set(told) == expected
    assert not any(one["complete"] for one in told.values())
    assert found.urns("user" if spider == "me" else spider)
    assert found.code == 0  # 0, because the seed exists


@pytest.mark.parametrize("spider", ["user", "track", "playlist"])
@pytest.mark.parametrize("api", APIS)
def test_a_seed_that_is_not_there_is_named(tmp_path: Path, sandbox: Sandbox, api: str, spider: str) -> None:
    settings = {"SC_API": api, **_token(sandbox)}
    there = SEEDS[spider][spider]
    found = crawl(
        spider, tmp_path, sandbox=sandbox, settings=settings, include="profile", **{spider: f"999999999999,{there}"}
    )

    (listing,) = found.records("listing")
    assert (listing["endpoint"], listing["ended"]) == (spider, "not_found")
    assert listing["subject"] == f"soundcloud:{spider}s:999999999999"
    assert found.urns(spider) == {f"soundcloud:{spider}s:{there}"}
    assert found.code == 1


def test_every_list_of_the_catalogue_is_reached_by_a_case() -> None:
    reached = {endpoint.name for api, spider, word in CASES for endpoint in used_by(word, api, spider)}
    lists = {name for name, endpoint in CATALOGUE.items() if endpoint.used_by.keys() & OF.keys()}
    assert lists <= reached


@pytest.mark.parametrize("api", APIS)
def test_positions_count_from_nought_in_the_order_of_the_list(tmp_path: Path, sandbox: Sandbox, api: str) -> None:
    found = crawl(
        "playlist",
        tmp_path,
        sandbox=sandbox,
        settings={"SC_API": api, "SC_OAUTH_TOKEN": "x"} | _token(sandbox),
        playlist=1,
    )

    edges = sorted(found.edges("contains"), key=lambda edge: edge["position"])
    assert [edge["position"] for edge in edges] == list(range(len(edges)))
    assert [edge["target"] for edge in edges] == [f"soundcloud:tracks:{id}" for id in sandbox.world.playlist_tracks(1)]


def test_ids_may_be_gone_from_the_public_api(tmp_path: Path) -> None:
    with Sandbox(users=60, seed=4, urns_only=True) as sandbox:
        include = "profile,tracks,playlists,likes,reposts,followers,followings,related"
        found = crawl(
            "user",
            tmp_path,
            sandbox=sandbox,
            settings={"SC_API": "public"} | _token(sandbox),
            user=183,
            include=include,
        )

        _, edges = sandbox.world.graph([183], 1, ["followings", "followers", "likes", "reposts"])
    assert found.triples >= edges
    named = [row for kind in ("user", "track", "playlist") for row in found.records(kind)]
    assert all(isinstance(row["id"], int) for row in named if ":system-playlists:" not in row["urn"])
    assert not found.records("rejected")


def _token(sandbox: Sandbox) -> dict[str, str]:
    return {"SC_OAUTH_TOKEN": sandbox.oauth_token}


def test_a_list_that_two_words_lead_to_is_walked_once(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = {"SC_OAUTH_TOKEN": sandbox.oauth_token}
    found = crawl("me", tmp_path, sandbox=sandbox, settings=settings, include="conversations,messages")

    walked = [(row["endpoint"], row["subject"]) for row in found.records("listing")]
    assert len(walked) == len(set(walked))
    assert "conversations" in {endpoint for endpoint, _ in walked}
