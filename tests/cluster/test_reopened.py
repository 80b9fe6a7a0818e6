"""What a worker gives back to a shared crawl, or reopens there, is neither lost nor reopened twice."""

from __future__ import annotations

from redis import Redis

from sc_spiders.frontier.redis import join as joining
from sc_spiders.frontier.redis.retry import Patience
from sc_spiders.frontier.redis.store import CrawlStore, prefix
from sc_spiders.pages.listing import Listing

from .server import RedisServer
from .test_seeds import join, seeds, with_store

MANY = 10_100  # leases of one worker


async def end(store: CrawlStore, verb: str, ended: str) -> None:
    _, taken = await store.exchange([], store.take(1, "{}"))
    ((lease, listing, _),) = taken.listings
    page = store.commit(lease, verb, listing.end(ended), ended=ended, name=listing.name, bad=ended != "end", time="now")
    await store.exchange([page], store.take(0, "{}"))


async def parked(store: CrawlStore) -> list[tuple[str, Listing]]:
    _, found = await store.parked(0)
    return found


def test_a_crawl_that_others_reopened_and_ended_meanwhile_is_left_alone(redis: RedisServer) -> None:
    """This worker has read what is to be tried again, and comes last: nothing would end the crawl any more."""

    async def do(store: CrawlStore, patiently: Patience) -> None:
        await join(store, patiently, seeds(1))
        await end(store, "park", "blocked")
        _, totals, _ = await store.outcome()
        late = store.reopening(await parked(store), totals["pages"])
        assert await joining.reopen(store, patiently)
        await end(store, "end", "end")
        assert not await store.reopen(late)
        assert (await store.outcome())[0] == "finished"

    with_store(redis, do)


def test_whoever_lost_the_answer_reopens_the_rest_as_well(redis: RedisServer) -> None:
    async def do(store: CrawlStore, patiently: Patience) -> None:
        await join(store, patiently, seeds(2))
        for _ in range(2):
            await end(store, "park", "blocked")
        _, totals, _ = await store.outcome()
        first = store.reopening((await parked(store))[:1], totals["pages"])
        for _ in range(2):
            assert await store.reopen(first)
        assert await store.reopen(store.reopening(await parked(store)))
        _, taken = await store.exchange([], store.take(3, "{}"))
        assert len(taken.listings) == 2

    with_store(redis, do)


def test_however_many_leases_a_worker_has_others_get_them_all(redis: RedisServer) -> None:
    async def do(store: CrawlStore, patiently: Patience) -> None:
        await join(store, patiently, seeds(1))
        stream = prefix("mine") + "lists:-1:resolve"
        with Redis(port=redis.port) as client, client.pipeline(transaction=False) as pipe:
            for _ in range(MANY):
                pipe.xadd(stream, {"t": "", "i": "", "a": ""})
            pipe.xreadgroup("workers", "worker", {stream: ">"})
            pipe.execute()
            await store.leave()
            assert client.xlen(prefix("mine") + "pages:resolve") == MANY + 1

    with_store(redis, do)
