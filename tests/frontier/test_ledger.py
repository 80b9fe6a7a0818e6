"""The ledger stores attempts and endings."""

import errno
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.settings import Settings

from sc_spiders.frontier.base import Ack
from sc_spiders.frontier.crawl_ledger import CrawlLedger
from sc_spiders.frontier.directory import remedy
from sc_spiders.pages.listing import Listing

from .test_protocol import job_frontier, run, spec, users


def test_an_attempt_that_is_taken_back_opens_no_listing_that_has_ended(tmp_path: Path) -> None:
    """A page fails, its endpoint is blocked, and then the probe finds that the API is down."""
    frontier = job_frontier(tmp_path, 0)
    crawler: Any = SimpleNamespace(settings=Settings({"SC_ATTEMPTS": 3}))
    crawl: Any = SimpleNamespace(frontier=frontier)
    ledger = CrawlLedger(crawler, crawl, SimpleNamespace())  # type: ignore[arg-type]

    async def walk(_: object) -> None:
        (listing,) = await frontier.lease(9, may_try=True)
        await ledger.attempt(listing, again=False)
        ledger.come_back(listing)
        await frontier.acknowledge(Ack(listing.end("blocked", "http_403")))
        ledger.forgive(listing)

    assert run(frontier, spec(users(1)), walk) == "incomplete"


def test_a_store_that_another_program_has_locked_is_waited_for_once(tmp_path: Path) -> None:
    """Each try waits some seconds, and all requests in flight come back when the crawl ends."""
    failed: list[Exception] = []
    tried: list[Listing] = []

    def save(listing: Listing, *, sent: bool) -> None:
        tried.append(listing)
        raise sqlite3.OperationalError("database is locked")

    crawler: Any = SimpleNamespace(settings=Settings({"SC_ATTEMPTS": 3}))
    crawl: Any = SimpleNamespace(frontier=SimpleNamespace(save=save), fail=failed.append)
    ledger = CrawlLedger(crawler, crawl, SimpleNamespace())  # type: ignore[arg-type]

    assert [ledger.come_back(listing) for listing in users(1, 2, 3)] == [False] * 3
    assert len(tried) == len(failed) == 1


def test_a_message_says_what_to_do_about_an_error_of_writing(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x", isolation_level=None)) as one:
        one.execute("BEGIN EXCLUSIVE")
        with closing(sqlite3.connect(tmp_path / "x", timeout=0)) as other, pytest.raises(sqlite3.Error) as locked:
            other.execute("CREATE TABLE x (y)")
    assert remedy(locked.value) == "end the program that has locked it"
    assert remedy(OSError(errno.ENOSPC, "No space left on device")) == "make room"
    assert remedy(OSError(errno.EROFS, "Read-only file system")) == "make it writable"
