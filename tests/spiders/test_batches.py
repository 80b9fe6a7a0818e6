"""Tracks requested by id from a server that accepts few ids, fails on some, or answers with other tracks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.api.unanswered import is_unanswered
from sc_spiders.pages.batches import batch_of
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.seen import Seen
from tests.support import answers
from tests.support.answers import http, stub, track
from tests.support.crawl import Crawl, Record, crawl
from tests.support.server import Server

Answer = Callable[[list[int], int], bytes]

COUNT = 60  # tracks of playlist 1; the first one comes in full


def playlist(number: int, tracks: list[int]) -> Record:
    """A playlist with its first track in full."""
    first, *others = tracks
    return answers.playlist(number, track_count=len(tracks), tracks=[track(first), *map(stub, others)])


def urns(*numbers: int) -> list[str]:
    return [f"soundcloud:tracks:{number}" for number in numbers]


class Run:
    """Crawls playlists 1 and 2; the second has one track more. `answer`: to the n-th request for these ids."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[list[int]] = []

    def __call__(self, answer: Answer, seeds: str = "1", count: int = COUNT, **settings: Any) -> Crawl:
        turns: Counter[str] = Counter()

        def script(path: str, turn: int) -> bytes | None:
            if path.startswith("/playlists/"):
                number = int(path.rpartition("/")[2])
                return http(200, playlist(number, list(range(1, count + number))))
            ids = [int(id) for id in path.partition("?ids=")[2].split(",")]
            self.asked.append(ids)
            turns[path] += 1
            return answer(ids, turns[path])

        with Server(script) as server:
            given = {**server.settings, "FAULTS_FIRST_WAIT": 0.002, "SC_ATTEMPTS": 2, **settings}
            return crawl("playlist", self.folder, settings=given, playlist=seeds, include="tracks")

    def requests(self, number: int) -> int:
        return sum(number in ids for ids in self.asked)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def good(ids: list[int], turn: int = 1) -> bytes:
    return http(200, [track(id) for id in reversed(ids)])


def missing(found: Crawl, number: int = 1) -> list[str]:
    (listing,) = (one for one in found.listings("playlist") if one["subject"] == f"soundcloud:playlists:{number}")
    return sorted(listing["missing"])


# -- checked by name


def test_a_batch_about_other_tracks_brings_none_and_says_nothing_of_those_asked_for(run: Run) -> None:
    found = run(lambda ids, _: good([90, 91]), seeds="1,2", count=3)

    assert found.urns("track") == set(urns(1))
    assert missing(found) == urns(2, 3)
    assert missing(found, 2) == urns(2, 3, 4)
    assert {(one["ended"], one["error"]) for one in found.listings("playlist")} == {("error", "track_batch: strangers")}
    assert {one["object"]["id"] for one in found.records("rejected")} == {90, 91}
    assert {reason["message"] for one in found.records("rejected") for reason in one["reasons"]} == {
        "was not asked for"
    }
    assert found.code == 1


def test_a_batch_about_other_tracks_is_asked_for_again(run: Run) -> None:
    found = run(lambda ids, turn: good([90, 91]) if turn == 1 else good(ids), count=3)

    assert found.urns("track") == set(urns(1, 2, 3))
    assert found.listing("playlist")["complete"]
    assert (found.code, found.records("rejected")) == (0, [])


def test_what_comes_with_strangers_is_kept_and_the_rest_asked_for_again(run: Run) -> None:
    found = run(lambda ids, _: good([ids[0], 90]), count=5)

    assert found.urns("track") == set(urns(*range(1, 6)))
    assert found.listing("playlist")["complete"]
    assert run.asked == [[2, 3, 4, 5], [3, 4, 5], [4, 5], [5]]
    assert {one["object"]["id"] for one in found.records("rejected")} == {90}
    assert found.code == 0


def test_two_answers_without_any_track_say_that_all_are_gone_whatever_comes_between(run: Run) -> None:
    turns = iter([http(200, []), http(500), http(200, [])])
    found = run(lambda ids, turn: next(turns), count=2, SC_ATTEMPTS=3)

    listing = found.listing("playlist")
    assert (listing["ended"], listing["error"], listing["missing"]) == ("end", None, urns(2))


def test_what_a_good_answer_leaves_out_is_gone_for_every_playlist(run: Run) -> None:
    found = run(lambda ids, _: good([id for id in ids if id != 3]), seeds="1,2", count=5, CONCURRENT_REQUESTS=1)

    assert missing(found) == missing(found, 2) == urns(3)
    assert {(one["ended"], one["error"]) for one in found.listings("playlist")} == {("end", None)}
    assert (run.requests(3), found.code) == (1, 0)


# -- halved


ANSWERS = [
    (http(500, {}), "http_500"),
    (http(400, {}), "http_400"),
    (http(404, {}), "not_found"),
    (http(200, "<html>", "text/html"), "html"),
    (http(403, {"code": 403, "message": "not yours"}), "forbidden: not yours"),
    (http(403, {}), "forbidden"),
    (http(410, {}), "not_found"),
]
SEVERAL = {2, 3, 31, 59}  # with each answer; others with an answer of each way to go on


@pytest.mark.parametrize(
    ("broken", "answer", "error"),
    [
        *((SEVERAL, *answer) for answer in ANSWERS),
        *((broken, *ANSWERS[0]) for broken in ({30}, {2, 60}, set(range(2, 52)))),
    ],
    ids=lambda value: value if isinstance(value, str) else len(value) if isinstance(value, set) else "",
)
def test_only_what_is_broken_is_missing(run: Run, broken: set[int], answer: bytes, error: str) -> None:
    found = run(lambda ids, _: answer if broken & set(ids) else good(ids))

    assert missing(found) == sorted(urns(*broken))
    assert found.urns("track") == set(urns(*(set(range(1, COUNT + 1)) - broken)))
    listing = found.listing("playlist")
    assert (listing["ended"], listing["error"], listing["complete"]) == ("error", f"track_batch: {error}", False)
    assert listing["fetched"] == COUNT - len(broken)
    assert len(found.listings("track_batch")) == len(broken)  # batches that were divided have no records
    assert found.code == 1


@pytest.mark.parametrize("answer", [b"", good([30])[:-20]], ids=["closed", "cut"])
def test_a_track_whose_batch_gets_no_whole_answer_costs_no_other(run: Run, answer: bytes) -> None:
    found = run(lambda ids, _: answer if 30 in ids else good(ids))

    assert found.urns("track") == set(urns(*(set(range(1, COUNT + 1)) - {30})))
    assert not found.listing("playlist")["complete"]


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_track_alone_that_is_refused_is_asked_for_once(run: Run, status: int) -> None:
    run(lambda ids, _: http(status, {}) if 3 in ids else good(ids), count=5)

    assert run.asked.count([3]) == 1


@pytest.mark.parametrize("ended", ["forbidden", "not_found", "credentials"])
def test_a_refusal_in_the_words_of_a_fault_is_an_answer(ended: str) -> None:
    for words in ("timeout", "The upstream said: timeout", "track_batch: timeout"):
        batch = batch_of([3], [3], 0).end(ended, words)
        stubs, first = Hydration(Seen()), Listing("playlist", "soundcloud:playlists:1", "/", id=1, pages=1)
        stubs.want(first, [3])
        stubs.acknowledge(first, later=False)
        batch.extra |= {"came": [], "refused": []}
        stubs.acknowledge(batch, later=False)

        assert first.error == f"track_batch: {ended}: {words}"
        assert not is_unanswered(first.error)


def test_batches_are_not_divided_for_ever_where_none_comes(run: Run) -> None:
    found = run(lambda ids, _: http(400, {}), count=1000, CONCURRENT_REQUESTS=1)

    assert len(missing(found)) == 999
    # One batch is requested id by id; every other batch costs one test with a known id.
    assert len(run.asked) <= 2 * 50 + 2 * 1000 / 50


@pytest.mark.parametrize("one_in_full", [True, False])
def test_a_good_track_among_many_dead_ones_is_never_lost(run: Run, one_in_full: bool) -> None:
    alive = {1, 60, 99, 110} if one_in_full else {1, 110}
    count = 110
    found = run(
        lambda ids, _: good(ids) if alive.issuperset(ids) else http(400, {}),
        count=count,
        CONCURRENT_REQUESTS=1,
    )

    assert found.urns("track") == set(urns(*alive))
    assert missing(found) == sorted(urns(*(set(range(1, count + 1)) - alive)))
    assert len(found.records("track")) == len(alive)
    assert len(run.asked) < 2 * count + 2 * count / 50


def test_good_tracks_of_the_same_batches_are_found_once_the_server_is_well(run: Run) -> None:
    """The server answers none of 110 requests. Later, each batch has one track that it fails on."""

    def answer(ids: list[int], turn: int) -> bytes:
        dead = len(run.asked) <= 110 or any(id % 50 == 7 for id in ids)
        return http(400, {}) if dead else good(ids)

    found = run(answer, count=600, CONCURRENT_REQUESTS=1)

    late = {id for id in range(400, 601) if id % 50 != 7}
    assert set(urns(*late)) <= found.urns("track")


@pytest.mark.parametrize(
    ("ended", "error", "gone"),
    [
        ("end", None, True),
        ("error", "http_403", False),
        ("error", "http_500", False),
        ("error", "strangers", False),
    ],
)
def test_only_what_an_answer_says_is_gone_is_gone_for_the_next_playlist(
    ended: str, error: str | None, gone: bool
) -> None:
    stubs = Hydration(Seen())
    first, second = (Listing("playlist", f"soundcloud:playlists:{n}", "/", id=n, pages=1) for n in (1, 2))
    stubs.want(first, [3])
    stubs.acknowledge(first, later=True)
    (batch,) = stubs.batches(all_of_it=True)
    batch.extra |= {"came": [], "refused": [], "again": True}
    assert not stubs.divide(batch.end(ended, error))
    assert stubs.acknowledge(batch, later=False).over == [first]
    assert first.missing == urns(3)

    assert stubs.want(second, [3]) is not gone
    assert second.missing == (urns(3) if gone else [])


@pytest.mark.parametrize("error", ["timeout", "connection", "no_route"])
def test_a_track_about_which_no_answer_came_is_asked_for_by_the_next_run(error: str) -> None:
    stubs = Hydration(Seen())
    first, second = (Listing("playlist", f"soundcloud:playlists:{n}", "/", id=n, pages=1) for n in (1, 2))
    stubs.want(first, [3])
    stubs.acknowledge(first, later=True)
    (batch,) = stubs.batches(all_of_it=True)
    batch.extra |= {"came": [], "refused": []}
    assert not stubs.divide(batch.end("error", error))

    assert stubs.acknowledge(batch, later=True).over == []
    assert stubs.short == {1: ("error", f"track_batch: {error}")}
    assert first.missing == []
    assert stubs.want(second, [3])


# -- fewer ids


@pytest.mark.parametrize(("limit", "status"), [(30, 400), (30, 414), (25, 413), (10, 400), (1, 400)])
def test_a_server_that_takes_fewer_ids_is_learned(run: Run, limit: int, status: int) -> None:
    found = run(lambda ids, _: http(status, {}) if len(ids) > limit else good(ids), count=160, CONCURRENT_REQUESTS=1)

    assert found.urns("track") == set(urns(*range(1, 161)))
    assert found.listing("playlist")["complete"]
    refused = [ids for ids in run.asked if len(ids) > limit]
    assert len(refused) <= 2 * (50 // limit)
    assert len(run.asked) - len(refused) <= 2 * 160 / limit
    assert (found.code, found.listings("track_batch")) == (0, [])
