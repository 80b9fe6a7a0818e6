"""The clock of Redis is set back, by its administrator or because a replica on another machine takes over."""

from __future__ import annotations

import asyncio
import time

from redis import Redis

from sc_spiders.frontier.redis.retry import Patience
from sc_spiders.frontier.redis.store import CrawlStore, prefix
from sc_spiders.redis_connection import connect

from .server import RedisServer
from .test_seeds import join, seeds, with_store

HOUR = 3_600_000  # ms
LEASE = 0.3  # seconds


def set_back(redis: RedisServer) -> None:
    """Do as if Redis's clock was set back by an hour: move all stored times an hour into the future."""
    key = prefix("mine")
    with Redis(port=redis.port) as client:
        for worker in client.zrange(key + "workers", 0, -1):
            client.zincrby(key + "workers", HOUR, worker)
        for name in ("beat", "grace", "pace"):
            if client.exists(key + name):
                client.incrbyfloat(key + name, HOUR)
        for endpoint in client.hkeys(key + "hopeless"):
            client.hincrby(key + "hopeless", endpoint, HOUR)


def test_a_dead_worker_is_noticed_and_nobody_waits_an_hour_to_send(redis: RedisServer) -> None:
    given, waits = seeds(2), list[int]()

    async def die(unused: CrawlStore, patiently: Patience) -> None:
        store = CrawlStore(connect(redis.url), "mine", "dead", LEASE)
        await join(store, patiently, given)
        _, taken = await store.exchange([], store.take(1, "{}", rate=10, moments=3))
        await store.close()
        assert len(taken.listings) == 1

    async def go_on(unused: CrawlStore, patiently: Patience) -> None:
        store = CrawlStore(connect(redis.url), "mine", "other", LEASE)
        await join(store, patiently, given)
        had: list[str | None] = []
        until = time.monotonic() + 10
        while len(had) < 2 and time.monotonic() < until:
            await asyncio.sleep(LEASE / 4)
            _, taken = await store.exchange([], store.take(2, "{}", rate=10, moments=1))
            had += [listing.seed for _, listing, _ in taken.listings]
            waits.extend(taken.moments)
        await store.close()
        assert sorted(map(str, had)) == [one.seed for one in given]

    with_store(redis, die)
    set_back(redis)
    with_store(redis, go_on)
    assert max(waits) < 10_000
