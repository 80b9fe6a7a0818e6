"""What this project needs of Scrapy's engine and Scrapy does not offer: no other file uses its private names."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from scrapy.extensions.feedexport import BlockingFeedStorage
from scrapy.utils.asyncio import call_later
from scrapy.utils.defer import _schedule_coro, ensure_awaitable

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.extensions.feedexport import FeedExporter, FeedSlot


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


def download_delay(crawler: Crawler, request: Request) -> float:
    """Seconds that the request's download slot leaves between two requests, as they are this time."""
    assert crawler.engine
    return crawler.engine.downloader.slots[request.meta["download_slot"]].download_delay()


def hurry(crawler: Crawler) -> None:
    """Hand all that waits in download slots to its handler, without a delay: nothing of it will be sent any more."""
    assert crawler.engine
    downloader = crawler.engine.downloader
    for slot in downloader.slots.values():
        slot.delay = 0.0
        slot.close()  # only its timer
        downloader._process_queue(slot)


def tell_of_lost_feeds(exporter: FeedExporter, told: Callable[[FeedSlot, Exception], None]) -> None:
    """Have `told` called where a remote storage does not take a feed; Scrapy would log a traceback, and end as ever."""
    close_slot = exporter._close_slot

    async def close(slot: FeedSlot, spider: Spider) -> None:
        if not isinstance(slot.storage, BlockingFeedStorage) or not slot.itemcount:
            await close_slot(slot, spider)
            return
        slot.finish_exporting()
        assert slot.file
        assert exporter.crawler.stats
        how = "success"
        try:
            await ensure_awaitable(slot.storage.store(slot.file))
        except Exception as e:  # whatever a library raises of whichever server
            how = "failed"
            told(slot, e)
        exporter.crawler.stats.inc_value(f"feedexport/{how}_count/{type(slot.storage).__name__}")  # as Scrapy counts

    exporter._close_slot = close  # type: ignore[method-assign]


def _ask(crawler: Crawler) -> None:
    slot = crawler.engine._slot if crawler.engine else None
    if slot and not slot.closing:
        slot.nextcall.schedule()
