"""Several crawls in one process: each removes its own credentials from its records, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from scrapy import signals
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings

from sc_spiders.extensions.garbage import Garbage
from sc_spiders.redaction.logs import redact
from tests.support.answers import http, user
from tests.support.server import Server

ONE, OTHER = "AbCdEfGhIjKlMnOpQrStUvWxYz012345", "forssforssforss"


def answer(path: str, turn: int) -> bytes:
    """A profile whose texts are the credentials of both crawls."""
    return http(200, {**user(1), "first_name": ONE, "last_name": OTHER})


class Pair:
    """Crawls of one server. Each has its own client id."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder

    async def crawl(
        self, client_id: str, closing: Callable[[], Awaitable[None]] | None = None, given: dict[str, str] | None = None
    ) -> None:
        """Run a crawl to its end. `closing` is awaited while the spider closes."""
        settings = Settings()
        settings.setmodule("sc_spiders.settings", priority="project")
        out = {str(self.folder / f"{client_id}.jsonl"): {"format": "jsonlines"}}
        own = {"SC_CLIENT_ID": client_id, "TWISTED_REACTOR_ENABLED": False, "FEEDS": out}
        settings.setdict({**self.server.settings, **own, **(given or {})}, priority="cmdline")
        runner = AsyncCrawlerRunner(settings)
        crawler = runner.create_crawler(runner.spider_loader.load("user"))

        if closing:
            crawler.signals.connect(closing, signals.spider_closed)
        await runner.crawl(crawler, user="1", include="profile")

    def names(self, client_id: str) -> tuple[str, str]:
        """The profile's texts in that crawl's records."""
        rows = map(json.loads, (self.folder / f"{client_id}.jsonl").read_text().splitlines())
        (found,) = [row for row in rows if row["kind"] == "user"]
        return found["first_name"], found["last_name"]


@pytest.mark.parametrize("together", [True, False], ids=["together", "one after the other"])
def test_each_cuts_its_own_credentials_out_of_its_records(tmp_path: Path, together: bool) -> None:
    async def crawl_both(pair: Pair) -> None:
        if together:
            await asyncio.gather(pair.crawl(ONE), pair.crawl(OTHER))
        else:
            await pair.crawl(ONE)
            await pair.crawl(OTHER)

    with Server(answer) as server:
        pair = Pair(server, tmp_path)
        asyncio.run(crawl_both(pair))

    assert pair.names(ONE) == ("[hidden]", OTHER)
    assert pair.names(OTHER) == (ONE, "[hidden]")


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

        await asyncio.gather(pair.crawl(ONE, closing), pair.crawl(OTHER, closing))

    with Server(answer) as server:
        asyncio.run(crawl_both(Pair(server, tmp_path)))

    assert shown == ["[hidden] [hidden]"] * 2
    assert redact(both) == both
    assert logging.getLogRecordFactory() is before


def of_the_process() -> tuple[object, ...]:
    """What all crawls of a process share."""
    return gc.get_threshold(), gc.get_freeze_count(), sys.excepthook, signal.getsignal(signal.SIGINT), os.environ.copy()


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

        await asyncio.gather(*(pair.crawl(name, closing, given) for name in (ONE, OTHER)[:number]))

    with Server(answer) as server:
        asyncio.run(crawl_all(Pair(server, tmp_path)))

    assert of_the_process() == before
    assert len(meanwhile) == number


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
