"""A playlist has only the ids of some tracks: all of them are fetched, each once, in spite of faults."""

from __future__ import annotations

import time
from pathlib import Path

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, Crawls, crawl

from .truth import playlist, track


def long_playlists(sandbox: Sandbox, count: int) -> list[int]:
    """Playlists with stubs, those with the most tracks first."""
    world = sandbox.world
    ids = sorted(world.playlist_ids.id(at) for at in range(world.links.playlists))
    return sorted(ids, key=lambda id: -len(world.playlist_tracks(id)))[:count]


def seeds(ids: list[int]) -> str:
    return ",".join(map(str, ids))


def check(sandbox: Sandbox, found: Crawl, ids: list[int]) -> None:
    """Assert that all tracks of these playlists are there in order, and that deleted ones are listed."""
    world = sandbox.world
    exist = {id for at in ids for id in world.playlist_tracks(at) if world.has_track(id)}
    assert sorted(row["id"] for row in found.records("track")) == sorted(exist)
    for at in ids:
        tracks = world.playlist_tracks(at)
        edges = {edge["target"]: edge["position"] for edge in found.edges("contains") if edge["source"] == playlist(at)}
        assert edges == {track(id): tracks.index(id) for id in tracks}
        (listing,) = (one for one in found.listings("playlist") if one["subject"] == playlist(at))
        gone = [track(id) for id in dict.fromkeys(tracks) if not world.has_track(id)]
        assert sorted(listing["missing"]) == sorted(gone)
        assert listing["announced"] == len(tracks)
        assert listing["fetched"] == len(set(tracks)) - len(gone)
        assert listing["complete"] is (not gone)
        assert listing["ended"] == "end"


def test_batches_go_across_playlists_and_ask_nothing_twice(tmp_path: Path) -> None:
    with Sandbox(users=300, seed=8) as sandbox:
        ids = long_playlists(sandbox, 30)
        found = crawl("playlist", tmp_path, sandbox=sandbox, playlist=seeds(ids))
        check(sandbox, found, ids)
        batches = sandbox.stats.requests["/tracks"]
        assert not sandbox.stats.as_json(sandbox._clients)["repeated"]

    stubs = {id for at in ids for id in sandbox.world.playlist_tracks(at)[5:]}
    assert batches <= len(stubs) / 50 + 1
    assert found.code == 0


def test_a_playlist_is_one_by_whatever_name(tmp_path: Path, sandbox: Sandbox) -> None:
    names = "1,soundcloud:playlists:1,forss/sets/soulhack,https://soundcloud.com/forss/sets/soulhack"
    found = crawl("playlist", tmp_path, sandbox=sandbox, playlist=names, include="profile,tracks,likers")

    check(sandbox, found, [1])
    assert len(found.listings("playlist_likers")) == 1


def test_a_system_playlist(tmp_path: Path, sandbox: Sandbox) -> None:
    urn = "soundcloud:system-playlists:trending-by-genre:techno"
    found = crawl("playlist", tmp_path, sandbox=sandbox, playlist=urn)

    assert found.urns("playlist") == {urn}
    assert found.urns("track") == {track(id) for id, _ in sandbox.world.chart("trending", "techno")}
    assert found.listing("system_playlist")["complete"]


def test_a_private_playlist_opens_with_its_share_token(tmp_path: Path, sandbox: Sandbox) -> None:
    urn = "soundcloud:playlists:9002"
    settings = {"SC_SECRET_TOKENS": f"{urn}={sandbox.world.secrets[urn]}"}
    found = crawl("playlist", tmp_path, sandbox=sandbox, settings=settings, playlist=urn)

    assert found.urns("track") == {"soundcloud:tracks:9001"}
    assert found.listing("playlist")["complete"]
    assert sandbox.world.secrets[urn] not in (tmp_path / "out.jsonl").read_text()


def test_a_batch_that_fails_is_told_in_the_playlists_that_wait(tmp_path: Path) -> None:
    with Sandbox(users=120, seed=8, faults="500@/tracks#1+") as sandbox:
        at = long_playlists(sandbox, 12)[-1]  # two batches: each is divided down to its tracks
        found = crawl("playlist", tmp_path, sandbox=sandbox, settings={"SC_ATTEMPTS": "1"}, playlist=at)
        tracks = sandbox.world.playlist_tracks(at)

    listing = found.listing("playlist")
    assert (listing["ended"], listing["error"], found.code) == ("error", "track_batch: http_500", 1)
    got = found.urns("track")
    assert set(listing["missing"]) == {track(id) for id in tracks} - got
    assert listing["fetched"] == len(got) > 0


def test_a_batch_that_is_blocked_is_tried_again_by_the_next_run(tmp_path: Path) -> None:
    settings = {"JOBDIR": str(tmp_path / "job"), "SC_ATTEMPTS": "3"}
    with Sandbox(users=120, seed=8, faults="403html@/tracks#1-3") as sandbox:
        ids = long_playlists(sandbox, 12)[-3:]
        first = crawl("playlist", tmp_path, sandbox=sandbox, settings=settings, playlist=seeds(ids))
        second = crawl("playlist", tmp_path, sandbox=sandbox, settings=settings, playlist=seeds(ids))
        check(sandbox, second, ids)

    assert first.code == 1
    ends = {(listing["ended"], listing["error"]) for listing in first.listings("playlist")}
    assert ends == {("blocked", "track_batch: http_403")}
    assert {listing["ended"] for listing in first.listings("track_batch")} == {"blocked"}
    assert second.code == 0
    assert not second.listings("track_batch")


def test_killed_again_and_again_it_brings_the_same(crawls: Crawls) -> None:
    with Sandbox(users=300, seed=8, latency=15) as sandbox:
        ids = long_playlists(sandbox, 25)
        options = ("-o", "out.jsonl", "-s", "JOBDIR=job", "-s", "CONCURRENT_REQUESTS=3")
        for more in (10, 12):
            until = sandbox.stats.requests.total() + more
            process = crawls.start("playlist", *options, sandbox=sandbox, playlist=seeds(ids))
            while sandbox.stats.requests.total() < until and process.code is None:
                time.sleep(0.005)
            process.kill()
        done = crawls.run("playlist", *options, sandbox=sandbox, playlist=seeds(ids))

        assert done.code == 0
        check(sandbox, done, ids)
