"""Many seeds are added in batches, each seed once, by any worker, even if workers die meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from redis import Redis

from sc_spiders.frontier import planting
from sc_spiders.frontier.base import CrawlSpec
from sc_spiders.frontier.fingerprint import digest
from sc_spiders.frontier.redis import join as joining
from sc_spiders.frontier.redis.retry import Patience
from sc_spiders.frontier.redis.store import CrawlStore
from sc_spiders.pages.listing import Listing
from sc_spiders.redis_connection import connect
from tests.support.answers import http
from tests.support.crawl import crawl
from tests.support.server import Server

from .server import RedisServer

MANY = 20_000
IDENTITY = {"spider": "user_graph", "arguments": {}, "api": "v2"}


def seeds(count: int) -> list[Listing]:
    return [
        Listing(
            "resolve",
            None,
            f"/resolve?url=https://soundcloud.com/somebody-{number}",
            seed=f"somebody-{number}",
            level=-1,
        )
        for number in range(count)
    ]


def spec(given: list[Listing], unordered_from: int) -> CrawlSpec:
    return CrawlSpec(IDENTITY, {}, {"seeds": digest(given)}, given, unordered_from)


def with_store(redis: RedisServer, do: Callable[[CrawlStore, Patience], Awaitable[None]]) -> None:
    async def run() -> None:
        store = CrawlStore(connect(redis.url), "mine", "worker", 60)
        try:
            await do(store, Patience(redis.url, lambda: False))
        finally:
            await store.close()

    asyncio.run(run())


async def plant_all(store: CrawlStore, patiently: Patience, given: list[Listing], done: int = 0) -> None:
    while done < len(given):
        done = await joining.plant(store, patiently, given, done)


async def join(store: CrawlStore, patiently: Patience, given: list[Listing]) -> joining.Meta:
    return await joining.begin(store, patiently, "the crawl", spec(given, 0))


def test_however_many_there_are(redis: RedisServer) -> None:
    async def do(store: CrawlStore, patiently: Patience) -> None:
        given = seeds(MANY)
        seeded = int((await join(store, patiently, given))["seeded"])
        assert (await join(store, patiently, given))["seeded"] == str(seeded)  # no seed is added twice
        await plant_all(store, patiently, given, seeded)
        _, taken = await store.exchange([], store.take(1, "{}"))
        assert taken.levels == {-1: MANY}
        assert not taken.beginning

    with_store(redis, do)
    with Redis(port=redis.port) as client:  # one call may not have any number of arguments
        assert client.info("commandstats")["cmdstat_evalsha"]["calls"] >= MANY / planting.BATCH


def test_whoever_is_killed_over_it_leaves_nothing_half_begun(redis: RedisServer) -> None:
    given = seeds(2500)

    async def begin(store: CrawlStore, patiently: Patience) -> None:
        await store.begin({"seeds": len(given), "level": -1}, 0)
        await store.seed(0, given[:1000])

    async def walk(store: CrawlStore, patiently: Patience) -> None:
        """The first seeds end before the rest is added: the crawl must not finish."""
        await store.begin({}, 0)
        _, taken = await store.exchange([], store.take(1000, "{}"))
        assert taken.beginning
        ends = [store.commit(lease, "end", listing, ended="end") for lease, listing, _ in taken.listings]
        _, taken = await store.exchange(ends, store.take(1, "{}"))
        assert (taken.finished, taken.levels) == ("", {})

    async def go_on(store: CrawlStore, patiently: Patience) -> None:
        await store.begin({}, 0)
        plant = partial(plant_all, store, patiently, given)
        await asyncio.gather(plant(), plant(), plant(1000))
        _, taken = await store.exchange([], store.take(3000, "{}"))
        assert not taken.beginning
        assert sorted(one.seed or "" for _, one, _ in taken.listings) == sorted(one.seed or "" for one in given[1000:])

    for do in (begin, walk, go_on):
        with_store(redis, do)


def test_nothing_deeper_is_handed_out_before_the_last_seed(redis: RedisServer) -> None:
    """A user who is found at a deeper level first would be walked at that level."""
    given = seeds(1500)

    async def do(store: CrawlStore, patiently: Patience) -> None:
        await joining.begin(store, patiently, "the crawl", spec(given, 1))
        deeper = Listing("followers", "soundcloud:users:1", "/users/1/followers", level=0)
        _, taken = await store.exchange([], store.take(1000, "{}"))
        (first, *others), added = taken.listings, [(None, [deeper])]
        ends = [store.commit(first[0], "end", first[1], ended="end", added=added)]
        ends += [store.commit(lease, "end", listing, ended="end") for lease, listing, _ in others]
        _, taken = await store.exchange(ends, store.take(10, "{}"))
        assert taken.listings == []
        await plant_all(store, patiently, given, 1000)
        _, taken = await store.exchange([], store.take(1000, "{}"))
        assert {listing.seed for _, listing, _ in taken.listings} == {one.seed for one in given[1000:]}
        ends = [store.commit(lease, "end", listing, ended="end") for lease, listing, _ in taken.listings]
        _, taken = await store.exchange(ends, store.take(10, "{}"))
        assert [listing.endpoint for _, listing, _ in taken.listings] == ["followers"]

    with_store(redis, do)


def test_workers_add_seeds_as_their_turn_comes(
    redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (planting, joining):
        monkeypatch.setattr(module, "BATCH", 100)
    monkeypatch.setattr(planting, "FEW", 50)
    names = [f"nobody-{number}" for number in range(110)]
    (tmp_path / "names").write_text("\n".join(names))
    with Server(lambda path, number: http(404, {})) as server:
        settings = {
            **server.settings,
            "FEEDS": {str(tmp_path / "out.jsonl"): {"format": "jsonlines"}},
            "SC_REDIS_URL": redis.url,
        }
        found = crawl("user_graph", tmp_path, settings=settings, user=f"@{tmp_path / 'names'}")

    assert found.code == 1
    assert sorted(listing["subject"] for listing in found.records("listing")) == sorted(names)
