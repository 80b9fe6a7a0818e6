"""Faults that concern the whole crawl: 429 for everything, blocks, waits that are too long."""

from __future__ import annotations

import re
import signal
import time
from collections import Counter

import pytest

from tests.support.answers import http, playlist, track, user
from tests.support.crawl import Crawls
from tests.support.patience import PATIENCE
from tests.support.server import Server

QUICK = ("-s", "FAULTS_FIRST_WAIT=0.3")
USERS = ",".join(map(str, range(1, 31)))


def test_429_holds_everything_back_and_then_one_request_tries_alone(crawls: Crawls) -> None:
    """A block lasts until two requests came alone. Before them, only requests in flight may come."""
    refused: list[int] = []  # requests in flight with each refused one

    def script(path: str, turn: int) -> bytes | None:
        if server.asked.total() < 40 or refused[-2:] == [1, 1]:
            return None
        refused.append(server.in_flight)
        return http(429, "Please slow down.")

    with Server(script, latency=0.1) as server:
        crawl = crawls.run(
            "user_graph",
            *("-s", "FAULTS_FIRST_WAIT=0.05"),
            *("-s", "CONCURRENT_REQUESTS=10", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=10"),
            settings=server.settings,
            user=USERS,
        )

    assert crawl.code == 0
    assert len(refused) < 60  # otherwise each waiting listing would send one
    assert len(crawl.records("listing")) == 60
    assert all(listing["complete"] for listing in crawl.records("listing"))


def test_a_block_stops_one_endpoint_and_the_next_run_tries_only_that(crawls: Crawls) -> None:
    blocked = True

    def script(path: str, turn: int) -> bytes | None:
        if blocked and "followings" in path:
            return http(403, {"url": "https://geo.captcha-delivery.com/"}, X_DataDome="protected")
        return None

    settings = ("-s", "JOBDIR=job", *QUICK, "-s", "CONCURRENT_REQUESTS=4")
    with Server(script) as server:
        first = crawls.run("user_graph", *settings, settings=server.settings, user=USERS)
        ends = Counter((one["endpoint"], one["ended"]) for one in first.records("listing"))
        asked = server.asked.copy()
        blocked = False
        server.asked.clear()
        second = crawls.run("user_graph", *settings, settings=server.settings, user=USERS)
        again = server.asked.copy()
        server.asked.clear()
        last = second.last
        third = crawls.run("user_graph", *settings, settings=server.settings, user=USERS)

    assert first.code == 1
    assert ends == {("followings", "blocked"): 30, ("followers", "end"): 30}
    assert sum(count for path, count in asked.items() if "followings" in path) <= 2 + 4  # three, and the rest in flight
    assert "followings is blocked" in first.log

    assert second.code == 0
    assert all("followings" in path for path in again)
    assert Counter(one["endpoint"] for one in second.records("listing")) == {"followings": 30, "followers": 30}
    assert all(one["complete"] for one in second.records("listing"))
    assert second.last["finish_reason"] == "finished"
    assert len(second.records("edge")) == len(second.triples) == 120

    assert (third.code, server.asked.total()) == (0, 0)
    assert third.last == last


def test_a_wait_too_long_ends_the_crawl_which_says_when_to_come_back(crawls: Crawls) -> None:
    closed = True
    with Server(lambda path, turn: http(429, Retry_After="7200") if closed and "#2" in path else None) as server:
        command = ("user_graph", "-s", "JOBDIR=job", "-s", "SC_ATTEMPTS=2")
        for _ in range(3):
            run = crawls.run(*command, settings=server.settings, user="1,2")
            assert (run.code, run.last["finish_reason"]) == (3, "wait")
            assert re.search(r"Start the same command again after \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", run.log)
            assert run.log.count(" ERROR: ") == 1
            assert "again in" not in run.log
            assert {one["ended"] for one in run.records("listing")} == {"interrupted"}
        closed = False
        last = crawls.run(*command, settings=server.settings, user="1,2")

    assert last.code == 0
    assert [one["complete"] for one in last.records("listing")] == [True] * 4
    assert len(last.records("edge")) == len(last.triples) == 8


def test_a_refused_credential_ends_the_crawl(crawls: Crawls) -> None:
    closed = True
    with Server(lambda path, turn: http(401) if closed and "#2" in path else None) as server:
        first = crawls.run("user_graph", "-s", "JOBDIR=job", settings=server.settings, user="1")
        assert (first.code, first.last["finish_reason"]) == (4, "credentials")
        assert {one["ended"] for one in first.records("listing")} == {"credentials"}
        closed = False
        second = crawls.run("user_graph", "-s", "JOBDIR=job", settings=server.settings, user="1")

    assert second.code == 0
    assert len(second.records("listing")) == 2


PAGE = b"""<script>window.__sc_hydration = [{"hydratable": "apiClient", "data": {"id": "%b"}}];</script>"""


def test_one_list_that_is_always_refused_is_named_and_tried_again(crawls: Crawls) -> None:
    closed = True

    def script(path: str, turn: int) -> bytes | None:
        if path == "/":
            return http(200, PAGE % (b"b" * 32), "text/html")
        return http(401) if closed and path == "/users/1/followings" else None

    command = ("user_graph", "-s", "JOBDIR=job", *QUICK)
    with Server(script) as server:
        settings = {**server.settings, "SC_CLIENT_ID": ""}
        first = crawls.run(*command, settings=settings, user="1,2")
        assert (first.code, first.last["finish_reason"]) == (1, "incomplete")
        ends = {(one["endpoint"], one["subject"][-1]): one["ended"] for one in first.records("listing")}
        again = crawls.run(*command, settings=settings, user="1,2")  # nothing else is left to request
        assert (again.code, again.last["finish_reason"]) == (1, "incomplete")
        assert "    followings of user-1: credentials" in again.log
        closed = False
        second = crawls.run(*command, settings=settings, user="1,2")

    assert ends.pop(("followings", "1")) == "credentials"
    assert set(ends.values()) == {"end"}
    assert "    followings of user-1: credentials" in first.log
    assert second.code == 0
    assert all(one["complete"] for one in second.records("listing"))
    assert len(second.records("listing")) == 4


@pytest.mark.parametrize("gone", [1, 2], ids=["for a moment", "for good"])
def test_a_batch_that_brings_nothing_is_asked_for_once_more(crawls: Crawls, gone: int) -> None:
    """If all fifty tracks are missing, the answer is probably incomplete."""
    whole = playlist(5, user=user(1), track_count=1, tracks=[{"kind": "track", "id": 7}])

    def script(path: str, turn: int) -> bytes:
        if path == "/playlists/5":
            return http(200, whole)
        return http(200, [] if turn <= gone else [track(7)])

    with Server(script) as server:
        crawl = crawls.run("playlist", *QUICK, settings=server.settings, playlist="5")

    (listing,) = crawl.records("listing")
    assert server.asked["/tracks?ids=7"] == 2
    assert listing["ended"] == "end"
    assert listing["missing"] == ([] if gone == 1 else ["soundcloud:tracks:7"])
    assert len(crawl.records("track")) == 2 - gone


def test_a_503_that_says_how_long_holds_everything(crawls: Crawls) -> None:
    def script(path: str, turn: int) -> bytes | None:
        return http(503, Retry_After="2") if path == "/users/1/followings" and turn == 1 else None

    with Server(script, latency=0.05) as server:
        crawl = crawls.run("user_graph", settings=server.settings, user=USERS, relations="followings")
        (refused,) = [at for at, _, status in server.times if status == 503]
        early = [at for at, _, _ in server.times if refused < at < refused + 1.8]

    assert crawl.code == 0
    assert len(early) < 16  # only those in flight


def test_a_wait_is_kept_by_the_next_run(crawls: Crawls) -> None:
    """429 with Retry-After, SIGTERM at once, the same command: it waits, too, and sends no request meanwhile."""
    script = lambda path, turn: http(429, Retry_After="600") if "#2" in path else None  # noqa: E731 - as elsewhere
    with Server(script) as server:
        words = ("user_graph", "-s", "JOBDIR=job", "-s", "CONCURRENT_REQUESTS=1")
        for line in ("; again in 600 s", "The API asked for a wait that is not over: "):
            asked = server.asked.total()
            crawl = crawls.start(*words, settings=server.settings, user="1,2", relations="followings")
            until = time.monotonic() + PATIENCE
            while line not in crawl.err and time.monotonic() < until:
                time.sleep(0.02)
            crawl.send(signal.SIGTERM)
            assert crawl.wait() == 3
            assert line in crawl.err

    assert server.asked.total() == asked > 0
