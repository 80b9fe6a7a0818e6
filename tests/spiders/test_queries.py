"""Spiders without a user, track or playlist as subject: searches, charts, shelves, tags, URLs, any path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, crawl

from .truth import track

TYPES = {
    "all": "",
    "tracks": "tracks",
    "users": "users",
    "albums": "albums",
    "playlists": "playlists_without_albums",
}
FILTERS = [
    ("tracks", {"genre": "techno"}, {"genre_or_tag": "techno"}),
    ("tracks", {"duration": "medium"}, {"duration": "medium"}),
    ("tracks", {"created": "last_year"}, {"created_at": "last_year"}),
    ("tracks", {"license": "to_share"}, {"license": "to_share"}),
    ("users", {"place": "Berlin"}, {"place": "Berlin"}),
    ("playlists", {"genre": "techno"}, {"genre_or_tag": "techno"}),
    ("albums", {"genre": "techno"}, {"genre_or_tag": "techno"}),
]


def ordered(found: Crawl, relation: str, source: str) -> list[str]:
    """The targets of a source's edges by position. No position may be missing."""
    edges = sorted((e for e in found.edges(relation) if e["source"] == source), key=lambda edge: edge["position"])
    assert [edge["position"] for edge in edges] == list(range(len(edges)))
    return [edge["target"] for edge in edges]


@pytest.mark.parametrize("type", TYPES)
def test_a_search_goes_on_to_its_end(tmp_path: Path, sandbox: Sandbox, type: str) -> None:
    found = crawl("search", tmp_path, sandbox=sandbox, settings={"SC_PAGE_SIZE": "50"}, q="light", type=type)

    urns = sandbox.world.search(TYPES[type], "light")
    (listing,) = found.records("listing")
    assert ordered(found, "finds", f"search:{type}:light") == urns
    assert (listing["announced"], listing["fetched"], listing["complete"]) == (len(urns), len(urns), True)
    assert listing["query_urn"].startswith("soundcloud:search:")
    assert found.urns() == set(urns)
    assert not found.records("rejected")


@pytest.mark.parametrize(("type", "given", "filters"), FILTERS, ids=lambda value: str(value))
def test_a_filter_reaches_the_api(
    tmp_path: Path, sandbox: Sandbox, type: str, given: dict[str, Any], filters: dict[str, str]
) -> None:
    found = crawl("search", tmp_path, sandbox=sandbox, q="ar", type=type, **given)

    urns = sandbox.world.search(TYPES[type], "ar", **filters)
    assert {edge["target"] for edge in found.edges("finds")} == set(urns)
    assert len(urns) < len(sandbox.world.search(TYPES[type], "ar"))
    (said,) = given.items()
    (listing,) = found.records("listing")
    assert listing["subject"] == f"search:{type}:ar?{said[0]}={said[1]}"
    assert {edge["source"] for edge in found.edges("finds")} <= {listing["subject"]}
    assert not (listing["error"] or "").startswith("filter_ignored")


def test_a_search_that_gives_less_than_it_says_tells_so(tmp_path: Path, sandbox: Sandbox) -> None:
    found = crawl("search", tmp_path, sandbox=sandbox, q="a", type="tracks")

    (listing,) = found.records("listing")
    assert (listing["announced"], listing["fetched"]) == (len(sandbox.world.search("tracks", "a")), 500)
    assert listing["announced"] > 500


@pytest.mark.parametrize("limit", [1, 7, 50, 51])
def test_limit_is_of_results_in_all(tmp_path: Path, sandbox: Sandbox, limit: int) -> None:
    found = crawl(
        "search", tmp_path, sandbox=sandbox, settings={"SC_PAGE_SIZE": "25"}, q="a", type="tracks", limit=limit
    )

    (listing,) = found.records("listing")
    assert len(found.records("track")) == len(found.edges("finds")) == listing["fetched"] == limit
    assert (listing["ended"], listing["complete"], found.code) == ("limit", False, 0)


def test_a_list_that_ends_at_the_limit_has_ended(tmp_path: Path, sandbox: Sandbox) -> None:
    count = len(sandbox.world.search("users", "dj"))

    found = crawl("search", tmp_path, sandbox=sandbox, q="dj", type="users", limit=count + 1)

    assert found.records("listing")[0]["complete"]


@pytest.mark.parametrize("kind", ["trending", "top"])
def test_charts_as_documented(tmp_path: Path, sandbox: Sandbox, kind: str) -> None:
    found = crawl("charts", tmp_path, sandbox=sandbox, settings={"SC_PAGE_SIZE": "20"}, kind=kind, genre="house,techno")

    for genre in ("house", "techno"):
        truth = sandbox.world.chart(kind, genre)
        subject = f"charts:{kind}:{genre}"
        assert ordered(found, "ranks", subject) == [track(id) for id, _ in truth]
        scores = {edge["target"]: edge["score"] for edge in found.edges("ranks") if edge["source"] == subject}
        assert scores == {track(id): score for id, score in truth}
    assert all(listing["complete"] and listing["last_updated"] for listing in found.records("listing"))


def test_every_genre_has_a_chart(tmp_path: Path, sandbox: Sandbox) -> None:
    found = crawl("charts", tmp_path, sandbox=sandbox, genre="all", region="GB")

    truth = sandbox.world.chart("trending", "pop", "soundcloud:regions:GB")
    assert len(found.listings("charts")) == 43
    assert ordered(found, "ranks", "charts:trending:pop") == [track(id) for id, _ in truth]


def test_what_stands_in_the_place_of_charts_today(tmp_path: Path) -> None:
    with Sandbox(users=120, seed=6, charts_today=True) as sandbox:
        found = crawl("charts", tmp_path, sandbox=sandbox, genre="all-music,techno")
        truth = [track(id) for id, _ in sandbox.world.chart("trending", "techno")]

        top = crawl("charts", tmp_path, sandbox=sandbox, kind="top", genre="techno,house,ambient,metal", region="GB")
        shelves = sandbox.world.chart_selections("UK")
        tops = [track(id) for id, _ in sandbox.world.chart("top", "techno", "uk")]

    chart, gone = sorted(found.listings("charts"), key=lambda listing: str(listing["ended"]))
    assert (chart["ended"], gone["ended"], gone["subject"]) == ("end", "not_found", "charts:trending:techno")
    assert ordered(found, "ranks", "charts:trending:techno") == truth
    assert found.listing("system_playlist")["complete"]
    assert set(truth) <= found.urns("track")
    assert found.code == 0

    assert {listing["ended"] for listing in top.listings("charts")} == {"not_found"}
    assert len(top.listings("chart_shelves")) == 1
    assert top.urns("selection") == {shelf["urn"] for shelf in shelves}
    assert ordered(top, "ranks", "charts:top:techno") == tops
    ranked = {edge["source"] for edge in top.edges("ranks")}
    assert ranked == {"charts:top:techno", "charts:top:house", "charts:top:ambient"}  # no shelf has metal


@pytest.mark.parametrize("hydrate", [0, 1])
def test_discover(tmp_path: Path, hydrate: int) -> None:
    with Sandbox(users=120, seed=6) as sandbox:
        found = crawl("discover", tmp_path, sandbox=sandbox, hydrate=hydrate)
        shelves = sandbox.world.selections()
        playlists = {
            item.get("urn") or f"soundcloud:playlists:{item['id']}": item
            for s in shelves
            for item in s["items"]["collection"]
        }
        whole = {
            urn: [track(t["id"]) for t in item["tracks"]]
            if "tracks" in item
            else [track(id) for id in sandbox.world.playlist_tracks(item["id"])]
            for urn, item in playlists.items()
        }
        exist = {
            track(id)
            for at in whole.values()
            for id in [int(t.rpartition(":")[2]) for t in at]
            if sandbox.world.has_track(id)
        }

    for shelf in shelves:
        items = [item.get("urn") or f"soundcloud:playlists:{item['id']}" for item in shelf["items"]["collection"]]
        assert ordered(found, "contains", shelf["urn"]) == items
    assert found.urns("playlist") == set(playlists)
    assert found.urns("selection") == {shelf["urn"] for shelf in shelves}
    assert found.listing("discover")["fetched"] == len(shelves)
    if not hydrate:
        assert not found.records("track")
        return
    for urn, tracks in whole.items():
        edges = {edge["target"]: edge["position"] for edge in found.edges("contains") if edge["source"] == urn}
        assert edges == {target: tracks.index(target) for target in tracks}
    assert found.urns("track") == exist
    assert len(found.listings("playlist") + found.listings("system_playlist")) == len(playlists)


def test_featured_and_tag(tmp_path: Path, sandbox: Sandbox) -> None:
    featured = crawl(
        "featured", tmp_path, sandbox=sandbox, settings={"SC_MAX_EMPTY_PAGES": "2"}, genre="front,house,techno"
    )
    tag = crawl("tag", tmp_path, sandbox=sandbox, tag="techno")

    for genre in ("front", "house", "techno"):
        edges = [edge["target"] for edge in featured.edges("features") if edge["source"] == f"featured:{genre}"]
        assert edges == [track(id) for id in sandbox.world.featured(genre)]
    assert {listing["ended"] for listing in featured.records("listing")} == {"empty_pages"}
    assert all(row["partial"] and row["title"] for row in featured.records("track"))
    assert ordered(tag, "contains", "tag:techno") == [track(id) for id in sandbox.world.tagged("techno")]


@pytest.mark.parametrize("api", ["v2", "public"])
def test_resolve(tmp_path: Path, sandbox: Sandbox, api: str) -> None:
    pages = "https://soundcloud.com/forss,m.soundcloud.com/forss/flickermood,https://on.soundcloud.com/p1"
    settings = {"SC_API": api, "SC_OAUTH_TOKEN": sandbox.oauth_token}

    found = crawl(
        "resolve", tmp_path, sandbox=sandbox, settings=settings, url=f"{pages},soundcloud.com/nobody-here", oembed=1
    )

    assert (found.urns("user"), found.urns("track"), found.urns("playlist")) == (
        {"soundcloud:users:183"},
        {"soundcloud:tracks:293"},
        {"soundcloud:playlists:1"},
    )
    assert [row["url"] for row in found.records("oembed")].count("https://soundcloud.com/forss") == 1
    assert len(found.records("oembed")) == 3
    assert {(one["endpoint"], one["subject"], one["ended"]) for one in found.records("listing")} == {
        ("resolve", "https://soundcloud.com/nobody-here", "not_found"),
        ("oembed", "https://soundcloud.com/nobody-here", "not_found"),
    }
    assert found.code == 1


@pytest.mark.parametrize(
    ("path", "kind", "count"),
    [
        ("/users/183", "user", 1),
        ("/users/183/followings?limit=7", "user", None),
        ("/users/183/likes", "object", None),
        ("/search/queries?q=s", "object", None),
        ("/users/183/followings/ids", "object", None),
        ("/users/soundcloud:users:183/web-profiles", "object", None),
    ],
)
def test_any_path(tmp_path: Path, sandbox: Sandbox, path: str, kind: str, count: int | None) -> None:
    found = crawl("resource", tmp_path, sandbox=sandbox, settings={"SC_OAUTH_TOKEN": sandbox.oauth_token}, path=path)

    (listing,) = found.records("listing")
    assert listing["subject"] == path.partition("?")[0]
    assert listing["complete"]
    assert listing["fetched"] == len(found.records(kind)) == (count or listing["fetched"]) > 0
    assert {row["path"] for row in found.records("object")} <= {listing["subject"]}


def test_params_go_to_the_api_over_its_own(tmp_path: Path, sandbox: Sandbox) -> None:
    found = crawl("track_comments", tmp_path, sandbox=sandbox, track=293, params="filter_replies=1&limit=20")

    assert len(found.records("comment")) == len(sandbox.world.comments(293, replies=False))


@pytest.mark.parametrize(("sort", "threaded"), [("", 0), ("oldest", 0), ("track-timestamp", 0), ("", 1)])
def test_comments(tmp_path: Path, sandbox: Sandbox, sort: str, threaded: int) -> None:
    settings = {"SC_PAGE_SIZE": "60"}
    found = crawl(
        "track_comments",
        tmp_path,
        sandbox=sandbox,
        settings=settings,
        track="forss/flickermood",
        sort=sort,
        threaded=threaded,
    )

    rows = found.records("comment")
    truth = sandbox.world.comments(293)
    assert found.kinds.keys() == {"comment", "track", "listing", "crawl"}
    assert [row["id"] for row in found.records("track")] == [293]
    assert {row["id"] for row in rows} == set(truth)
    assert len(rows) == len(truth)
    assert {row["id"]: row["timestamp"] for row in rows} == {id: sandbox.world.comment(id)["timestamp"] for id in truth}
    assert found.listing("track_comments")["announced"] == len(truth)
    if not threaded:
        assert ([row["id"] for row in rows] == truth) is (not sort)


def test_reactions(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = {"SC_OAUTH_TOKEN": sandbox.oauth_token}
    found = crawl("track_comments", tmp_path, sandbox=sandbox, settings=settings, track=293, reactions=1)

    truth = {id: sandbox.world.reactions(id, 183) for id in sandbox.world.comments(293)}
    rows = found.records("comment")
    assert {row["id"]: (row["likes_count"], row["liked_by_user"]) for row in rows} == truth
    assert {row["id"]: row["liked_by_creator"] for row in rows} == {id: own for id, (_, own) in truth.items()}
    assert sandbox.stats.requests["/graphql"] == -(-len(truth) // 10)
    assert found.listing("track_comments")["complete"]
    assert not found.listings("comment_reactions")


def test_comments_come_without_reactions_where_these_do_not(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = {"SC_GRAPHQL_URL": f"{sandbox.url}/no-such-place", "SC_OAUTH_TOKEN": sandbox.oauth_token}
    found = crawl("track_comments", tmp_path, sandbox=sandbox, settings=settings, track=293, reactions=1)

    rows = found.records("comment")
    assert {row["id"] for row in rows} == set(sandbox.world.comments(293))
    assert {row["likes_count"] for row in rows} == {None}
    assert {one["ended"] for one in found.listings("comment_reactions")} == {"not_found"}


@pytest.mark.parametrize(
    ("type", "given"), [("tracks", {"duration": "medium"}), ("tracks", {}), ("users", {}), ("playlists", {})]
)
def test_searches_of_the_public_api(tmp_path: Path, sandbox: Sandbox, type: str, given: dict[str, Any]) -> None:
    settings = {"SC_API": "public", "SC_OAUTH_TOKEN": sandbox.oauth_token, "SC_PAGE_SIZE": "50"}
    found = crawl("search", tmp_path, sandbox=sandbox, settings=settings, q="light", type=type, **given)

    urns = sandbox.world.search(type, "light", **given)
    assert ordered(found, "finds", f"search:{type}:light") == urns
    assert found.records("listing")[0]["complete"]


def test_comments_of_the_public_api(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = {"SC_API": "public", "SC_OAUTH_TOKEN": sandbox.oauth_token}
    found = crawl("track_comments", tmp_path, sandbox=sandbox, settings=settings, track="forss/flickermood")

    truth = {id: sandbox.world.comment(id)["timestamp"] for id in sandbox.world.comments(293)}
    assert {row["id"]: row["timestamp"] for row in found.records("comment")} == truth
    assert found.listing("track_comments")["announced"] == len(truth)


def test_plays_have_their_moments(tmp_path: Path, sandbox: Sandbox) -> None:
    found = crawl("me", tmp_path, sandbox=sandbox, settings={"SC_OAUTH_TOKEN": sandbox.oauth_token}, include="history")

    moments = [edge["created_at"] for edge in found.edges("plays")]
    assert moments == sorted(moments, reverse=True)
    assert all(moment.endswith("Z") and len(moment) == 20 for moment in moments)
    assert not found.records("user")


def test_nothing_private_comes_unasked(tmp_path: Path, sandbox: Sandbox) -> None:
    found = crawl("me", tmp_path, sandbox=sandbox, settings={"SC_OAUTH_TOKEN": sandbox.oauth_token})

    assert found.kinds == {"user": 1, "crawl": 1}


NOTHING: list[tuple[str, dict[str, Any]]] = [
    *(("search", {"q": "qqqqqq", "type": type}) for type in TYPES),
    ("tag", {"tag": "no such tag"}),
    ("track_comments", {"track": None}),
    ("resource", {"path": "/recent-tracks/no%20such%20tag"}),
]


@pytest.mark.parametrize(("spider", "arguments"), NOTHING, ids=str)
def test_nothing_to_be_found_is_found_completely(
    tmp_path: Path, sandbox: Sandbox, spider: str, arguments: dict[str, Any]
) -> None:
    if spider == "track_comments":
        world = sandbox.world
        tracks = (world.track_ids.id(at) for at in range(world.links.tracks))
        arguments = {"track": next(id for id in tracks if not world.comments(id))}

    found = crawl(spider, tmp_path, sandbox=sandbox, **arguments)

    (listing,) = found.records("listing")
    assert (listing["complete"], listing["fetched"], listing["rejected"], found.code) == (True, 0, 0, 0)
    assert {kind: count for kind, count in found.kinds.items() if kind != "track"} == {"listing": 1, "crawl": 1}


GONE: list[tuple[str, dict[str, Any]]] = [
    *(("search", {"q": "a", "type": type}) for type in TYPES),
    ("discover", {}),
    ("featured", {}),
    ("tag", {"tag": "techno"}),
    ("resource", {"path": "/no/such/path"}),
]


@pytest.fixture(scope="module")
def gone() -> Iterator[Sandbox]:
    paths = ("/search*", "/mixed-selections", "/featured_tracks/*", "/recent-tracks/*")
    with Sandbox(users=10, seed=6, faults=",".join(f"404@{path}#1+" for path in paths)) as sandbox:
        yield sandbox


@pytest.mark.parametrize(("spider", "arguments"), GONE, ids=str)
def test_what_is_gone_is_told(tmp_path: Path, gone: Sandbox, spider: str, arguments: dict[str, Any]) -> None:
    found = crawl(spider, tmp_path, sandbox=gone, **arguments)

    (listing,) = found.records("listing")
    assert (listing["ended"], listing["complete"], listing["fetched"]) == ("not_found", False, 0)
    assert found.code == (1 if spider == "resource" else 0)  # the path counts like a seed
