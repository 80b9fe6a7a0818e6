"""Both frontiers, in SQLite and in Redis, implement `frontier.base.Frontier`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.settings import Settings

from sc_spiders.api import CATALOGUE
from sc_spiders.frontier.base import Ack, CrawlSpec, Frontier
from sc_spiders.frontier.fingerprint import digest
from sc_spiders.frontier.job import JobFrontier
from sc_spiders.frontier.redis.frontier import RedisFrontier
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.namespaces import Namespace
from sc_spiders.pages.seen import ident
from sc_spiders.records import Drift
from tests.cluster.server import RedisServer

Make = Callable[..., Frontier]
Do = Callable[[Frontier], Awaitable[Any]]

LEASE = 1.0  # seconds
IDENTITY = {"spider": "user_graph", "arguments": {"user": "1"}, "api": "v2"}


def users(*numbers: int, level: int = 0) -> list[Listing]:
    """Their lists of followings."""
    return [
        Listing("followings", f"soundcloud:users:{number}", f"/users/{number}/followings", level=level)
        for number in numbers
    ]


def spec(seeds: Sequence[Listing], **more: Any) -> CrawlSpec:
    return CrawlSpec(IDENTITY, {}, {"seeds": digest(seeds)}, seeds, **more)


def job_frontier(folder: Path, rate: float) -> Frontier:
    def fail(error: Exception) -> None:
        raise AssertionError(error)

    return JobFrontier(folder / "job", rate, Drift("v2"), fail)


def redis_frontier(redis: RedisServer, rate: float) -> Frontier:
    settings = Settings({"SC_REDIS_URL": redis.url, "SC_LEASE": LEASE, "SC_RATE": rate, "SC_CRAWL": "mine"})
    crawler: Any = SimpleNamespace(settings=settings, crawling=True, engine=None)
    crawler.stats = SimpleNamespace(get_value=lambda name, default: default)
    crawl: Any = SimpleNamespace(stop=pytest.fail, fail=lambda error: pytest.fail(repr(error)))
    frontier = crawl.frontier = RedisFrontier(crawler, crawl)
    return frontier


@pytest.fixture(params=["sqlite", "redis"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes the frontier of a further process of the same crawl."""
    if request.param == "sqlite":
        yield lambda rate=0: job_frontier(tmp_path, rate)
        return
    redis = RedisServer(tmp_path).start()
    yield lambda rate=0: redis_frontier(redis, rate)
    redis.stop()


def run(frontier: Frontier, given: CrawlSpec, do: Do) -> str:
    """Begin or resume, run `do`, and end. Returns the frontier's finish_reason for "finished"."""

    async def whole() -> str:
        await frontier.open(given)
        if frontier.status.finished:
            frontier.abandon()
            await asyncio.sleep(0.05)
            return frontier.status.finished
        frontier.begin({})
        await do(frontier)
        reason = await frontier.finish("finished")
        frontier.close(reason, {}, {})
        return reason

    return asyncio.run(whole())


async def leased(frontier: Frontier, count: int = 100, *, may_try: bool = True, within: float = 3.0) -> list[Listing]:
    """Lease until no more listings come. Without other workers, that is at once."""
    found = await frontier.lease(count, may_try=may_try)
    end = time.monotonic() + within
    while not found and frontier.polls and not frontier.is_over and time.monotonic() < end:
        await asyncio.sleep(frontier.polls / 4)
        found = await frontier.lease(count, may_try=may_try)
    return found


def names(listings: Sequence[Listing]) -> list[str]:
    return sorted(listing.subject or "" for listing in listings)


def test_each_listing_is_leased_once_and_the_crawl_ends(make: Make) -> None:
    given = spec(users(1, 2, 3))

    async def walk(frontier: Frontier) -> None:
        first = await leased(frontier, 2)
        assert len(first) == 2
        rest = await leased(frontier)
        assert names([*first, *rest]) == names(given.seeds)
        assert await leased(frontier, within=0) == []
        for listing in (*first, *rest):
            assert frontier.holds(listing)
            assert (await frontier.acknowledge(Ack(listing.end("end")))).held

    async def nothing(frontier: Frontier) -> None:
        raise AssertionError

    assert run(make(), given, walk) == "finished"
    again = make()
    assert run(again, given, nothing) == "finished"
    assert again.status.finished == "finished"
    if not again.status.shared:
        assert again.status.listings["complete"] == 3


def test_what_leads_further_is_walked_after_its_level(make: Make) -> None:
    given = spec(users(1, 2), unordered_from=9)

    async def walk(frontier: Frontier) -> None:
        one, two = await leased(frontier)
        await frontier.acknowledge(Ack(one.end("end"), users(3, level=1)))
        assert await leased(frontier, within=0.5) == []  # its level waits for the other seed
        await frontier.acknowledge(Ack(two.end("end"), users(4, level=1)))
        further = await leased(frontier)
        assert names(further) == ["soundcloud:users:3", "soundcloud:users:4"]
        assert sum(frontier.levels.values()) in (0, 2)  # with Redis, only the next exchange tells
        for listing in further:
            await frontier.acknowledge(Ack(listing.end("end")))

    assert run(make(), given, walk) == "finished"


def test_from_a_level_on_none_waits(make: Make) -> None:
    given = spec(users(1, 2), unordered_from=1)

    async def walk(frontier: Frontier) -> None:
        one, two = await leased(frontier)
        await frontier.acknowledge(Ack(one.end("end"), users(3, level=1)))
        (three,) = await leased(frontier)
        for listing in (two, three):
            await frontier.acknowledge(Ack(listing.end("end")))

    assert run(make(), given, walk) == "finished"


def test_whoever_goes_on_begins_at_the_page_that_was_acknowledged_last(make: Make) -> None:
    given = spec(users(1))

    async def first_page(frontier: Frontier) -> None:
        (listing,) = await leased(frontier)
        rows = Namespace.rows(listing.id, "user")
        frontier.seen.add(rows, [5, 6])
        frontier.seen.stage(listing.id)
        listing.pages, listing.fetched, listing.url = 1, 2, "/users/1/followings?cursor=2"
        assert (await frontier.acknowledge(Ack(listing))).held

    async def second_page(frontier: Frontier) -> None:
        (listing,) = await leased(frontier)
        assert (listing.pages, listing.fetched, listing.url) == (1, 2, "/users/1/followings?cursor=2")
        assert frontier.seen.fresh(Namespace.rows(listing.id, "user"), [5, 6, 7]) == [7]
        await frontier.acknowledge(Ack(listing.end("end")))

    run(make(), given, first_page)
    again = make()
    assert run(again, given, second_page) == "finished"


def test_a_page_that_is_not_written_changes_nothing_of_other_listings(make: Make) -> None:
    given = spec(users(1, 2))

    async def first_pages(frontier: Frontier) -> None:
        for listing in await leased(frontier):
            frontier.seen.add(Namespace.rows(listing.id, "user"), [5, 6])
            frontier.seen.stage(listing.id)
            listing.pages = 1
            await frontier.acknowledge(Ack(listing))

    async def second_page(frontier: Frontier) -> None:
        one, other = await leased(frontier)
        frontier.seen.stage(one.id)
        frontier.seen.rollback(one.id)
        assert frontier.seen.fresh(Namespace.rows(other.id, "user"), [5, 6, 7]) == [7]

    run(make(), given, first_pages)
    run(make(), given, second_page)


def test_a_page_that_did_not_come_counts_its_attempts(make: Make) -> None:
    given = spec(users(1))

    async def fail(frontier: Frontier) -> None:
        (listing,) = await leased(frontier)
        for _ in range(3):
            listing.attempts += 1
            frontier.save(listing, sent=True)
            listing.error = "http_500"
            frontier.save(listing, sent=False)

    async def look(frontier: Frontier) -> None:
        (listing,) = await leased(frontier)
        assert (listing.attempts, listing.error, listing.losses) == (3, "http_500", 0)
        await frontier.acknowledge(Ack(listing.end("end")))

    run(make(), given, fail)
    assert run(make(), given, look) == "finished"


def test_a_listing_that_ended_badly_makes_the_crawl_incomplete(make: Make) -> None:
    async def walk(frontier: Frontier) -> None:
        (listing,) = await leased(frontier)
        await frontier.acknowledge(Ack(listing.end("error", "http_500")))
        await leased(frontier, within=0.5)
        assert frontier.is_bad

    frontier = make()
    assert run(frontier, spec(users(1)), walk) == "incomplete"
    assert frontier.status.listings == {"error": 1}
    assert frontier.status.named == ["followings of soundcloud:users:1: error (http_500)"]


def test_what_was_blocked_is_tried_again_after_all_others(make: Make) -> None:
    given = spec(users(1, 2), unordered_from=9)

    async def block(frontier: Frontier) -> None:
        for listing in await leased(frontier):
            listing.attempts = 1
            ended = (
                listing.end("blocked", "http_403") if listing.subject == "soundcloud:users:1" else listing.end("end")
            )
            await frontier.acknowledge(Ack(ended))

    async def go_on(frontier: Frontier) -> None:
        assert await leased(frontier, may_try=False, within=0.5) == []
        (listing,) = await leased(frontier)
        assert (listing.subject, listing.tried, listing.attempts) == ("soundcloud:users:1", True, 0)
        await frontier.acknowledge(Ack(listing.end("end")))

    assert run(make(), given, block) == "incomplete"
    assert run(make(), given, go_on) == "finished"


def test_whom_two_pages_lead_to_is_walked_once(make: Make) -> None:
    given = spec(users(1, 2), unordered_from=0)

    async def walk(frontier: Frontier) -> None:
        pages = await leased(frontier)
        found = []
        for listing in pages:
            fresh = frontier.seen.fresh(Namespace.followed(), [3, 4])
            frontier.seen.add(Namespace.followed(), fresh)
            frontier.seen.stage(listing.id)
            await frontier.acknowledge(Ack(listing.end("end"), users(*fresh, level=1)))
        while more := await leased(frontier, within=1):
            found += more
            for listing in more:
                await frontier.acknowledge(Ack(listing.end("end")))
        assert names(found) == ["soundcloud:users:3", "soundcloud:users:4"]

    assert run(make(), given, walk) == "finished"


def test_a_playlist_ends_when_its_tracks_have_come(make: Make) -> None:
    playlist = Listing("playlist", "soundcloud:playlists:9", "/playlists/9", extra={"tracks": ""})

    async def walk(frontier: Frontier) -> None:
        (listing,) = await leased(frontier)
        listing.pages = 1
        frontier.hydration.want(listing, [7, 8])
        frontier.seen.stage(listing.id)
        assert listing.waiting
        done = await frontier.acknowledge(Ack(listing))
        assert (done.held, list(done.over)) == (True, [])
        (batch,) = await leased(frontier)
        assert batch.extra["ids"] == [7, 8]
        batch.extra |= {"came": [7, 8], "refused": []}
        done = await frontier.acknowledge(Ack(batch.end("end"), users(3)))  # as a spider's `after_page` may add
        assert [one.subject for one in done.over] == ["soundcloud:playlists:9"]
        (over,) = done.over
        await frontier.acknowledge(Ack(over.end("end"), users(4)))
        further = await leased(frontier)
        assert names(further) == ["soundcloud:users:3", "soundcloud:users:4"]
        for listing in further:
            await frontier.acknowledge(Ack(listing.end("end")))

    assert run(make(), spec([playlist]), walk) == "finished"


def test_a_playlist_that_is_leased_again_is_read_again(make: Make) -> None:
    """The worker may lose the playlist, get it again, and die before its tracks have come."""
    playlist = Listing("playlist", "soundcloud:playlists:9", "/playlists/9", extra={"tracks": ""})

    async def walk(frontier: Frontier) -> None:
        (listing,) = await leased(frontier)
        read = ident(listing.subject or "")
        frontier.seen.add(Namespace.whole(), [read])
        listing.pages = 1
        frontier.hydration.want(listing, [7, 8])
        frontier.seen.stage(listing.id)
        await frontier.acknowledge(Ack(listing))
        assert frontier.seen.has(Namespace.whole(), read) is not frontier.status.shared

    run(make(), spec([playlist]), walk)


@pytest.mark.parametrize("unordered_from", [0, 9])
def test_more_seeds_than_are_added_at_once(make: Make, unordered_from: int) -> None:
    given = spec(users(*range(1, 2_301)), unordered_from=unordered_from)
    had: list[str] = []

    async def walk(frontier: Frontier) -> None:
        while found := await leased(frontier, 400):
            had.extend(names(found))
            await asyncio.gather(*(frontier.acknowledge(Ack(listing.end("end"))) for listing in found))

    assert run(make(), given, walk) == "finished"
    assert sorted(had) == names(given.seeds)


def test_a_crawl_without_seeds_is_over(make: Make) -> None:
    async def look(frontier: Frontier) -> None:
        assert await leased(frontier, within=0.5) == []
        assert frontier.is_over

    assert run(make(), spec([]), look) == "finished"


def test_what_is_called_finished_has_no_open_listing(make: Make) -> None:
    async def walk(frontier: Frontier) -> None:
        one, _ = await leased(frontier)
        await frontier.acknowledge(Ack(one.end("end")))

    assert run(make(), spec(users(1, 2)), walk) == "shutdown"


def test_a_run_that_tries_lists_again_and_dies_at_its_end_has_not_ended(make: Make) -> None:
    given = spec(users(1))

    async def block(frontier: Frontier) -> None:
        (listing,) = await leased(frontier)
        await frontier.acknowledge(Ack(listing.end("blocked", "http_403")))

    async def die() -> None:
        """All lists have ended, and the closing records are not written."""
        frontier = make()
        await frontier.open(given)
        frontier.begin({})
        (listing,) = await leased(frontier)
        await frontier.acknowledge(Ack(listing.end("end")))
        await frontier.finish("finished")
        frontier.abandon()

    async def nothing(frontier: Frontier) -> None:
        pass

    assert run(make(), given, block) == "incomplete"
    asyncio.run(die())
    assert run(make(), given, nothing) == "finished"


def test_the_pace_is_kept(make: Make) -> None:
    async def walk(frontier: Frontier) -> None:
        begun = time.monotonic()
        await asyncio.gather(*(frontier.pace.turn() for _ in range(6)))
        assert time.monotonic() - begun >= 0.95 * 5 / 20
        (listing,) = await leased(frontier)
        await frontier.acknowledge(Ack(listing.end("end")))

    assert run(make(20), spec(users(1)), walk) == "finished"


@pytest.mark.parametrize("seeds", [users(1), users(1, 2, 3)], ids=["fewer", "more"])
def test_another_crawl_is_refused(make: Make, seeds: list[Listing]) -> None:
    async def nothing(frontier: Frontier) -> None:
        await leased(frontier)

    run(make(), spec(users(1, 2)), nothing)
    other = make()
    with pytest.raises(ValueError, match="other seeds"):
        asyncio.run(other.open(spec(seeds)))
    with pytest.raises(ValueError, match="another"):
        asyncio.run(
            make().open(CrawlSpec({**IDENTITY, "api": "public"}, {}, {"seeds": digest(users(1, 2))}, users(1, 2)))
        )


def test_what_a_page_added_that_is_not_written_is_new_again(make: Make) -> None:
    async def walk(frontier: Frontier) -> None:
        if not frontier.status.shared:
            (listing,) = await leased(frontier)
            assert frontier.holds(listing)  # nobody else can take it
            return
        edge = CATALOGUE["followings"].edge
        assert edge
        edges = Namespace.edge(edge, "soundcloud:users:1", "user")
        for namespace in (edges, Namespace.followed(), Namespace.node("user")):
            (listing,) = await leased(frontier)
            assert frontier.seen.fresh(namespace, [5, 6]) == [5, 6]
            frontier.seen.add(namespace, [5, 6])
            frontier.seen.stage(listing.id)
            time.sleep(1.1 * LEASE)  # noqa: ASYNC251  # the process stands still
            assert not frontier.holds(listing)
            assert frontier.seen.fresh(namespace, [5, 6]) == [5, 6]

    run(make(), spec(users(1), bidirectional=True), walk)


def test_what_an_acknowledged_page_added_stays(make: Make) -> None:
    async def walk(frontier: Frontier) -> None:
        (listing,) = await leased(frontier)
        nodes = Namespace.node("user")
        frontier.seen.add(nodes, [5])
        frontier.seen.stage(listing.id)
        listing.pages = 1
        await frontier.acknowledge(Ack(listing))
        frontier.seen.rollback(listing.id)  # its next page could not be read
        assert frontier.seen.fresh(nodes, [5, 6]) == [6]
        await frontier.acknowledge(Ack(listing.end("end")))

    run(make(), spec(users(1)), walk)
