"""The API is down, or only one page fails. A crawl must tell the two apart, and each may cost only its share."""

from __future__ import annotations

import re
import time

import pytest

from tests.support.answers import http, user
from tests.support.crawl import Crawls
from tests.support.server import RESET, Script, Server

DOWN = http(503, "<html>")
HASTE = ("-s", "FAULTS_FIRST_WAIT=0.01", "-s", "SC_ATTEMPTS=4")
USERS = ",".join(map(str, range(1, 31)))


def outage(seconds: float, begins: str = "#2", answer: bytes = DOWN) -> Script:
    """From the first request for such a path on, all requests get this answer, at least six of them."""
    begun: list[float] = []

    def script(path: str, turn: int) -> bytes | None:
        if not begun and begins not in path:
            return None
        begun.append(time.monotonic())
        return answer if len(begun) <= 6 or begun[-1] - begun[0] < seconds else None

    return script


def broken(path: str) -> Script:
    return lambda asked, turn: http(500) if asked == path else None


@pytest.mark.parametrize("answer", [DOWN, RESET, http(429, "Please slow down.")], ids=["503", "reset", "429"])
@pytest.mark.parametrize("users", [1, 2, 5])
def test_an_outage_costs_no_list_however_few_there_are(crawls: Crawls, users: int, answer: bytes) -> None:
    """No answer for a second. If failures counted, a page would use up its four attempts ten times in this time."""
    with Server(outage(1, answer=answer)) as server:
        crawl = crawls.run(
            *("user_graph", *HASTE),
            settings=server.settings,
            user=",".join(map(str, range(1, users + 1))),
            relations="followings",
        )

    assert crawl.code == 0, crawl.log
    assert [one["complete"] for one in crawl.records("listing")] == [True] * users
    assert "nothing is answered; one request tries again" in crawl.log


def test_one_request_at_a_time_tries(crawls: Crawls) -> None:
    """Fifty lists, and no answer for three seconds: no list fails, and the server gets few requests."""
    with Server(outage(3, "/followings")) as server:
        crawl = crawls.run(
            *("user_graph", "-s", "FAULTS_FIRST_WAIT=0.02", "-s", "CONCURRENT_REQUESTS=8"),
            settings=server.settings,
            user=",".join(map(str, range(1, 51))),
            relations="followings",
        )
        refused = [at for at, _, status in server.times if status == 503]

    assert crawl.code == 0, crawl.log
    assert [one["complete"] for one in crawl.records("listing")] == [True] * 50
    assert len(refused) < 50  # fewer than one for each list


def test_requests_in_flight_that_fail_together_are_one_outage(crawls: Crawls) -> None:
    """A crawl goes on while nothing is answered. Did each request double the wait, it would reach SC_MAX_WAIT."""
    limits = ("-s", "CONCURRENT_REQUESTS=16", "-s", "SC_MAX_WAIT=60")
    command = ("user_graph", "-s", "FAULTS_FIRST_WAIT=0.01", *limits, "-s", "JOBDIR=job")
    with Server() as server:
        crawls.run(
            *(*command, "-s", "CLOSESPIDER_PAGECOUNT=2"),
            settings=server.settings,
            user=USERS,
            relations="followings",
        )
        answered = len(server.times)
        server.script = lambda path, turn: RESET if len(server.times) < answered + 20 else None
        crawl = crawls.run(*command, settings=server.settings, user=USERS, relations="followings")

    assert crawl.code == 0, crawl.log
    waits = [int(seconds) for seconds in re.findall(r"one request tries again in (\d+) s", crawl.log)]
    assert waits
    assert max(waits) < 20


def test_a_crawl_that_never_had_an_answer_has_nothing_to_wait_for(crawls: Crawls) -> None:
    """The URL may be wrong, so failures count."""
    with Server(lambda path, turn: DOWN) as server:
        crawl = crawls.run("user_graph", *HASTE, settings=server.settings, user="1", relations="followings")

    assert crawl.code == 1
    assert "    user of 1: error (http_503)" in crawl.log
    assert server.asked["/users/1"] == 4


def test_an_outage_longer_than_the_limit_ends_the_crawl_which_goes_on_later(crawls: Crawls) -> None:
    command = ("user_graph", "-s", "JOBDIR=job", "-s", "FAULTS_FIRST_WAIT=0.1", "-s", "SC_MAX_WAIT=1")
    with Server(outage(60)) as server:
        for _ in range(2):
            run = crawls.run(*command, settings=server.settings, user=USERS, relations="followings")
            assert (run.code, run.last["finish_reason"]) == (3, "wait")
            assert {one["ended"] for one in run.records("listing")} <= {"end", "interrupted"}
            (error,) = run.errors
            assert error.startswith("The API has answered nothing for SC_MAX_WAIT (1 s; the last fault: http_503).")
        server.script = None
        last = crawls.run(*command, settings=server.settings, user=USERS, relations="followings")

    assert last.code == 0
    assert len(last.records("listing")) == 30
    assert all(one["complete"] for one in last.records("listing"))


@pytest.mark.parametrize("limit", ["3600", "0.05"], ids=["patient", "a wait of our own is no longer than SC_MAX_WAIT"])
def test_a_broken_page_ends_its_list_also_where_nothing_else_is_left(crawls: Crawls, limit: str) -> None:
    with Server(broken("/users/1/followings#2")) as server:
        crawl = crawls.run(
            *("user_graph", *HASTE, "-s", f"SC_MAX_WAIT={limit}"),
            settings=server.settings,
            user="1",
            relations="followings",
        )

    (listing,) = crawl.records("listing")
    assert (crawl.code, listing["ended"], listing["error"], listing["fetched"]) == (1, "error", "http_500", 1)
    assert server.asked["/users/1/followings#2"] == 4
    assert "asks for a wait" not in crawl.log


@pytest.mark.parametrize("users", ["1", "1,2,3"])
def test_lists_that_break_with_all_their_pages_are_no_outage(crawls: Crawls, users: str) -> None:
    """Their first pages were answered before, and now fail: another request shows that the API answers."""

    def script(path: str, turn: int) -> bytes | None:
        return http(500) if "/followings" in path and (path.endswith("#2") or turn > 1) else None

    with Server(script) as server:
        crawl = crawls.run("user_graph", *HASTE, settings=server.settings, user=users, relations="followings")

    ends = {(one["ended"], one["error"], one["fetched"]) for one in crawl.records("listing")}
    assert (crawl.code, ends) == (1, {("error", "http_500", 1)})
    assert [server.asked[f"/users/{user}/followings#2"] for user in users.split(",")] == [4] * (len(users) // 2 + 1)


@pytest.mark.parametrize("resumed", [False, True])
def test_a_list_that_breaks_where_there_is_no_other_is_no_outage(crawls: Crawls, resumed: bool) -> None:
    """There is no other list and no seed, so the probe requests `/resolve`."""
    page = {"collection": [{"kind": "user", **user(7)}], "next_href": "/search/users?q=x&cursor=2", "total_results": 9}

    def script(path: str, turn: int) -> bytes:
        if path == "/resolve":
            return http(404, {})
        return http(200, page) if path == "/search/users" and turn == 1 else http(500)

    command = ("search", *HASTE, "-s", "JOBDIR=job")
    with Server(script) as server:
        if resumed:
            crawls.run(*command, "-s", "CLOSESPIDER_PAGECOUNT=1", settings=server.settings, q="x", type="users")
        crawl = crawls.run(*command, settings=server.settings, q="x", type="users")

    (listing,) = crawl.records("listing")
    assert (crawl.code, listing["ended"], listing["error"], listing["fetched"]) == (1, "error", "http_500", 1)


def test_a_broken_page_that_a_later_run_begins_with(crawls: Crawls) -> None:
    """That run had no answer yet: the first seed shows that the API answers."""
    command = ("user_graph", *HASTE, "-s", "JOBDIR=job", "-s", "SC_MAX_WAIT=0.5")
    with Server(outage(60)) as server:
        first = crawls.run(*command, settings=server.settings, user="1", relations="followings")
        server.script = broken("/users/1/followings#2")
        second = crawls.run(*command, settings=server.settings, user="1", relations="followings")

    assert first.code == 3
    (listing,) = second.records("listing")
    assert (second.code, listing["ended"], listing["error"]) == (1, "error", "http_500")


def test_a_job_that_is_answered_nothing_any_more_ends_in_the_end(crawls: Crawls) -> None:
    """The page or the API may be at fault: each run without an answer counts as one attempt."""
    command = ("user_graph", *HASTE, "-s", "JOBDIR=job", "-s", "SC_MAX_WAIT=0.2")
    codes: list[int] = []
    with Server(outage(3600)) as server:
        while len(codes) < 8 and 1 not in codes:
            crawl = crawls.run(*command, settings=server.settings, user="1", relations="followings")
            codes.append(crawl.code)

    assert set(codes[:-1]) == {3}
    assert codes[-1] == 1
    assert "    followings of user-1: error (http_503)" in crawl.log


def test_a_web_page_that_is_away_asks_for_no_wait(crawls: Crawls) -> None:
    with Server(lambda path, turn: DOWN) as server:
        settings = {**server.settings, "SC_CLIENT_ID": "", "SC_MAX_WAIT": 0.02}
        crawl = crawls.run("user_graph", *HASTE, settings=settings, user="1")

    (error,) = crawl.errors
    assert crawl.code == 3
    assert "did not answer, 4 times: status 503" in error
