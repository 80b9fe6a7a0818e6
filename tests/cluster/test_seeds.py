"""Many seeds are added some at a time, once, whoever does it and whatever befalls who does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from sc_spiders.frontier import joining
from sc_spiders.frontier.patience import Patience
from sc_spiders.frontier.redis import Frontier
from sc_spiders.listing import Listing
from sc_spiders.redisdb import connect

from .server import RedisServer

MANY = 200_000  # more than Redis takes arguments for in one call
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


def with_frontier(redis: RedisServer, do: Callable[[Frontier, Patience], Awaitable[None]]) -> None:
    async def run() -> None:
        frontier = Frontier(connect(redis.url), "mine", "worker", 60)
        try:
            await do(frontier, Patience(redis.url, lambda: False))
        finally:
            await frontier.close()

    asyncio.run(run())


async def join(frontier: Frontier, patiently: Patience, given: list[Listing]) -> joining.Meta:
    return await joining.begin(frontier, patiently, "the crawl", IDENTITY, {}, given, 0)


def test_however_many_there_are(redis: RedisServer) -> None:
    async def do(frontier: Frontier, patiently: Patience) -> None:
        given = seeds(MANY)
        await join(frontier, patiently, given)
        assert (await join(frontier, patiently, given))["seeded"] == str(MANY)  # nothing is sent again
        _, taken = await frontier.exchange([], frontier.take(1, "{}"))
        assert taken.levels == {-1: MANY}
        assert not taken.beginning

    with_frontier(redis, do)


def test_whoever_is_killed_over_it_leaves_nothing_half_begun(redis: RedisServer) -> None:
    given = seeds(2500)

    async def begin(frontier: Frontier, patiently: Patience) -> None:
        await frontier.begin({"seeds": len(given)}, 0)
        await frontier.seed(0, given[:1000])

    async def walk(frontier: Frontier, patiently: Patience) -> None:
        """All that is there ends before the rest comes: the crawl is not at its end."""
        _, taken = await frontier.exchange([], frontier.take(1000, "{}"))
        assert taken.beginning
        ends = [frontier.commit(lease, "end", listing, ended="end") for lease, listing, _ in taken.listings]
        _, taken = await frontier.exchange(ends, frontier.take(1, "{}"))
        assert (taken.finished, taken.levels) == ("", {})

    async def go_on(frontier: Frontier, patiently: Patience) -> None:
        plant = partial(joining.plant, frontier, patiently, given)
        await asyncio.gather(plant(), plant(), plant(1000))
        _, taken = await frontier.exchange([], frontier.take(3000, "{}"))
        assert not taken.beginning
        assert sorted(one.seed or "" for _, one, _ in taken.listings) == sorted(one.seed or "" for one in given[1000:])

    for do in (begin, walk, go_on):
        with_frontier(redis, do)
