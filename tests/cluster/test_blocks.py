"""The API blocks one IP address: other workers go on. What no worker could get is reported and tried again later."""

import re
import signal
from collections.abc import Callable
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from tests.faults.gated import USERS, GatedServer
from tests.spiders.test_playlist_tracks import long_playlists

from .server import RedisServer
from .workers import POPULATION, Workers, check

Make = Callable[..., Workers]

BLOCKED = "403html@/users/*/followers#1+"
AT_FIRST = "403html@/users/*/followers#1-3"


def listings(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["endpoint"]: row["ended"] for row in rows if row["kind"] == "listing"}


def test_what_is_blocked_has_a_record_and_is_tried_again_by_the_same_command(workers: Make) -> None:
    with Sandbox(users=POPULATION, seed=1, faults=AT_FIRST) as sandbox:
        crawl = workers(sandbox=sandbox, SC_LEASE=1)
        crawl.start(depth=1)
        assert crawl.wait() == [1], crawl.logs()
        assert listings(crawl.merged()) == {"followers": "blocked", "followings": "end"}
        assert "NOT complete: 1 of 2 listings are complete" in crawl.told
        assert "followers of soundcloud:users:183: blocked" in crawl.told

        crawl.start(depth=1)
        assert crawl.wait() == [0], crawl.logs()
        assert listings(crawl.merged()) == {"followers": "end", "followings": "end"}
        assert "\ncomplete: 2 of 2 listings are complete" in crawl.told


def test_what_had_no_answer_is_tried_again_by_the_same_command(workers: Make) -> None:
    with Sandbox(users=POPULATION, seed=1, faults="cut@/users/*/followers#1-2") as sandbox:
        crawl = workers(sandbox=sandbox, SC_ATTEMPTS=2)
        crawl.start("-s", "FAULTS_FIRST_WAIT=0.01", depth=1)
        assert crawl.wait() == [1], crawl.logs()
        assert listings(crawl.merged()) == {"followers": "error", "followings": "end"}
        assert "followers of soundcloud:users:183: error (cut)" in crawl.logs()

        crawl.start(depth=1)
        assert crawl.wait() == [0], crawl.logs()
        assert listings(crawl.merged()) == {"followers": "end", "followings": "end"}


def test_what_failed_before_is_not_forgotten_over_it(workers: Make) -> None:
    with Sandbox(users=POPULATION, seed=1, faults=AT_FIRST) as sandbox:
        crawl = workers(sandbox=sandbox, SC_LEASE=1)
        crawl.start(depth=1, user="183,nobody-such")
        assert crawl.wait() == [1], crawl.logs()

        crawl.start(depth=1, user="183,nobody-such")
        assert crawl.wait() == [1], crawl.logs()
        told = crawl.all[1].err
        assert "listings: 2 complete of 3" in told
        assert "resolve of nobody-such: not_found" in told
        assert "blocked" not in told


@pytest.mark.parametrize(("refused", "code"), [("*", 1), ("followers", 0)])
def test_where_the_api_itself_refuses_all_lists_nothing_is_finished(workers: Make, refused: str, code: int) -> None:
    with Sandbox(users=POPULATION, seed=1, faults=f"403json@/users/*/{refused}#1+") as sandbox:
        crawl = workers(sandbox=sandbox)
        crawl.start(depth=1)
        assert crawl.wait() == [code], crawl.logs()
        crawl.start(depth=1)
        assert crawl.wait() == [code], crawl.logs()


def at_one_address(crawl: Workers) -> None:
    """Let the records tell one server: the workers reached it by different addresses, as if by proxies."""
    for path in crawl.folder.glob("output/*/*/*/crawl.jsonl"):
        path.write_text(re.sub(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1", path.read_text()))


def test_one_blocked_address_leaves_the_lists_to_others(workers: Make, slow: Sandbox, redis: RedisServer) -> None:
    with Sandbox(users=POPULATION, seed=1, latency=20, faults=BLOCKED) as sandbox:
        crawl = workers(SC_RATE=75)
        crawl.start()
        redis.until(5)
        crawl.start(sandbox=sandbox)
        assert crawl.wait() == [0, 0], crawl.logs()
        at_one_address(crawl)
        check(crawl, slow.world)
        assert "followers is blocked by bot protection" in crawl.logs()


def test_where_nobody_is_left_to_ask_they_end_blocked(workers: Make, redis: RedisServer) -> None:
    with Sandbox(users=POPULATION, seed=1, latency=20, faults=BLOCKED) as sandbox:
        crawl = workers(SC_RATE=30)
        good = crawl.start()
        redis.until(15)
        crawl.start(sandbox=sandbox)
        redis.until(40)
        crawl.kill(good, signal.SIGTERM)
        assert crawl.wait() == [1], crawl.logs()
        at_one_address(crawl)
        rows = crawl.merged()
        assert {row["ended"] for row in rows if row["kind"] == "listing"} == {"end", "blocked"}
        assert "folders of other workers" not in crawl.told


def test_a_worker_looks_for_work_again_when_all_it_held_was_blocked(workers: Make) -> None:
    with Sandbox(users=POPULATION, seed=1, faults=BLOCKED) as sandbox:
        users = [sandbox.world.user_ids.id(at) for at in range(6)]  # more than may be in flight, fewer than are leased
        crawl = workers(sandbox=sandbox, SC_LEASE=1)
        crawl.start(
            *("-s", "FAULTS_FIRST_WAIT=0.2", "-s", "CLOSESPIDER_TIMEOUT=30"),
            user=",".join(map(str, users)),
            depth=1,
            relations="followers",
        )
        assert crawl.wait() == [1], crawl.logs()
        assert [row["ended"] for row in crawl.merged() if row["kind"] == "listing"] == ["blocked"] * 6


def test_tracks_that_nobody_gets_keep_no_playlist_waiting(workers: Make) -> None:
    with Sandbox(users=120, seed=8, faults="403html@/tracks#1-3") as sandbox:
        ids = long_playlists(sandbox, 12)[-3:]
        names = ",".join(map(str, ids))
        crawl = workers(sandbox=sandbox, SC_ATTEMPTS=3, SC_LEASE=1)
        crawl.start(spider="playlist", playlist=names)
        assert crawl.wait() == [1], crawl.logs()
        assert {row["ended"] for row in crawl.merged() if row["kind"] == "listing"} == {"blocked"}

        crawl.start(spider="playlist", playlist=names)
        assert crawl.wait() == [0], crawl.logs()
        rows = crawl.merged()
        assert {row["ended"] for row in rows if row["kind"] == "listing"} == {"end"}
        exist = {id for at in ids for id in sandbox.world.playlist_tracks(at) if sandbox.world.has_track(id)}
        assert {row["id"] for row in rows if row["kind"] == "track"} == exist


def test_those_go_first_that_were_never_asked(workers: Make) -> None:
    """Three lists are refused each time. A fourth list must be requested in the second run."""
    with Sandbox(users=POPULATION, seed=1) as sandbox:
        users = [sandbox.world.user_ids.id(at) for at in range(4)]
    refused = ",".join(f"403html@/users/{user}/followers#1+" for user in users[:3])
    with Sandbox(users=POPULATION, seed=1, faults=refused) as sandbox:
        crawl = workers(sandbox=sandbox, SC_LEASE=1)
        for last in ("blocked", "end"):
            crawl.start(
                *("-s", "CONCURRENT_REQUESTS=1", "-s", "FAULTS_FIRST_WAIT=0.01"),
                user=",".join(map(str, users)),
                depth=1,
                relations="followers",
            )
            assert crawl.wait() == [1], crawl.logs()
            ends = [row["ended"] for row in crawl.merged() if row["kind"] == "listing"]
            assert sorted(ends) == sorted(["blocked"] * 3 + [last])


def test_those_go_on_first_that_were_answered(workers: Make) -> None:
    """All lists are requested at once. Those that are refused each time must not stop the others each time."""
    with GatedServer() as server:
        crawl = workers(SC_LEASE=1, **server.settings)
        for _ in range(2):
            options = ("-s", "CONCURRENT_REQUESTS=16", "-s", "FAULTS_FIRST_WAIT=0.01")
            crawl.start(*options, user=USERS, depth=1, relations="followings")
            assert crawl.wait() == [1], crawl.logs()

        ends = {row["subject"][-1]: row["ended"] for row in crawl.merged() if row["kind"] == "listing"}
        assert ends == {"1": "blocked", "2": "blocked", "3": "blocked", "4": "end", "5": "end"}
