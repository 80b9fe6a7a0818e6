"""Which requests are sent while the API asks for a wait, and what happens to those that wait."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from scrapy.exceptions import IgnoreRequest

from sc_spiders.downloader.circuit import Circuit
from tests.support.answers import http, user
from tests.support.crawl import Crawls
from tests.support.patience import PATIENCE
from tests.support.server import Server

from .gated import GATE

WAIT = 0.1


class Line:
    """Sends requests through a circuit. `passed`: those that it let through, in their order."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.heeded: list[float] = []
        self.closing = False
        self.circuit = Circuit(lambda: self.closing, self.heeded.append)

    def send(self, *names: str, gap: float = 0, first: bool = False) -> list[asyncio.Task[None]]:
        return [asyncio.ensure_future(self._send(name, gap, first)) for name in names]

    async def _send(self, name: str, gap: float, first: bool) -> None:
        await self.circuit.enter(name, lambda: gap, first=first)
        self.passed.append(name)


def check(scene: Callable[[Line], Awaitable[None]]) -> None:
    async def play() -> None:
        await scene(Line())

    asyncio.run(play())


@pytest.mark.quick
def test_closed_it_lets_all_pass() -> None:
    async def scene(line: Line) -> None:
        line.send("a", "b")
        await asyncio.sleep(0)
        assert line.passed == ["a", "b"]
        assert line.circuit.until == 0

    check(scene)


@pytest.mark.quick
def test_after_a_wait_one_tries_and_then_the_others_follow_in_their_order() -> None:
    async def scene(line: Line) -> None:
        line.circuit.open_for(WAIT)
        assert line.circuit.until > time.monotonic()
        line.send("a", "b", "c")
        await asyncio.sleep(WAIT / 2)
        line.circuit.success()  # answers a request that was sent before
        await asyncio.sleep(0)
        assert line.passed == []
        await asyncio.sleep(WAIT)
        assert line.passed == ["a"]
        line.circuit.success()
        await asyncio.sleep(0)
        assert line.passed == ["a", "b", "c"]
        assert line.circuit.waits == 0

    check(scene)


@pytest.mark.quick
def test_a_probe_that_fails_lets_the_next_try() -> None:
    async def scene(line: Line) -> None:
        line.circuit.open_for(0)
        line.send("a", "b", "c")
        await asyncio.sleep(0)
        line.circuit.failure("somebody who was sent before")
        await asyncio.sleep(0)
        assert line.passed == ["a"]
        line.circuit.failure("a")
        await asyncio.sleep(0)
        assert line.passed == ["a", "b"]

    check(scene)


@pytest.mark.quick
def test_a_probe_of_which_nobody_says_how_it_went_holds_nobody_up() -> None:
    async def scene(line: Line) -> None:
        line.circuit.open_for(0)
        line.send("a", "b")
        await asyncio.sleep(0)
        line.circuit.returned("a")
        await asyncio.sleep(0.1)
        assert line.passed == ["a"]
        await asyncio.sleep(1.1)
        assert line.passed == ["a", "b"]

    check(scene)


@pytest.mark.quick
def test_whoever_must_go_first_does() -> None:
    async def scene(line: Line) -> None:
        line.circuit.open_for(WAIT)
        line.send("a", "b")
        await asyncio.sleep(0)
        line.send("probe", first=True)
        await asyncio.sleep(2 * WAIT)
        assert line.passed == ["probe"]

    check(scene)


@pytest.mark.quick
def test_a_shorter_wait_changes_nothing_and_one_that_is_asked_for_is_told() -> None:
    async def scene(line: Line) -> None:
        line.circuit.open_for(60, asked=True)
        until = line.circuit.until
        line.circuit.open_for(30, asked=True)
        assert line.circuit.until == until
        assert (len(line.heeded), line.circuit.waits) == (1, 1)
        assert line.heeded[0] == pytest.approx(time.time() + 60, abs=5)

    check(scene)


@pytest.mark.quick
def test_those_that_have_waited_do_not_go_all_at_once() -> None:
    async def scene(line: Line) -> None:
        line.circuit.open_for(0)
        line.send("a", "b", "c", gap=WAIT)
        await asyncio.sleep(0)
        line.circuit.success()
        line.send("d")  # gets in line behind the others
        await asyncio.sleep(WAIT / 2)
        assert line.passed == ["a", "b"]
        await asyncio.sleep(WAIT)
        assert line.passed == ["a", "b", "c", "d"]

    check(scene)


@pytest.mark.quick
def test_a_crawl_that_closes_waits_for_nobody_in_line() -> None:
    async def scene(line: Line) -> None:
        line.circuit.open_for(3600)
        tasks = line.send("a", "b")
        cancelled = line.send("c")[0]
        await asyncio.sleep(0)
        cancelled.cancel()
        line.closing = True
        await asyncio.wait(tasks, timeout=2)
        assert all(isinstance(task.exception(), IgnoreRequest) for task in tasks)
        with pytest.raises(IgnoreRequest):
            await line.circuit.enter("d")
        assert line.passed == []

    check(scene)


def many(path: str, turn: int) -> bytes | None:
    """User 1 follows 300 users. A gate blocks the lists of followings of these."""
    if path == "/users/1/followings":
        return http(200, {"collection": [user(number) for number in range(101, 401)], "next_href": None})
    if "/followings" in path:
        return GATE
    return None


def test_a_blocked_endpoint_does_not_wait_for_the_delay_of_each_of_its_lists(crawls: Crawls) -> None:
    begun = time.monotonic()
    with Server(many) as server:
        crawl = crawls.run(
            *("user_graph", "-s", "DOWNLOAD_DELAY=0.2", "-s", "FAULTS_FIRST_WAIT=0.01"),
            settings=server.settings,
            user="1",
            depth="2",
            relations="followings",
        )

    ends = [one["ended"] for one in crawl.records("listing")]
    assert (crawl.code, ends.count("blocked"), ends.count("end")) == (1, 300, 1)
    assert server.asked.total() < 2 + 3 * 3
    assert time.monotonic() - begun < 45  # 300 delays would take a minute


def test_a_crawl_that_is_stopped_in_a_wait_ends_at_once_and_counts_no_attempt(crawls: Crawls) -> None:
    """This holds for any delay between requests. Listings that waited still have both attempts in the third run."""

    def script(path: str, turn: int) -> bytes | None:
        return http(429, Retry_After="60") if "#2" in path else None

    options = ("-s", "JOBDIR=job", "-s", "SC_ATTEMPTS=2", "-s", "DOWNLOAD_DELAY=0")
    words: dict[str, Any] = {"user": ",".join(map(str, range(1, 21))), "relations": "followings"}
    with Server(script) as server:
        for line in ("; again in 60 s", "The API asked for a wait that is not over: "):
            crawl = crawls.start("user_graph", *options, settings=server.settings, **words)
            until = time.monotonic() + PATIENCE
            while line not in crawl.err and time.monotonic() < until:
                time.sleep(0.02)
            time.sleep(1)
            stopped = time.monotonic()
            crawl.send(signal.SIGINT)
            assert crawl.wait() == 3
            assert time.monotonic() - stopped < 5
            options = ("-s", "JOBDIR=job", "-s", "SC_ATTEMPTS=2", "-s", "DOWNLOAD_DELAY=30")
        server.script = None
        options = ("-s", "JOBDIR=job", "-s", "SC_ATTEMPTS=2", "-s", "SC_MAX_WAIT=1")  # the wait is too long
        last = crawls.run("user_graph", *options, settings=server.settings, **words)

    assert last.code == 0, last.log
    assert [one["complete"] for one in last.records("listing")] == [True] * 20


def test_what_tells_whether_anything_is_answered_does_not_wait_for_those_that_wait(crawls: Crawls) -> None:
    """Two requests may be in flight, and both wait: the probe must not need one of their slots."""
    begun: list[float] = []

    def script(path: str, turn: int) -> bytes | None:
        if not begun and "#2" not in path:
            return None
        begun.append(time.monotonic())
        return http(503, "<html>") if len(begun) <= 9 else None

    with Server(script) as server:
        crawl = crawls.run(
            *("user_graph", "-s", "FAULTS_FIRST_WAIT=0.02", "-s", "DOWNLOAD_DELAY=0.05"),
            *("-s", "CONCURRENT_REQUESTS=2", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=2"),
            settings=server.settings,
            user=",".join(map(str, range(1, 11))),
            relations="followings",
        )
        refused = [path for _, path, status in server.times if status == 503]

    assert crawl.code == 0, crawl.log
    assert [one["complete"] for one in crawl.records("listing")] == [True] * 10
    assert all("#2" in path for path in refused[:3])
    assert not any("#2" in path for path in refused[4:])  # one request was in flight


def test_after_a_wait_requests_keep_the_delay_between_them(crawls: Crawls) -> None:
    """Eight requests wait until the wait is over. Then they are sent one by one, not all at once."""

    def script(path: str, turn: int) -> bytes | None:
        return http(429, Retry_After="3") if path == "/users/1" and turn == 1 else None

    with Server(script) as server:
        crawl = crawls.run(
            *("user_graph", "-s", "DOWNLOAD_DELAY=0.2", "-s", "DOWNLOAD_DELAY_JITTER=0"),
            settings=server.settings,
            user=",".join(map(str, range(1, 10))),
            relations="followings",
        )
        (refused,) = [at for at, _, status in server.times if status == 429]
        after = [at for at, _, _ in server.times if at > refused + 2.5]

    assert crawl.code == 0
    assert len(after) > 12
    assert max(sum(at <= other < at + 0.15 for other in after) for at in after) <= 4
