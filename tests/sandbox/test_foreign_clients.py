"""Other people's clients work with the sandbox as with SoundCloud."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox

soundcloud = pytest.importorskip("soundcloud", reason="soundcloud-v2 is not installed")


@pytest.fixture
def library(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of soundcloud-v2 for the sandbox."""
    from soundcloud.requests import GraphQLRequest, Request

    monkeypatch.setattr(Request, "base", sandbox.url)
    monkeypatch.setattr(GraphQLRequest, "base", sandbox.urls["SC_GRAPHQL_URL"])
    return soundcloud.SoundCloud(client_id=sandbox.client_id)


def test_soundcloud_v2_walks_a_user(library: Any, sandbox: Sandbox) -> None:
    user = library.resolve("https://soundcloud.com/forss")

    assert user.id == 183
    world = sandbox.world
    assert [row.id for row in library.get_user_followers(183)] == world.followers(183)
    assert [row.id for row in library.get_user_following(183, limit=200)] == world.followings(183)
    assert [row.id for row in library.get_user_tracks(183)] == world.tracks(183)
    likes = [row.track.urn if hasattr(row, "track") else None for row in library.get_user_likes(183)]
    assert likes == [urn if ":tracks:" in urn else None for urn, _ in world.likes(183)]
    assert len(list(library.get_user_reposts(183))) == len(world.reposts(183))
    assert len(list(library.get_user_stream(183))) == len(world.stream(183))


def test_soundcloud_v2_reads_tracks_and_playlists(library: Any, sandbox: Sandbox) -> None:
    assert library.resolve("https://soundcloud.com/forss/flickermood").title == "Flickermood"
    assert library.resolve("https://soundcloud.com/forss/sets/soulhack").track_count == 12
    assert library.resolve("https://soundcloud.com/nobody/at-all") is None
    assert [track.id for track in library.get_playlist(1).tracks] == sandbox.world.playlist_tracks(1)
    assert len(library.get_tracks(sandbox.world.tracks(183))) == 37


def test_soundcloud_v2_searches_and_reads_comments(library: Any, sandbox: Sandbox) -> None:
    world = sandbox.world
    # Some searches never end, and this library never stops: read only as many rows as there are.
    for q in ("slow", "signal"):
        truth = world.search("tracks", q)
        assert [row.urn for row in islice(library.search_tracks(q, limit=50), len(truth))] == truth
    assert [row.id for row in library.get_track_comments(293)] == world.comments(293, replies=False)
    assert [row.id for row in library.get_track_likers(293)] == world.likers("soundcloud:tracks:293")
    assert len(library.get_user_links("soundcloud:users:183")) == len(world.web_profiles(183))


def test_soundcloud_v2_reads_what_a_token_opens(library: Any, sandbox: Sandbox) -> None:
    library.auth_token = sandbox.oauth_token

    assert library.is_auth_token_valid()
    assert library.get_me().id == 183
    assert len(list(library.get_my_history())) == len(sandbox.world.history())
    assert len(list(library.get_my_stream(limit=200))) == len(sandbox.world.home_stream())
    assert len(list(library.get_conversations(183))) == len(sandbox.world.conversations())
    assert len(list(library.get_user_emails(183))) == 2
    rows = list(library.get_track_comments_with_interactions(293))[:20]
    assert [row.likes for row in rows] == [sandbox.world.reactions(row.comment.id)[0] for row in rows]
