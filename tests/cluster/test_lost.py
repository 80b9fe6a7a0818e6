"""Redis loses keys of a crawl, as one that evicts does. Nobody calls such a crawl complete, and nobody waits for it."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from redis import Redis

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, crawling

from .server import RedisServer
from .workers import LISTINGS, POPULATION, Workers, check, status

Make = Callable[..., Workers]

PREFIX = "sc_spiders:{mine}:"
# All keys of a crawl, as they are called in scripts/common.lua; <e> is an endpoint.
NEEDED = {
    "meta", "parts", "totals", "levels", "templates", "state", "walked", "workers",
    "lists:-1:user", "lists:0:followings", "lists:1:followings",
}  # fmt: skip
HARMLESS = {"info", "beat", "grace", "pace", "named", "blocked", "hopeless", "worker_names"}
SECONDS = 20  # a worker that has noticed ends within these, also on a busy machine


def names(client: Redis) -> set[str]:
    """The names of the crawl's keys. Those of ids are only `ids`."""
    found = {key.decode().removeprefix(PREFIX) for key in client.scan_iter(PREFIX + "*")}
    return {"ids" if name.startswith("ids:") else name for name in found}


def errors(log: str) -> list[str]:
    return [line for line in log.splitlines() if " ERROR: " in line]


def check_lost(crawl: Workers, redis: RedisServer, key: str, workers: int) -> None:
    """All workers end soon, and say what is lost; so do `scrapy status` and the next worker."""
    begun = time.monotonic()
    assert [worker.wait(SECONDS) for worker in crawl.running] == [1] * workers, crawl.logs()
    assert time.monotonic() - begun < SECONDS
    assert crawl.wait() == [1] * workers
    for worker in crawl.all:
        (line,) = errors(worker.printed)
        assert f"Redis has lost a part of the crawl 'mine' at {redis.url}: " in line
        assert f"({key})" in line
        assert "user_graph: incomplete (exit code 1)" in worker.printed
        assert "the same command" not in worker.printed
    crawl.merged()
    assert crawl.told.count("NOT complete") == 1
    assert "resumes it" not in crawl.told

    folders = list(crawl.folder.glob("output/*/*/*"))
    again = crawl.start()
    assert crawl.wait() == [2], again.printed
    (line,) = again.printed.splitlines()
    assert f"({key})" in line
    assert "`sc-spiders status mine --forget`" in line
    assert list(crawl.folder.glob("output/*/*/*")) == folders


@pytest.mark.parametrize("key", sorted(NEEDED))
def test_a_key_that_is_lost_ends_all_workers_in_one_line(
    key: str, tmp_path: Path, slow: Sandbox, redis: RedisServer
) -> None:
    """Both workers, and the one that is begun afterwards, are crawls in this process."""
    settings = {
        "FEEDS": {str(tmp_path / "%(worker)s.jsonl"): {"format": "jsonlines"}},
        "CONCURRENT_REQUESTS": 4,
        **{"SC_REDIS_URL": redis.url, "SC_CRAWL": "mine", "SC_LEASE": 3, "SC_RATE": 50, "SC_PAGE_SIZE": 10},
    }
    worker = partial(crawling, "user_graph", tmp_path, sandbox=slow, settings=settings, user=183, depth=2)

    async def both() -> tuple[Crawl, Crawl]:
        one, other, _ = await asyncio.gather(worker(), worker(), asyncio.to_thread(lose, redis, key, workers=2))
        return one, other

    found = asyncio.run(both())
    assert [one.code for one in found] == [1, 1]
    errors = found[0].errors
    assert len(errors) == 2  # one of each
    assert len(set(errors)) == 1
    assert f"Redis has lost a part of the crawl 'mine' at {redis.url}: " in errors[0]
    assert f"({key})" in errors[0]

    files = set(tmp_path.glob("*.jsonl"))
    again = asyncio.run(worker())
    assert again.code == 2
    (line,) = again.errors
    assert f"({key})" in line
    assert "`sc-spiders status mine --forget`" in line
    assert set(tmp_path.glob("*.jsonl")) == files
    with Redis(port=redis.port) as client:
        assert names(client).isdisjoint({key})


def lose(redis: RedisServer, key: str, workers: int) -> None:
    """Delete a key in the midst of the crawl."""
    redis.until_joined(workers)
    redis.until(15)
    with Redis(port=redis.port) as client:
        assert names(client) <= NEEDED | HARMLESS | {"ids", "pages:followers", "lists:0:followers", "lists:1:followers"}
        while not client.delete(PREFIX + key):  # `state` is there while any list is in the middle
            time.sleep(0.01)


def test_what_status_says_of_a_lost_key(workers: Make, redis: RedisServer) -> None:
    crawl = workers(SC_CRAWL="mine")
    crawl.start(depth=1)
    assert crawl.wait() == [0], crawl.logs()
    with Redis(port=redis.port) as client:
        client.delete(PREFIX + "meta")
    told = status(crawl.folder, redis.url)
    assert (told.code, told.out) == (2, "")
    (line,) = told.err.splitlines()
    assert line == (
        "status: mine: Redis has lost a part of it: its settings (meta); remove it with "
        "`sc-spiders status mine --forget`"
    )
    assert "keys removed" in status(crawl.folder, redis.url, "mine", "--forget").out
    crawl.start(depth=1)
    assert crawl.wait() == [0], crawl.logs()


def test_a_consumer_group_that_is_lost(workers: Make, redis: RedisServer) -> None:
    crawl = workers(SC_CRAWL="mine", SC_RATE=50)
    crawl.start_together(redis, 2)
    redis.until(10)
    with Redis(port=redis.port) as client:
        client.xgroup_destroy(PREFIX + "lists:1:followings", "workers")
    check_lost(crawl, redis, "group:lists:1:followings", 2)


def test_listings_that_are_lost_out_of_a_stream_keep_nobody_waiting(workers: Make, redis: RedisServer) -> None:
    crawl = workers(SC_CRAWL="mine", SC_RATE=50)
    crawl.start_together(redis, 2)
    redis.until(10)
    with Redis(port=redis.port) as client:
        client.xtrim(PREFIX + "lists:1:followings", maxlen=0, approximate=False)
    check_lost(crawl, redis, "listings", 2)


def test_the_ids_of_a_listing_are_missed_by_the_next_worker(workers: Make, redis: RedisServer) -> None:
    crawl = workers(SC_CRAWL="mine", SC_RATE=50, SC_PAGE_SIZE=5, SC_LEASE=1)
    first = crawl.start()
    redis.until(10)
    crawl.kill(first)
    crawl.all.remove(first)
    with Redis(port=redis.port) as client:
        assert client.delete(*client.scan_iter(PREFIX + "ids:*")) > 0
    crawl.start()
    check_lost(crawl, redis, "ids", 1)


def test_without_the_other_keys_the_crawl_is_exact(workers: Make, slow: Sandbox, redis: RedisServer) -> None:
    crawl = workers(SC_CRAWL="mine", SC_RATE=75)
    crawl.start_together(redis, 2)
    for pages in range(10, 70, 10):
        redis.until(pages)
        with Redis(port=redis.port) as client:
            client.delete(*(PREFIX + name for name in HARMLESS))
    assert crawl.wait() == [0, 0], crawl.logs()
    check(crawl, slow.world)


def test_listings_to_be_tried_again_are_missed(workers: Make, redis: RedisServer) -> None:
    with Sandbox(users=POPULATION, seed=1, faults="403html@/users/*/followers#1-3") as sandbox:
        crawl = workers(sandbox=sandbox, SC_CRAWL="mine", SC_LEASE=1)
        crawl.start(depth=1)
        assert crawl.wait() == [1], crawl.logs()
        with Redis(port=redis.port) as client:
            assert {"parked", "walked", "templates"} <= names(client)
            client.delete(PREFIX + "parked")
        again = crawl.start(depth=1)
        assert crawl.wait() == [2], crawl.logs()
        (line,) = again.printed.splitlines()
        assert "listings to be tried again (parked)" in line


def test_a_finished_crawl_needs_little(workers: Make, redis: RedisServer) -> None:
    crawl = workers(SC_CRAWL="mine")
    crawl.start(depth=1)
    assert crawl.wait() == [0], crawl.logs()
    with Redis(port=redis.port) as client:
        assert names(client) - HARMLESS == {"meta", "parts", "totals"}


def test_a_crawl_that_is_begun_again_is_not_taken_for_the_one_that_is_gone(
    workers: Make, slow: Sandbox, redis: RedisServer
) -> None:
    crawl = workers(SC_CRAWL="mine", SC_RATE=50)
    sleeper = crawl.start()
    redis.until(30)
    sleeper.send(signal.SIGSTOP)
    with Redis(port=redis.port) as client:
        client.flushall()
    time.sleep(1)  # the folder's name has seconds
    crawl.start()
    redis.until(50)
    sleeper.send(signal.SIGCONT)
    assert crawl.wait() == [3, 0], crawl.logs()
    (line,) = errors(sleeper.printed)
    assert "The crawl is not in Redis any more" in line
    old, new = sorted(crawl.folder.glob("output/user_graph/*"))
    assert re.search(rf"^complete: {LISTINGS} of {LISTINGS}", merged(crawl, new), re.MULTILINE)
    assert "NOT complete" in merged(crawl, old)


def merged(crawl: Workers, folder: Path) -> str:
    (crawl.folder / "all.jsonl").unlink(missing_ok=True)
    crawl.merged(str(folder))
    return crawl.told
