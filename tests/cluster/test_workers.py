"""Any number of workers together find the whole graph, even if they are killed."""

import json
import random
import signal
import time
from collections.abc import Callable

import pytest

from sc_spiders.sandbox import Sandbox

from .server import RedisServer
from .workers import Workers, check

Make = Callable[..., Workers]


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_workers_find_the_same(count: int, workers: Make, slow: Sandbox) -> None:
    crawl = workers(SC_RATE=60)  # slow enough that all workers begin before the crawl ends
    for _ in range(count):
        crawl.start()
    assert crawl.wait() == [0] * count, crawl.logs()
    rows = check(crawl, slow.world)
    parts = [len(path.read_text().splitlines()) for path in crawl.folder.glob("output/user_graph/*/*/listing.jsonl")]
    assert len(parts) == count
    assert min(parts) > 0  # each worker did some work
    assert sum(parts) == len([row for row in rows if row["kind"] == "listing"])  # no listing was walked twice
    for path in crawl.folder.glob("output/user_graph/*/*/datapackage.json"):
        told = json.loads(path.read_text())["completeness"]
        assert (told["listings"], told["complete"], told["missing"]) == (sum(parts), True, None)


def test_all_lists_of_a_user_are_walked_also_where_each_has_a_bound_of_its_own(workers: Make, slow: Sandbox) -> None:
    crawl = workers()
    crawl.start(depth=1, relations="likes,followings,reposts", since="2001-01-01")
    assert crawl.wait() == [0], crawl.logs()
    walked = {row["endpoint"] for row in crawl.merged() if row["kind"] == "listing"}
    assert walked == {"user_likes", "followings", "user_reposts"}


def test_killed_workers_lose_nothing(workers: Make, slow: Sandbox, redis: RedisServer) -> None:
    crawl = workers(SC_PAGE_SIZE=10, SC_LEASE=2)
    draw = random.Random(4)
    for _ in range(3):
        crawl.start()
    for number in range(5):
        redis.until(12 + 10 * number)
        time.sleep(draw.uniform(0, 0.2))
        crawl.kill(draw.choice(crawl.running[:2]))
        crawl.start()
    assert set(crawl.wait()) == {0}, crawl.logs()
    check(crawl, slow.world)


def test_redis_that_goes_away_is_waited_for(workers: Make, slow: Sandbox, redis: RedisServer) -> None:
    crawl = workers()
    for _ in range(2):
        crawl.start()
    for pages, end, away in ((20, redis.stop, 0.2), (50, redis.kill, 4)):  # 4 s are longer than the lease
        redis.until(pages)
        end()
        time.sleep(away)
        redis.start()
    assert crawl.wait() == [0, 0], crawl.logs()
    assert "does not answer" in crawl.logs()
    assert "answers again" in crawl.logs()
    check(crawl, slow.world)


def test_a_worker_that_slept_longer_than_its_lease_does_no_harm(
    workers: Make, slow: Sandbox, redis: RedisServer
) -> None:
    crawl = workers(SC_LEASE=2, SC_RATE=30)
    sleeper, _ = crawl.start(), crawl.start()
    redis.until(30)
    sleeper.send(signal.SIGSTOP)
    time.sleep(4)
    sleeper.send(signal.SIGCONT)
    assert crawl.wait() == [0, 0], crawl.logs()
    check(crawl, slow.world)


def test_a_worker_that_slept_asks_again_for_what_came_too_late(
    workers: Make, slow: Sandbox, redis: RedisServer
) -> None:
    crawl = workers(SC_LEASE=1)
    sleeper = crawl.start()  # the only worker: no other takes over its leases
    for pages in (15, 30, 45):
        redis.until(pages)
        sleeper.send(signal.SIGSTOP)
        time.sleep(1.5)
        sleeper.send(signal.SIGCONT)
    assert crawl.wait() == [0], crawl.logs()
    check(crawl, slow.world)


def test_workers_join_and_leave_as_they_like(workers: Make, slow: Sandbox, redis: RedisServer) -> None:
    crawl = workers(SC_LEASE=60)  # a worker that leaves releases its leases at once
    first = crawl.start()
    redis.until(30)
    crawl.start()
    crawl.kill(first, signal.SIGTERM)
    assert first.code == 3
    assert "does not answer" not in crawl.logs()
    assert crawl.wait() == [0], crawl.logs()
    check(crawl, slow.world)
