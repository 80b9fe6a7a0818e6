"""Several crawls in one process: each removes its own credentials from its records, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from scrapy import signals
from scrapy.crawler import Crawler

from sc_spiders.extensions.garbage import Garbage
from sc_spiders.redaction.logs import redact
from tests.support.answers import http, user
from tests.support.crawl import Crawl, crawl, crawling
from tests.support.server import Server

ONE, OTHER = "AbCdEfGhIjKlMnOpQrStUvWxYz012345", "forssforssforss"


def answer(path: str, turn: int) -> bytes:
    """A profile whose texts are the credentials of both crawls."""
    return http(200, {**user(1), "first_name": ONE, "last_name": OTHER})


def names(crawl: Crawl) -> tuple[str, str]:
    """The profile's texts in its records."""
    (found,) = crawl.records("user")
    return found["first_name"], found["last_name"]


class Pair:
    """Crawls of one server. Each has its own client id."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder

    async def crawl(
        self, client_id: str, before: Callable[[Crawler], object] | None = None, given: dict[str, str] | None = None
    ) -> Crawl:
        """Run a crawl to its end. `before` gets its crawler."""
        settings = {**self.server.settings, "SC_CLIENT_ID": client_id, **(given or {})}
        folder = self.folder / client_id
        return await crawling("user", folder, settings=settings, before=before, user="1", include="profile")


@pytest.mark.parametrize("together", [True, False], ids=["together", "one after the other"])
def test_each_cuts_its_own_credentials_out_of_its_records(tmp_path: Path, together: bool) -> None:
    async def crawl_both(pair: Pair) -> list[Crawl]:
        if together:
            return list(await asyncio.gather(pair.crawl(ONE), pair.crawl(OTHER)))
        return [await pair.crawl(ONE), await pair.crawl(OTHER)]

    with Server(answer) as server:
        one, other = asyncio.run(crawl_both(Pair(server, tmp_path)))

    assert names(one) == ("[hidden]", OTHER)
    assert names(other) == (ONE, "[hidden]")


def test_log_lines_are_redacted_while_either_runs(tmp_path: Path) -> None:
    before = logging.getLogRecordFactory()
    both = f"{ONE} {OTHER}"
    shown: list[str] = []

    async def crawl_both(pair: Pair) -> None:
        together = asyncio.Barrier(2)

        async def closing() -> None:
            await together.wait()
            shown.append(redact(both))
            await together.wait()

        def wait_while_closing(crawler: Crawler) -> None:
            crawler.signals.connect(closing, signals.spider_closed)

        await asyncio.gather(pair.crawl(ONE, wait_while_closing), pair.crawl(OTHER, wait_while_closing))

    with Server(answer) as server:
        asyncio.run(crawl_both(Pair(server, tmp_path)))

    assert shown == ["[hidden] [hidden]"] * 2
    assert redact(both) == both
    assert logging.getLogRecordFactory() is before


@pytest.fixture
def unfrozen(garbage: Garbage) -> Iterator[None]:
    """No other crawl is open, as in a process outside of tests."""
    garbage.spider_closed()
    yield
    garbage.spider_opened()


def of_the_process() -> tuple[object, ...]:
    """What all crawls of a process share."""
    return gc.get_threshold(), gc.get_freeze_count(), sys.excepthook, signal.getsignal(signal.SIGINT), os.environ.copy()


@pytest.mark.usefixtures("unfrozen")
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("given", [{}, {"SC_ATTEMPTS": "0"}], ids=["crawled", "refused"])
def test_the_process_is_as_it_was(tmp_path: Path, number: int, given: dict[str, str]) -> None:
    before = of_the_process()
    meanwhile: list[tuple[int, ...]] = []

    async def crawl_all(pair: Pair) -> None:
        together = asyncio.Barrier(number)

        async def closing() -> None:
            await together.wait()
            meanwhile.append(gc.get_threshold())

        def wait_while_closing(crawler: Crawler) -> None:
            crawler.signals.connect(closing, signals.spider_closed)

        await asyncio.gather(*(pair.crawl(name, wait_while_closing, given) for name in (ONE, OTHER)[:number]))

    with Server(answer) as server:
        asyncio.run(crawl_all(Pair(server, tmp_path)))

    assert of_the_process() == before
    assert len(meanwhile) == number


@pytest.mark.parametrize("user", ["1", "no user"], ids=["crawled", "refused"])
def test_the_sandbox_of_a_crawl_ends_with_it(tmp_path: Path, user: str) -> None:
    before = set(threading.enumerate())
    settings = {"SC_SANDBOX": "1", "SC_SANDBOX_USERS": "30"}
    done = crawl("user", tmp_path, settings=settings, user=user, include="profile")

    assert (done.code == 2) == (user == "no user")
    assert "sc-sandbox" not in {thread.name for thread in set(threading.enumerate()) - before}


@pytest.mark.usefixtures("unfrozen")
def test_the_last_crawl_that_ends_restores_the_collector(tmp_path: Path) -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    longer = Garbage()
    longer.spider_opened()
    with Server(answer) as server:
        asyncio.run(Pair(server, tmp_path).crawl(ONE))
    assert gc.get_threshold() != before
    assert gc.get_freeze_count() > frozen

    longer.spider_closed()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, frozen)


@pytest.mark.usefixtures("unfrozen")
def test_what_somebody_else_has_frozen_stays_frozen(tmp_path: Path) -> None:
    gc.freeze()
    try:
        before = gc.get_freeze_count()
        with Server(answer) as server:
            asyncio.run(Pair(server, tmp_path).crawl(ONE))
        assert gc.get_freeze_count() > before / 2
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("given", [{"SC_ATTEMPTS": "0"}, {"STATS_CLASS": "no.such.Class"}], ids=["refused", "broken"])
def test_a_crawl_that_does_not_begin_leaves_nothing_behind(tmp_path: Path, given: dict[str, str]) -> None:
    before = logging.getLogRecordFactory()

    with Server(answer) as server, suppress(ImportError):
        asyncio.run(Pair(server, tmp_path).crawl(ONE, given=given))
    gc.collect()

    assert redact(ONE) == ONE
    assert logging.getLogRecordFactory() is before
