"""What a back-up of an account needs: reposts, the order of likes, liked stations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sc_spiders.api import APIS
from sc_spiders.sandbox import Sandbox
from tests.support.answers import playlist, track, user
from tests.support.crawl import Crawl, crawl

from .test_short import lists
from .truth import USER
from .truth import playlist as playlist_urn
from .truth import track as track_urn
from .truth import user as user_urn

ME = user_urn(USER)


def found_in(folder: Path, sandbox: Sandbox, api: str, spider: str = "me", /, **arguments: Any) -> Crawl:
    settings = {"SC_API": api, "SC_OAUTH_TOKEN": sandbox.oauth_token, "SC_PAGE_SIZE": "10"}
    return crawl(spider, folder, sandbox=sandbox, settings=settings, **arguments)


def in_order(edges: list[dict[str, Any]], of: str) -> list[str]:
    """The targets of that sort, by position; the positions count from 0."""
    placed = sorted((edge["position"], edge["target"]) for edge in edges if edge["target"].split(":")[1] == of)
    assert [position for position, _ in placed] == list(range(len(placed)))
    return [target for _, target in placed]


@pytest.mark.parametrize("spider", ["me", "user"])
def test_likes_of_the_public_api_keep_their_order(tmp_path: Path, sandbox: Sandbox, spider: str) -> None:
    subject = {"user": USER} if spider == "user" else {}
    found = found_in(tmp_path, sandbox, "public", spider, include="likes", **subject)

    liked = [urn for urn, _ in sandbox.world.likes(USER)]
    edges = found.edges("likes")
    assert {edge["created_at"] for edge in edges} == {None}
    assert in_order(edges, "tracks") == [urn for urn in liked if ":tracks:" in urn]
    assert in_order(edges, "playlists") == [urn for urn in liked if ":playlists:" in urn]
    stations = in_order(edges, "system-playlists")
    assert stations == list(sandbox.world.liked_stations(USER))
    assert stations
    assert set(stations) <= found.urns("playlist")


def test_likes_of_v2_have_a_date_instead(tmp_path: Path, sandbox: Sandbox) -> None:
    edges = found_in(tmp_path, sandbox, "v2", include="likes").edges("likes")

    assert edges
    assert all(edge["created_at"] and edge["position"] is None for edge in edges)


@pytest.mark.parametrize("api", APIS)
def test_likers_keep_their_order(tmp_path: Path, sandbox: Sandbox, api: str) -> None:
    edges = found_in(tmp_path, sandbox, api, "track", track=293, include="likers").edges("likes")

    likers = [edge["source"] for edge in sorted(edges, key=lambda edge: edge["position"])]
    assert likers == [user_urn(id) for id in sandbox.world.likers(track_urn(293))]
    assert [edge["position"] for edge in edges] == list(range(len(edges)))


def test_followers_and_reposts_have_no_position(tmp_path: Path, sandbox: Sandbox) -> None:
    edges = found_in(tmp_path, sandbox, "public", include="followers,reposts").records("edge")

    assert {edge["relation"] for edge in edges} == {"follows", "reposts"}
    assert {edge["position"] for edge in edges} == {None}


def test_an_object_that_comes_on_two_pages_keeps_its_first_place(tmp_path: Path) -> None:
    """The public API gives a like twice where one was added between two pages."""
    answers = {"/me": user(1), "/me/likes/tracks": [track(number) for number in (5, 6, 5, 7)]}
    answers |= {"/me/likes/playlists": [], "/me/likes/system-playlists": []}
    found = lists(answers, tmp_path, "me", {"SC_API": "public", "SC_OAUTH_TOKEN": "2-1-1-abcdef"}, include="likes")

    assert [(edge["target"], edge["position"]) for edge in found.edges("likes")] == [
        (track_urn(5), 0),
        (track_urn(6), 1),
        (track_urn(7), 3),
    ]


@pytest.mark.parametrize("api", APIS)
def test_a_back_up_in_one_crawl(tmp_path: Path, sandbox: Sandbox, api: str) -> None:
    """Likes, reposts, followings and playlists with their tracks, each list once."""
    world = sandbox.world
    found = found_in(tmp_path, sandbox, api, include="profile,likes,reposts,followings,playlists")

    assert {edge["target"] for edge in found.edges("reposts")} == {urn for urn, _ in world.reposts(USER)}
    assert {edge["target"] for edge in found.edges("follows")} == {user_urn(id) for id in world.followings(USER)}
    sets = {playlist_urn(id): world.playlist_tracks(id) for id in (*world.albums(USER), *world.playlists(USER))}
    assert {edge["source"] for edge in found.edges("contains")} == sets.keys()
    for urn, ids in sets.items():
        placed = {edge["position"]: edge["target"] for edge in found.edges("contains") if edge["source"] == urn}
        shown = [id for id in ids if api == "v2" or world.has_track(id)]
        assert placed == {at: track_urn(id) for at, id in enumerate(shown)}
    walked = [(row["endpoint"], row["subject"]) for row in found.records("listing")]
    assert len(walked) == len(set(walked))
    assert found.code == 0


def test_private_playlists_of_the_user_come_with_their_tracks(tmp_path: Path) -> None:
    whole = playlist(5, sharing="private", track_count=1)
    answers = {
        "/me": user(1),
        "/users/1/albums": [],
        "/users/1/playlists_without_albums": [whole],
        "/playlists/5": {**whole, "tracks": [track(7)]},
    }
    found = lists(answers, tmp_path, "me", {"SC_OAUTH_TOKEN": "2-1-1-abcdef"}, include="playlists")

    assert found.triples == {
        ("posts", user_urn(1), playlist_urn(5)),
        ("contains", playlist_urn(5), track_urn(7)),
    }
    assert found.listing("playlist")["complete"]
