"""What this project needs of Scrapy's engine and Scrapy does not offer: no other file uses its private names."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from scrapy.utils.asyncio import call_later
from scrapy.utils.defer import _schedule_coro
from twisted.python.failure import Failure

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


def is_closing(crawler: Crawler) -> bool:
    """Whether the crawl is about to end, or has ended."""
    slot = crawler.engine._slot if crawler.engine else None
    return slot is None or slot.closing is not None


def close(crawler: Crawler, reason: str) -> None:
    """End the crawl. Nobody waits for it: closing itself waits for the requests in flight, and one of them may ask."""
    assert crawler.engine
    _schedule_coro(crawler.engine.close_spider_async(reason=reason))


def in_flight(crawler: Crawler) -> Collection[Request]:
    """The requests that the engine has taken from the scheduler and is not done with."""
    slot = crawler.engine._slot if crawler.engine else None
    return slot.inprogress if slot else ()


def wake(crawler: Crawler, seconds: float = 0) -> None:
    """Have the engine ask the scheduler for requests then; without that it asks after each answer, and every 5 s."""
    call_later(seconds, _ask, crawler)


def take_back(crawler: Crawler, download_slot: str, error: Exception) -> None:
    """Have the requests of listings fail with that error that wait in a download slot and are not sent yet."""
    assert crawler.engine
    slot = crawler.engine.downloader.slots.get(download_slot)
    if slot is None:
        return
    queued = list(slot.queue)
    slot.queue.clear()
    for request, answer in queued:
        if request.meta.get("listing") is None:
            slot.queue.append((request, answer))
        else:
            answer.errback(Failure(error))  # type: ignore[no-untyped-call]


def _ask(crawler: Crawler) -> None:
    slot = crawler.engine._slot if crawler.engine else None
    if slot and not slot.closing:
        slot.nextcall.schedule()
