"""A page is acknowledged to Redis only after its records are on the disk."""

from __future__ import annotations

import json
import pickle
import signal
from collections.abc import Callable

from redis import Redis

from bench import disks
from sc_spiders.sandbox import Sandbox
from tests.support.patience import PATIENCE

from .disks import FOUND, FailingDisk, PowerCut
from .server import RedisServer
from .workers import Workers, check, status

Make = Callable[..., Workers]


def acknowledged(redis: RedisServer) -> int:
    with Redis(port=redis.port) as client:
        (key,) = client.scan_iter("sc_spiders:*:totals")
        return int(client.hget(key, "pages") or 0)


def test_what_redis_knows_survives_a_power_cut(workers: Make, slow: Sandbox, redis: RedisServer) -> None:
    crawl = workers(SC_PAGE_SIZE=10, SC_LEASE=2)
    first = crawl.start(inside=PowerCut())
    assert first.wait(PATIENCE) == -signal.SIGKILL, crawl.logs()
    crawl.kill(first)
    assert acknowledged(redis) > 20
    durable = pickle.loads((crawl.folder / FOUND).read_bytes())
    disks.restore(crawl.folder / "output", durable)

    crawl.start()

    assert crawl.wait() == [0], crawl.logs()
    check(crawl, slow.world)


def test_a_disk_that_fails_ends_the_worker_and_costs_nothing(workers: Make, slow: Sandbox, redis: RedisServer) -> None:
    crawl = workers(SC_PAGE_SIZE=10)
    first = crawl.start(inside=FailingDisk())
    assert first.wait(PATIENCE) == 3, crawl.logs()
    crawl.kill(first)
    (line,) = (line for line in crawl.logs().splitlines() if "Writing failed" in line)
    assert "start the same command again" in line
    assert "Input/output error" in line
    before = acknowledged(redis)
    assert before > 0
    told = json.loads(status(crawl.folder, redis.url, "--json").out)
    assert told["listings"]["leased"] == 0  # others need not wait for the end of its leases

    crawl.start()

    assert crawl.wait() == [0], crawl.logs()
    assert acknowledged(redis) > before
    check(crawl, slow.world)
