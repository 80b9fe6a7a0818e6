"""Playlists that wait for tracks: only tracks from acknowledged pages count as received."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator

import pytest

from sc_spiders.sandbox import Sandbox
from tests.spiders.test_playlist_tracks import check, long_playlists, seeds
from tests.support.crawl import Crawl, Crawls
from tests.support.points import KillAt

from .batches import Backwards, Holds, is_batch, is_whole_playlist

OPTIONS = ("-o", "out.jsonl", "-s", "JOBDIR=job")


@pytest.fixture(scope="module")
def world() -> Iterator[Sandbox]:
    """A sandbox whose two longest playlists have two deleted tracks each. Three of their batches are read together."""
    with Sandbox(users=60, seed=3) as sandbox:
        yield sandbox


BETWEEN_BATCHES = KillAt("commit.after", where=is_batch)
BEFORE_ITS_END = KillAt("commit.before", where=is_whole_playlist)


def run(
    crawls: Crawls, world: Sandbox, pipeline: str = "", inside: KillAt | Holds | None = None, *, warned: bool = False
) -> Crawl:
    more = ["-s", f'ITEM_PIPELINES={{"tests.resume.batches.{pipeline}": 1}}'] if pipeline else []
    names = seeds(long_playlists(world, 2))
    return crawls.run(
        "playlist", *OPTIONS, *more, sandbox=world, inside=inside, broken=bool(pipeline), warned=warned, playlist=names
    )


def db(crawls: Crawls) -> sqlite3.Connection:
    return sqlite3.connect(crawls.folder / "job" / "frontier.sqlite", isolation_level=None)


@pytest.mark.parametrize("holds", [Holds, Backwards])
@pytest.mark.parametrize("dies", [BETWEEN_BATCHES, BEFORE_ITS_END], ids=["between batches", "before its end"])
def test_killed_between_pages_that_were_read_together(
    crawls: Crawls, world: Sandbox, holds: type[Holds], dies: KillAt
) -> None:
    assert run(crawls, world, inside=holds(dies)).code == -signal.SIGKILL
    last = run(crawls, world)

    assert last.code == 0, last.log
    assert "Traceback" not in last.log
    check(world, last, long_playlists(world, 2))


@pytest.mark.parametrize("holds", [Holds, Backwards])
def test_the_order_of_acknowledging_is_all_the_same(crawls: Crawls, world: Sandbox, holds: type[Holds]) -> None:
    crawl = run(crawls, world, inside=holds())
    assert crawl.code == 0
    check(world, crawl, long_playlists(world, 2))


def test_tracks_of_a_page_on_which_a_pipeline_fails_are_missing_in_the_playlists(
    crawls: Crawls, world: Sandbox
) -> None:
    first = run(crawls, world, "FailsOnATrack")
    assert first.code == 1
    assert len(first.listings("track_batch")) == 1
    assert len(first.listings("playlist")) == 2
    got = first.urns("track")
    for listing in first.listings("playlist"):
        tracks = {edge["target"] for edge in first.edges("contains") if edge["source"] == listing["subject"]}
        assert set(listing["missing"]) == tracks - got
        assert listing["fetched"] == len(tracks & got)
    assert ("error", "track_batch: pipeline") in {(one["ended"], one["error"]) for one in first.listings("playlist")}

    again = run(crawls, world)
    assert again.code == 1
    assert "has ended already" in again.log


def test_the_end_of_a_playlist_goes_through_pipelines_too(crawls: Crawls, world: Sandbox) -> None:
    crawl = run(crawls, world, "FailsOnPlaylists")
    assert crawl.code == 1
    ends = [(one["ended"], one["error"]) for one in crawl.listings("playlist")]
    assert ends == [("error", "pipeline")] * 2


def test_a_job_that_wants_tracks_for_playlists_that_are_gone_goes_on(crawls: Crawls, world: Sandbox) -> None:
    """An earlier version left such jobs behind if it was killed."""
    assert run(crawls, world, inside=BETWEEN_BATCHES).code == -signal.SIGKILL
    with db(crawls) as connection:
        connection.execute(
            "INSERT INTO wanted (playlist, track, listing) SELECT DISTINCT 0, track, 999 FROM wanted LIMIT 3"
        )
        connection.execute("INSERT INTO wanted (playlist, track, listing) VALUES (0, 123456789, 998)")
    last = run(crawls, world, warned=True)

    assert last.code == 0, last.log
    assert "the listing records of playlists: those of 2 may be missing" in last.log
    assert "Traceback" not in last.log
    check(world, last, long_playlists(world, 2))
