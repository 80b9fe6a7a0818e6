"""The v2 API over HTTP: everything except users and their relations."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sc_spiders.sandbox import Sandbox, World
from tests.support.patience import PATIENCE

from .client import Client

GENRE = "soundcloud:genres:"


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def urns(rows: list[dict[str, Any]]) -> list[str]:
    return [row.get("urn") or f"soundcloud:playlists:{row['id']}" for row in rows]


@pytest.fixture
def world(client: Client) -> World:
    return client.sandbox.world


# -- searches ---------------------------------------------------------------------------------


@pytest.mark.parametrize("type", ["", "tracks", "users", "albums", "playlists", "playlists_without_albums"])
@pytest.mark.parametrize("q", ["signal", "slow tape", "a"])
def test_a_search_gives_all_that_its_truth_has(client: Client, world: World, type: str, q: str) -> None:
    truth = world.search(type, q)
    found, url, params = [], f"/search/{type}".rstrip("/"), {"q": q, "limit": 200}
    for _ in range(5):
        page = client.json(url, **params)
        found += page["collection"]
        assert page["total_results"] == len(truth)
        if not page["collection"] or "next_href" not in page:
            break
        url, params = page["next_href"], {}
    assert urns(found) == truth[:500]
    assert all("comments_count" in row["user"] for row in found if row["kind"] != "user")


def test_some_searches_go_on_after_their_end_and_others_have_no_next_href(client: Client) -> None:
    ends = [
        client.json("/search/tracks", q=q, limit=10, offset=400) for q in ("slow", "tape", "ember", "golden", "relay")
    ]

    assert all(page["collection"] == [] for page in ends)
    assert {"next_href" in page for page in ends} == {True, False}


@pytest.mark.parametrize(
    ("filter", "value"),
    [("genre_or_tag", "house"), ("duration", "epic"), ("created_at", "last_year"), ("license", "to_share")],
)
def test_a_filter_keeps_a_part(client: Client, world: World, filter: str, value: str) -> None:
    some = client.json("/search/tracks", q="a", limit=200, **{f"filter.{filter}": value})
    every = world.search("tracks", "a")

    assert 0 < some["total_results"] < len(every)
    assert set(urns(some["collection"])) <= set(every)
    assert f"filter.{filter}={value}" in some.get("next_href", f"filter.{filter}={value}")
    assert client.get("/search/tracks?filter.duration=eternal", q="a").status_code == 400


def test_users_are_found_by_place(client: Client) -> None:
    rows = client.json("/search/users", q="a", limit=200, **{"filter.place": "berlin"})["collection"]

    assert rows
    assert {row["city"] for row in rows} == {"Berlin"}


def test_suggestions(client: Client, world: World) -> None:
    rows = client.json("/search/queries", q="sig", limit=10)["collection"]

    assert [row["output"] for row in rows] == [row["query"] for row in rows] == world.suggestions("sig")


# -- comments ---------------------------------------------------------------------------------


def test_comments_come_whole_where_replies_are_not_filtered_on_any_page(client: Client, world: World) -> None:
    url, found = "/tracks/293/comments?limit=50&threaded=0&filter_replies=0", []
    while url:
        page = client.json(url)
        found += page["collection"]
        assert len(page["collection"]) in (50, 30)
        url = page["next_href"]
        if url:
            assert f"client_id={client.sandbox.client_id}" in url
            assert "filter_replies" not in url
            url += "&filter_replies=0"
    assert ids(found) == world.comments(293)
    assert {row["track_id"] for row in found} == {293}
    assert None in {row["timestamp"] for row in found}


def test_filtered_comments_leave_gaps_in_their_pages(client: Client, world: World) -> None:
    pages = client.pages("/tracks/293/comments", filter_replies=1, limit=10)

    assert {len(page) for page in pages} != {10}
    assert ids([row for page in pages for row in page]) == world.comments(293, replies=False)


def test_comments_can_be_sorted(client: Client, world: World) -> None:
    def get(**params: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = client.json("/tracks/293/comments", filter_replies=0, limit=1000, **params)[
            "collection"
        ]
        return rows

    assert ids(get(sort="oldest")) == world.comments(293)[::-1]
    timestamps = [row["timestamp"] or 0 for row in get(sort="track-timestamp")]
    assert timestamps == sorted(timestamps)
    threaded = get(threaded=1)
    assert sorted(ids(threaded)) == sorted(world.comments(293))
    replies = [
        at for at, row in enumerate(threaded) if row["body"].startswith("@") and "@someone" not in row["body"] and at
    ]
    assert sum(threaded[at]["timestamp"] == threaded[at - 1]["timestamp"] for at in replies) == len(replies)


def test_a_users_comments(client: Client, world: World) -> None:
    for user in world.users[:10]:
        rows = client.rows(f"/users/{user}/comments", limit=20)
        assert ids(rows) == world.comments_by(user)
        assert all(row["user_id"] == user for row in rows)


def test_reactions(client: Client, world: World) -> None:
    comments = [f"soundcloud:comments:{id}" for id in world.comments(293)[:10]]
    body: Any = {
        "operationName": "UserInteractions",
        "query": "query UserInteractions {}",
        "variables": {
            "parentUrn": "soundcloud:tracks:293",
            "interactionTypeUrn": "sc:interactiontype:reaction",
            "targetUrns": comments,
            "createdByProfileUrn": "soundcloud:users:183",
        },
    }

    def post(token: str) -> requests.Response:
        return requests.post(
            client.sandbox.urls["SC_GRAPHQL_URL"],
            params={"client_id": client.sandbox.client_id},
            headers={"Authorization": f"OAuth {token}"},
            json=body,
            timeout=PATIENCE,
        )

    data = post(client.sandbox.oauth_token).json()["data"]
    assert [row["targetUrn"] for row in data["user"]] == comments == [row["targetUrn"] for row in data["creator"]]
    counts = [sum(count["count"] for count in row["interactionCounts"]) for row in data["user"]]
    assert counts == [world.reactions(id)[0] for id in world.comments(293)[:10]]
    assert post("wrong").status_code == 401


# -- of a track, playlist, user ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["likers", "reposters"])
@pytest.mark.parametrize("urn", ["soundcloud:tracks:293", "soundcloud:playlists:1"])
def test_likers_and_reposters(client: Client, world: World, name: str, urn: str) -> None:
    _, kind, id = urn.split(":")

    assert ids(client.rows(f"/{kind}/{id}/{name}", limit=5)) == getattr(world, name)(urn)


def test_related_tracks_are_one_page(client: Client, world: World) -> None:
    page = client.json("/tracks/293/related", limit=50)

    assert ids(page["collection"]) == world.related(293)
    assert f"client_id={client.sandbox.client_id}&offset=2&limit=50" in page["next_href"]
    assert "next_href" not in client.json("/tracks/293/related", limit=50, offset=50)


def test_what_contains_a_track(client: Client, world: World) -> None:
    in_sets = [track for user in world.users for track in world.tracks(user) if world.track_playlists(track)][:5]
    for track in [293, *in_sets]:
        assert ids(client.rows(f"/tracks/{track}/albums", limit=2)) == world.track_albums(track)
        rows = client.rows(f"/tracks/{track}/playlists_without_albums", limit=200, representation="mini")
        assert ids(rows) == world.track_playlists(track)
        assert all("tracks" not in row for row in rows)
    assert in_sets


def test_stations(client: Client, world: World) -> None:
    rows = client.rows("/stations/soundcloud:track-stations:293/tracks", limit=50)

    assert ids(rows) == world.station(293)
    assert rows[0]["id"] == 293
    assert client.json("/system-playlists/soundcloud:system-playlists:track-stations:293") == world.system_playlist(
        "soundcloud:system-playlists:track-stations:293"
    )


@pytest.mark.parametrize(
    ("path", "method"), [("relatedartists", "related_artists"), ("featured-profiles", "featured_profiles")]
)
def test_users_that_go_with_a_user(client: Client, world: World, path: str, method: str) -> None:
    for user in world.users[:6]:
        assert ids(client.rows(f"/users/{user}/{path}", limit=50)) == getattr(world, method)(user)


def test_spotlights(client: Client, world: World) -> None:
    rows = client.rows("/users/183/spotlight", limit=50)

    assert urns(rows) == world.spotlight(183)
    assert {row["kind"] for row in rows} == {"track", "playlist"}


def test_web_profiles_go_by_urn_alone(client: Client, world: World) -> None:
    lists = [client.json(f"/users/soundcloud:users:{user}/web-profiles") for user in world.users[:40]]

    assert lists == [world.web_profiles(user) for user in world.users[:40]]
    assert [] in lists
    assert client.get("/users/183/web-profiles").status_code == 400


# -- charts, shelves, tags --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "genre", "region"), [("trending", "all-music", ""), ("top", "techno", "soundcloud:regions:DE")]
)
def test_charts_as_documented(client: Client, world: World, kind: str, genre: str, region: str) -> None:
    rows = client.rows("/charts", kind=kind, genre=GENRE + genre, limit=20, **({"region": region} if region else {}))

    assert [(row["track"]["id"], row["score"]) for row in rows] == world.chart(kind, genre, region)
    assert client.get("/charts", kind=kind, genre="soundcloud:genres:polka").status_code == 404


def test_charts_as_they_answer_today() -> None:
    with Sandbox(users=60, charts_today=True) as sandbox:
        client = Client(sandbox)
        assert client.rows("/charts", kind="trending", genre=f"{GENRE}all-music")
        query: Any
        for query in ({"kind": "top"}, {"genre": f"{GENRE}techno"}, {"region": "soundcloud:regions:DE"}):
            response = client.get("/charts", **{"kind": "trending", "genre": f"{GENRE}all-music"} | query)
            assert (response.status_code, response.json()) == (404, {})
        client.close()


def test_shelves(client: Client, world: World) -> None:
    shelves = client.rows("/mixed-selections", limit=4)

    assert shelves == world.selections()
    items = [item for shelf in shelves for item in shelf["items"]["collection"]]
    assert {item["kind"] for item in items} == {"playlist", "system-playlist"}
    assert all("tracks" not in item for item in items if item["kind"] == "playlist")
    for item in items:
        if item["kind"] == "system-playlist":
            assert client.json(f"/system-playlists/{item['urn']}")["tracks"]
    assert client.rows("/charts/selections", country="UK") == world.chart_selections("UK")
    assert client.get("/charts/selections", country="XX").status_code == 404


def test_featured_tracks_have_a_next_href_for_ever(client: Client, world: World) -> None:
    page = client.json("/featured_tracks/top/house", limit=10)
    found = ids(page["collection"])
    for _ in range(4):
        page = client.json(page["next_href"])
        found += ids(page["collection"])
    assert found == world.featured("house")
    assert page["next_href"]


def test_tracks_of_a_tag(client: Client, world: World) -> None:
    rows = client.rows("/recent-tracks/deep house", limit=50)

    assert ids(rows) == world.tagged("deep house")
    assert all('"deep house"' in row["tag_list"] for row in rows)


# -- private things ---------------------------------------------------------------------------


@pytest.fixture
def forss(client: Client) -> Client:
    """A client with the token of the user forss."""
    client.headers["Authorization"] = f"OAuth {client.sandbox.oauth_token}"
    return client


PRIVATE = (
    "/me", "/me/play-history/tracks", "/stream", "/users/183/conversations", "/users/183/conversations/unread",
    "/users/183/emails", "/users/183/followings/ids", "/tracks/293/download",
)  # fmt: skip


@pytest.mark.parametrize("path", PRIVATE)
def test_private_things_need_a_token(client: Client, path: str) -> None:
    assert client.get(path).status_code == 401
    client.headers["Authorization"] = "OAuth wrong"
    assert client.get(path).status_code == 401
    assert client.get("/users/183").status_code == 401


def test_private_things(forss: Client, world: World) -> None:
    assert forss.json("/me") == world.user(183)
    history = forss.rows("/me/play-history/tracks", limit=50)
    assert [(row["played_at"], row["track_id"]) for row in history] == world.history()
    assert len(forss.rows("/stream", limit=100)) == len(world.home_stream())
    assert forss.rows("/users/183/emails") == world.emails()
    following: list[Any] = forss.rows("/users/183/followings/ids", limit=5000)
    assert following == world.followings(183)
    talks = forss.rows("/users/183/conversations", limit=5)
    assert [talk["id"] for talk in talks] == [talk["id"] for talk in world.conversations()]
    assert {"id", "kind"} in [set(user) for talk in talks for user in talk["users"]]
    unread = forss.rows("/users/183/conversations/unread")
    assert unread == [talk for talk in talks if not talk["read"]]
    for talk, truth in zip(talks, world.conversations(), strict=True):
        assert forss.rows(f"/users/183/conversations/{talk['id']}/messages") == truth["messages"]
    other = world.followers(183)[0]
    assert forss.get(f"/users/{other}/emails").status_code == 403


def test_downloads(forss: Client, world: World) -> None:
    answers = {track: forss.get(f"/tracks/{track}/download") for track in world.tracks(183)}

    assert {response.status_code for response in answers.values()} == {200, 404}
    for track, response in answers.items():
        assert response.ok is world.track(track)["downloadable"]
        assert not response.ok or response.json()["redirectUri"].startswith("http")


def test_share_tokens_open_what_is_private(client: Client, world: World) -> None:
    track, playlist = (world.secrets[urn] for urn in ("soundcloud:tracks:9001", "soundcloud:playlists:9002"))

    assert client.get("/tracks/9001").status_code == 404
    assert client.get("/tracks/9001", secret_token="s-wrong").status_code == 404
    assert client.json("/tracks/9001", secret_token=track)["sharing"] == "private"
    assert ids(client.json("/playlists/9002", secret_token=playlist)["tracks"]) == [9001]
    assert client.json("/tracks", ids="9001") == []
    batch = {"ids": "9001", "playlistId": 9002}
    assert ids(client.json("/tracks", **batch, playlistSecretToken=playlist)) == [9001]
    page = world.private("soundcloud:tracks:9001")["permalink_url"]
    assert client.json("/resolve", url=page)["id"] == 9001
    assert client.get("/resolve", url=page[:-3]).status_code == 404


def test_oembed_needs_no_credential(client: Client) -> None:
    response = client.get("/oembed", signed=False, format="json", url="https://soundcloud.com/forss/flickermood")

    assert response.json()["title"] == "Flickermood by Forss"
    assert client.get("/oembed", signed=False, url="https://soundcloud.com/nobody-7").status_code == 404


def test_the_truth_of_all_this_is_told_over_http(client: Client, world: World) -> None:
    assert client.json("/-/truth/search/tracks", q="slow", duration="long") == world.search(
        "tracks", "slow", duration="long"
    )
    assert client.json("/-/truth/charts/top/techno") == [list(row) for row in world.chart("top", "techno")]
    assert client.json("/-/truth/selections") == world.selections()
    assert client.json("/-/truth/comments/293") == world.comments(293)
    assert client.json("/-/truth/tagged/mix") == world.tagged("mix")
    assert client.get("/-/truth/nothing").status_code == 404
