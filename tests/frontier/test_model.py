"""Any calls in any order: both frontiers answer as a model of them does, which is a dictionary and a few rules."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from redis import Redis
from scrapy.settings import Settings

from sc_spiders.frontier.base import Ack, CrawlSpec, Frontier
from sc_spiders.frontier.fingerprint import digest
from sc_spiders.frontier.job import JobFrontier
from sc_spiders.frontier.redis import eviction
from sc_spiders.frontier.redis.frontier import RedisFrontier
from sc_spiders.frontier.redis.store import CrawlStore, prefix
from sc_spiders.frontier.scripts import source
from sc_spiders.pages.listing import BAD, Listing
from sc_spiders.pages.namespaces import Namespace
from sc_spiders.records import Drift
from sc_spiders.redis_connection import connect
from tests.cluster.server import RedisServer
from tests.support.examples import examples

IDENTITY = {"spider": "user_graph", "arguments": {"user": "1"}, "api": "v2"}
LEASE = 600  # seconds: no lease ends by itself

ENDS = {
    "end": ("end", None),
    "limit": ("limit", None),
    "forbidden": ("forbidden", None),
    "error": ("error", "http_500"),
    "blocked": ("blocked", "http_403"),  # this and the next are tried again by a later run
    "timeout": ("error", "timeout"),
}
TRIED_AGAIN = {"blocked", "timeout"}


def user(number: int, level: int) -> Listing:
    """The list of whom this user follows."""
    return Listing("followings", f"soundcloud:users:{number}", f"/users/{number}/followings", level=level)


def _number(listing: Listing) -> int:
    return int((listing.subject or "").rpartition(":")[2])


# -- the model


@dataclass
class Item:
    """A listing. `how`: how it ended; "" while it is open. `sent`: its request is in flight."""

    number: int
    level: int
    pages: int = 0
    attempts: int = 0
    losses: int = 0
    error: str | None = None
    tried: bool = False
    how: str = ""
    leased: bool = False
    sent: bool = False
    rows: set[int] = field(default_factory=set)

    @property
    def state(self) -> tuple[Any, ...]:
        """What the next lease tells of it."""
        return self.number, self.level, self.pages, self.attempts, self.losses, self.error, self.tried


@dataclass
class Model:
    """`shared`: a crawl in Redis. `closed`: its finish_reason was stored at the end of the last run."""

    shared: bool
    free_from: int
    limit: int
    items: dict[int, Item]
    closed: bool = False

    @property
    def open(self) -> list[Item]:
        return [item for item in self.items.values() if not item.how]

    def levels(self) -> Counter[int]:
        return Counter(min(item.level, self.free_from) for item in self.open)

    def due(self, *, may_try: bool) -> list[Item]:
        """What a lease of everything gives."""
        lowest = min((item.level for item in self.open), default=0)
        due = [item for item in self.open if not item.leased and (item.level <= lowest or item.level >= self.free_from)]
        return [one for one in due if not one.tried] or [one for one in due if may_try]

    def follow(self, numbers: Sequence[int], level: int) -> None:
        for number in numbers:
            if number not in self.items and (not self.limit or self._followed < self.limit):
                self.items[number] = Item(number, level)

    @property
    def _followed(self) -> int:
        return sum(number >= FOUND for number in self.items)

    def die(self) -> None:
        """The process is gone. A worker's death counts for all its listings, a process's for those in flight."""
        for item in self.items.values():
            item.losses += item.sent or (self.shared and item.leased)
            self.release(item)

    def release(self, item: Item) -> None:
        item.leased = item.sent = False

    def reason(self) -> str:
        if self.open:
            return "shutdown"
        hows = Counter(item.how for item in self.items.values())
        is_bad = any(ENDS[how][0] in BAD for how in hows)
        came = any(how in ("end", "limit", "error") for how in hows)
        return "incomplete" if is_bad or (hows["forbidden"] and not came) else "finished"

    def ended(self) -> Counter[str]:
        """Numbers of listings by how they ended."""
        hows = (item.how for item in self.items.values() if item.how)
        return Counter("complete" if how == "end" else ENDS[how][0] for how in hows)

    def reopen(self) -> bool:
        """Begin a run. Returns whether there is nothing to do."""
        parked = [item for item in self.items.values() if item.how in TRIED_AGAIN]
        if not self.open and not parked and (self.shared or self.closed):
            return True
        if not self.shared or not self.open:
            for item in parked:
                item.tried = item.tried or item.attempts > 0
                item.how, item.error, item.attempts, item.losses = "", None, 0, 0
        self.closed = False
        return False


FOUND = 100  # users from this number on are found by the crawl


# -- the frontiers


class InSqlite:
    """The runs of one crawl in a job directory."""

    shared = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._left: list[JobFrontier] = []
        self._serial = count()
        self._job = folder / "job"

    def make(self) -> Frontier:
        def fail(error: Exception) -> None:
            raise AssertionError(error)

        return JobFrontier(self._job, 0, Drift("v2"), fail)

    async def kill(self, frontier: Any) -> None:
        """What is on the disk now goes on without the process."""
        frontier._syncing.stop()
        self._left.append(frontier)
        copy = self._folder / f"job-{next(self._serial)}"
        shutil.copytree(self._job, copy)
        self._job = copy

    async def expire(self, frontier: Frontier) -> bool:
        """Give all leases to another process, if the store can do that. Returns whether it can."""
        return False

    def close(self) -> None:
        for frontier in self._left:
            frontier.abandon()


class InRedis:
    """The same in Redis."""

    shared = True

    def __init__(self, redis: RedisServer, name: str) -> None:
        self._redis = redis
        self._name = name

    def make(self) -> Frontier:
        given = {"SC_REDIS_URL": self._redis.url, "SC_LEASE": LEASE, "SC_CRAWL": self._name}
        crawler: Any = SimpleNamespace(settings=Settings(given), crawling=True, engine=None)
        crawler.stats = SimpleNamespace(get_value=lambda name, default: default)
        crawl: Any = SimpleNamespace(stop=pytest.fail, fail=lambda error: pytest.fail(repr(error)))
        crawl.give_up = crawl.fail
        frontier = crawl.frontier = RedisFrontier(crawler, crawl)
        return frontier

    async def kill(self, frontier: Any) -> None:
        await frontier.lease(0, may_try=False)  # then nothing is on its way
        frontier._exchanges._task.cancel()
        await asyncio.gather(frontier._exchanges._task, return_exceptions=True)
        await frontier._store.close()
        self._dismiss()

    async def expire(self, frontier: Frontier) -> bool:
        await frontier.lease(0, may_try=False)
        self._dismiss()
        return True

    def _dismiss(self) -> None:
        """Let another worker notice that all others are silent."""
        key = prefix(self._name)
        with Redis(port=self._redis.port) as client:
            for worker in client.zrange(key + "workers", 0, -1):
                client.zadd(key + "workers", {worker: 1})
            client.delete(key + "grace")
            own_id = client.hget(key + "meta", "id") or b""
            take = [*CrawlStore(connect(self._redis.url), self._name, "other", LEASE).take(0, "{}"), own_id]
            client.eval(source("intact", "take"), 1, key, *take)
            client.eval(source("intact", "leave"), 1, key, "other", own_id)


Crawl = InSqlite | InRedis
Make = Callable[[], Crawl]


@pytest.fixture(params=["sqlite", "redis"])
def make(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes a new crawl."""
    serial = count()
    if request.param == "sqlite":
        yield lambda: InSqlite(tmp_path / str(next(serial)))
        return

    async def warn(url: str) -> None:
        pass

    monkeypatch.setattr(eviction, "warn", warn)
    redis = RedisServer(tmp_path, "--appendonly", "no").start()
    yield lambda: InRedis(redis, f"crawl-{next(serial)}")
    redis.stop()


# -- calls

choices = st.integers(0, 5)
found = st.lists(st.integers(FOUND, FOUND + 8), max_size=3, unique=True)
Step = tuple[Any, ...]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("lease"), st.booleans()),
        st.tuples(st.just("page"), choices, st.sets(st.integers(1, 6), max_size=3), found, st.booleans()),
        st.tuples(st.just("end"), choices, st.sampled_from(sorted(ENDS)), found, st.booleans()),
        st.tuples(st.just("end"), choices, st.just("end"), found, st.booleans()),
        st.tuples(st.just("send"), choices),
        st.tuples(st.just("fail"), choices),
        st.tuples(st.just("drop"), choices, st.sets(st.integers(1, 6), max_size=3), found),
        st.tuples(st.sampled_from(["expire", "stop", "kill", "finish"])),
    ),
    min_size=25,
    max_size=40,
)


_OF_LISTINGS = {"page", "end", "send", "fail", "drop"}


class Run:
    """Calls a crawl's frontier and its model alike. `held`: listings that this process has a lease of."""

    def __init__(self, crawl: Crawl, spec: CrawlSpec, model: Model) -> None:
        self.crawl = crawl
        self.spec = spec
        self.model = model
        self.held: list[Listing] = []
        self.lost: list[Listing] = []  # by a lease that ended
        self.is_over = False

    async def open(self) -> None:
        self.frontier = self.crawl.make()
        self.held, self.lost = [], []
        await self.frontier.open(self.spec)
        expected = self.model.reopen()
        assert (self.frontier.status.finished is not None) == expected
        if expected:
            assert self.frontier.status.finished == self.model.reason()
            self.is_over = True
            self.frontier.abandon()
            if self.crawl.shared:
                await self.frontier._abandoned  # type: ignore[attr-defined]
            return
        self.frontier.begin({})

    async def take(self, step: Step) -> None:
        if step[0] in _OF_LISTINGS and not self.held:
            await self.lease(may_try=True)
        if step[0] == "lease":
            await self.lease(may_try=step[1])
        else:
            await getattr(self, step[0])(*step[1:])

    def _chosen(self, number: int) -> tuple[Listing | None, Item | None]:
        """One of the held listings; its item only if it is still leased."""
        listings = [*self.held, *self.lost]
        if not listings:
            return None, None
        listing = listings[number % len(listings)]
        item = self.model.items[_number(listing)]
        return listing, item if listing in self.held else None

    async def lease(self, *, may_try: bool) -> None:
        leased = await self.frontier.lease(100, may_try=may_try)
        expected = self.model.due(may_try=may_try)
        told = [(_number(one), one.level, one.pages, one.attempts, one.losses, one.error, one.tried) for one in leased]
        assert sorted(told) == sorted(item.state for item in expected)
        for item in expected:
            item.leased = True
        self.held += sorted(leased, key=lambda one: one.subject or "")
        levels = Counter[int]()
        for level, open_ in self.frontier.levels.items():
            levels[min(level, self.spec.unordered_from)] += open_
        assert levels == self.model.levels()
        if self.crawl.shared:
            assert self.frontier.is_over == (not self.model.open)

    def _read(self, listing: Listing, item: Item | None, rows: set[int], users: list[int]) -> list[Listing]:
        """Read a page. Returns the listings that follow from it."""
        seen, namespace = self.frontier.seen, Namespace.rows(listing.id, "user")
        fresh = seen.fresh(namespace, sorted(rows))
        if item:
            assert fresh == sorted(rows - item.rows)
        seen.add(namespace, fresh)
        followed = Namespace.followed()
        new = seen.fresh(followed, users)
        if self.spec.limit:
            new = new[: max(0, self.spec.limit - seen.count(followed))]
        seen.add(followed, new)
        return [user(number, listing.level + 1) for number in new]

    async def page(self, number: int, rows: set[int], users: list[int], again: bool) -> None:
        listing, item = self._chosen(number)
        if not listing:
            return
        follow = self._read(listing, item, rows, users)
        listing.pages += 1
        listing.attempts = listing.losses = 0
        listing.error, listing.tried = None, False
        if item:
            item.pages += 1
            item.attempts = item.losses = 0
            item.error, item.tried, item.sent = None, False, False
            item.rows |= rows
            self.model.follow(users, item.level + 1)
        self.frontier.seen.stage(listing.id)
        await self._acknowledge(Ack(listing, follow), item, again=again)

    async def end(self, number: int, how: str, users: list[int], again: bool) -> None:
        listing, item = self._chosen(number)
        if not listing:
            return
        follow = []
        if how == "end":
            follow = self._read(listing, item, set(), users)
            listing.attempts = listing.losses = 0
        listing.end(*ENDS[how])
        if item:
            if how == "end":
                self.model.follow(users, item.level + 1)
            else:
                item.attempts = listing.attempts
            item.how = how
            self.model.release(item)
        self.frontier.seen.stage(listing.id)
        await self._acknowledge(Ack(listing, follow), item, again=again)
        if item:
            self.held.remove(listing)

    async def _acknowledge(self, ack: Ack, item: Item | None, *, again: bool) -> None:
        """`again`: the answer to the first call is lost."""
        async with self._repeated(again=again and self.crawl.shared):
            done = await self.frontier.acknowledge(ack)
        if not item:
            assert not done.held
            self.lost.remove(ack.listing)
        elif not again or not ack.listing.ended:
            assert done.held

    @asynccontextmanager
    async def _repeated(self, *, again: bool) -> AsyncIterator[None]:
        if not again:
            yield
            return
        store: Any = self.frontier._store  # type: ignore[attr-defined]
        exchange: Callable[..., Coroutine[Any, Any, Any]] = store.exchange

        async def twice(*args: Any) -> Any:
            await exchange(*args)
            return await exchange(*args)

        store.exchange = twice
        try:
            yield
        finally:
            store.exchange = exchange

    async def send(self, number: int) -> None:
        listing, item = self._chosen(number)
        if listing and item and not item.sent:
            listing.attempts += 1
            self.frontier.save(listing, sent=True)
            item.sent = True

    async def fail(self, number: int) -> None:
        listing, item = self._chosen(number)
        await self.send(number)
        if listing and item:
            listing.error = item.error = "http_500"
            item.attempts += 1
            item.sent = False
            self.frontier.save(listing, sent=False)

    async def drop(self, number: int, rows: set[int], users: list[int]) -> None:
        """A page is read and not written."""
        listing, item = self._chosen(number)
        if listing:
            self._read(listing, item, rows, users)
            self.frontier.seen.stage(listing.id)
            self.frontier.seen.rollback(listing.id)

    async def expire(self) -> None:
        await self._come_back()
        if await self.crawl.expire(self.frontier):
            self.model.die()
            self.lost += self.held
            self.held = []

    async def stop(self) -> None:
        await self._end("shutdown")

    async def finish(self) -> None:
        await self._end("finished")

    async def _come_back(self) -> None:
        """The requests in flight come back without an answer."""
        for listing in self.held:
            item = self.model.items[_number(listing)]
            if item.sent:
                self.frontier.save(listing, sent=False)
                item.attempts += 1
                item.sent = False

    async def _end(self, reason: str) -> None:
        await self._come_back()
        expected = self.model.reason()
        ended = await self.frontier.finish(reason)
        if reason == "finished" or (self.crawl.shared and not self.model.open):
            assert ended == expected
        assert +self.frontier.status.listings == self.model.ended()
        self.frontier.close(ended, {}, {})
        self.model.closed = ended in ("finished", "incomplete")
        for item in self.model.items.values():
            self.model.release(item)
        await self.open()

    async def kill(self) -> None:
        await self.crawl.kill(self.frontier)
        self.model.die()
        await self.open()


TRIED_TO_THE_END: list[Step] = [("end", 0, "blocked", [], False), ("finish",), ("end", 0, "end", [], False), ("kill",)]
TOLD_TWICE: list[Step] = [("fail", 0), ("page", 0, {1}, [FOUND], True)]


@example(1, 0, 0, TRIED_TO_THE_END)
@example(1, 0, 0, TOLD_TWICE)
@examples(25)
@given(st.integers(1, 3), st.integers(0, 2), st.sampled_from([0, 0, 2, 4]), steps)
def test_both_answer_as_the_model_does(make: Make, seeds: int, free_from: int, limit: int, calls: list[Step]) -> None:
    crawl = make()
    given_seeds = [user(number, 0) for number in range(1, seeds + 1)]
    spec = CrawlSpec(IDENTITY, {}, {"seeds": digest(given_seeds)}, given_seeds, unordered_from=free_from, limit=limit)
    items = {number: Item(number, 0) for number in range(1, seeds + 1)}
    run = Run(crawl, spec, Model(crawl.shared, free_from, limit, items))

    async def whole() -> None:
        await run.open()
        for step in [*calls, ("finish",), ("lease", True)]:
            if run.is_over:
                return
            await run.take(step)
        await run.crawl.kill(run.frontier)

    try:
        asyncio.run(whole())
    finally:
        if isinstance(crawl, InSqlite):
            crawl.close()
