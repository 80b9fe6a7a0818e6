"""However many workers, and whatever befalls them: together they find what there is to find."""

import random
import signal
import time
from collections.abc import Callable

import pytest

from sc_spiders.sandbox import Sandbox

from .server import RedisServer
from .workers import Workers, check

Make = Callable[..., Workers]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_any_number_of_workers_find_the_same(count: int, workers: Make, slow: Sandbox) -> None:
    crawl = workers()
    for _ in range(count):
        crawl.start()
    assert crawl.wait() == [0] * count, crawl.logs()
    rows = check(crawl, slow.world)
    parts = [len(path.read_text().splitlines()) for path in crawl.folder.glob("output/user_graph/*/*/listing.jsonl")]
    assert len(parts) == count
    assert min(parts) > 20  # each has done its share
    assert sum(parts) == len([row for row in rows if row["kind"] == "listing"])  # none was walked twice


def test_killed_workers_lose_nothing(workers: Make, slow: Sandbox) -> None:
    crawl = workers(SC_PAGE_SIZE=50)
    draw = random.Random(4)
    for _ in range(3):
        crawl.start()
    time.sleep(2)
    for _ in range(12):
        time.sleep(draw.uniform(0.1, 0.8))
        crawl.start()
        crawl.kill(draw.choice(crawl.running))
    assert set(crawl.wait()) == {0}, crawl.logs()
    check(crawl, slow.world)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_redis_that_goes_away_is_waited_for(how: str, workers: Make, slow: Sandbox, redis: RedisServer) -> None:
    crawl = workers(SC_PAGE_SIZE=50)
    for _ in range(2):
        crawl.start()
    time.sleep(3)
    for away in (0.2, 4):  # the second is longer than the lease
        getattr(redis, how)()
        time.sleep(away)
        redis.start()
        time.sleep(1.5)
    assert crawl.wait() == [0, 0], crawl.logs()
    assert "does not answer" in crawl.logs()
    assert "answers again" in crawl.logs()
    check(crawl, slow.world)


def test_a_worker_that_slept_longer_than_its_lease_does_no_harm(workers: Make, slow: Sandbox) -> None:
    crawl = workers(SC_PAGE_SIZE=50)
    sleeper, _ = crawl.start(), crawl.start()
    time.sleep(3)
    sleeper.send_signal(signal.SIGSTOP)
    time.sleep(5)
    sleeper.send_signal(signal.SIGCONT)
    assert crawl.wait() == [0, 0], crawl.logs()
    check(crawl, slow.world)


def test_workers_join_and_leave_as_they_like(workers: Make, slow: Sandbox) -> None:
    crawl = workers(SC_PAGE_SIZE=50, SC_LEASE=60)  # who leaves in peace is not waited for
    first = crawl.start()
    time.sleep(3)
    crawl.start()
    time.sleep(1)
    crawl.kill(first, signal.SIGTERM)
    assert first.returncode == 3
    assert crawl.wait() == [0], crawl.logs()
    check(crawl, slow.world)
