"""If a crawl ends before its lists, their listing records agree with the output."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.answers import comment, http, playlist, stub, track, user
from tests.support.crawl import Crawl, Crawls
from tests.support.server import Server

TOKEN = {"SC_OAUTH_TOKEN": "2-111111-22222-abcdefgh"}
REACTIONS: dict[str, Any] = {"interactionCounts": [], "userInteraction": None}


def kept(crawl: Crawl, kind: str, endpoint: str) -> tuple[list[int], dict[str, Any]]:
    """The ids of a kind, and the single listing record of their list."""
    (listing,) = [one for one in crawl.records("listing") if one["endpoint"] == endpoint]
    return sorted(row["id"] for row in crawl.records(kind)), listing


@pytest.mark.parametrize(
    ("refusal", "code", "ended"),
    [(http(401), 4, "credentials"), (http(429, Retry_After="7200"), 3, "interrupted")],
    ids=["401", "429"],
)
@pytest.mark.parametrize("options", [("-s", "JOBDIR=job"), ("-s", "SC_RAW=1", "-s", "JOBDIR=job"), ()])
def test_comments_do_not_wait_for_reactions_beyond_the_end(
    crawls: Crawls, refusal: bytes, code: int, ended: str, options: tuple[str, ...]
) -> None:
    refused = True

    def script(path: str, turn: int) -> bytes:
        if path == "/graphql":
            reactions = {"user": [REACTIONS] * 3, "creator": [REACTIONS] * 3}
            return refusal if refused else http(200, {"data": reactions})
        if path == "/tracks/1/comments":
            return http(200, {"collection": [comment(1), comment(2), comment(3)], "next_href": None})
        return http(200, track(1))

    def run() -> Crawl:
        settings = {**server.settings, **TOKEN, "SC_GRAPHQL_URL": f"{server.url}/graphql"}
        return crawls.run("track_comments", *options, settings=settings, track="1", reactions="1")

    with Server(script) as server:
        first = run()
        assert first.code == code
        ids, listing = kept(first, "comment", "track_comments")
        assert (ids, listing["fetched"], listing["complete"]) == ([1, 2, 3], 3, True)
        assert {row["likes_count"] for row in first.records("comment")} == {None}
        assert kept(first, "comment", "comment_reactions")[1]["ended"] == ended
        assert first.last["counts"]["comment"] == 3
        if options:
            refused = False
            last = run()
            assert last.code == 0
            assert kept(last, "comment", "track_comments")[0] == [1, 2, 3]
            assert {row["likes_count"] for row in last.records("comment")} == {0}
            assert last.last["counts"]["comment"] == 3


def test_a_playlist_that_is_closed_lacks_the_tracks_of_a_blocked_batch(crawls: Crawls) -> None:
    blocked = True
    whole = playlist(5, track_count=130, user=user(1), tracks=[*map(stub, range(1, 131))])

    class Batches(Server):
        def usual(self, path: str) -> bytes:
            if path.startswith("/playlists/"):
                return http(200, whole)
            ids = [int(one) for one in path.partition("?ids=")[2].split(",")]
            return http(403, "<html>", "text/html") if blocked and 60 in ids else http(200, [*map(track, ids)])

    def run() -> Crawl:
        options = ("-s", "JOBDIR=job", "-s", "FAULTS_FIRST_WAIT=0.01")
        return crawls.run("playlist", *options, settings=server.settings, playlist="5")

    with Batches() as server:
        first = run()
        ids, listing = kept(first, "track", "playlist")
        assert 50 <= len(ids) == listing["fetched"] < 130
        assert listing["missing"] == [f"soundcloud:tracks:{at}" for at in range(1, 131) if at not in ids]
        assert not listing["complete"]
        blocked = False
        last = run()

    ids, listing = kept(last, "track", "playlist")
    assert (len(ids), listing["fetched"], listing["missing"], listing["complete"]) == (130, 130, [], True)
