"""All uses of Scrapy's private names: no other file uses them."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydispatch.dispatcher import getAllReceivers, liveReceivers
from scrapy import signals
from scrapy.commands import BaseRunSpiderCommand, crawl, genspider, runspider
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.extensions.feedexport import BlockingFeedStorage, apply_uri_params
from scrapy.utils.asyncio import call_later
from scrapy.utils.defer import _schedule_coro, ensure_awaitable
from scrapy.utils.spider import iter_spider_classes

if TYPE_CHECKING:
    from scrapy import Item, Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.extensions.feedexport import FeedExporter, FeedSlot, FeedStorageProtocol


# Scrapy's own logger, so that our lines are hidden or shown with Scrapy's.
logger = logging.getLogger("scrapy.extensions.feedexport")


class CrawlCommand(crawl.Command):
    """Scrapy's `crawl`, which keeps its crawler."""

    crawler: Crawler

    def _create_crawler(self, spidercls: type[Spider] | str) -> Crawler:
        self.crawler = super()._create_crawler(spidercls)
        return self.crawler

    def crawl(self, spider: type[Spider], arguments: dict[str, str]) -> None:
        """Run that spider to its end."""
        # When Scrapy's HTTP client is imported, it looks through the whole stack. In the event loop that takes twice as
        # long, and holds up everything else.
        from scrapy.core.downloader.handlers import http11  # noqa: F401

        assert self.crawler_process
        self.crawler_process.crawl(self._create_crawler(spider), **arguments)
        self.crawler_process.start()
        if self.crawler_process.bootstrap_failed:
            self.exitcode = 1


def spiders_in(file: Path) -> list[type[Spider]]:
    """The spiders that a file defines, in its order. Raises ImportError; ValueError if it is no Python source."""
    return list(iter_spider_classes(runspider._import_file(file)))


class GenspiderCommand(genspider.Command):
    """Scrapy's `genspider`. Its exit code is 2 if it makes no spider. Subclasses may add variables to the template."""

    def variables(self, url: str) -> dict[str, str]:
        """The template's variables that Scrapy does not give."""
        return {}

    def _spider_exists(self, name: str) -> bool:
        exists = super()._spider_exists(name)
        if exists:
            self.exitcode = 2
        return exists

    def _find_template(self, template: str) -> Path | None:
        found = super()._find_template(template)
        if not found:
            self.exitcode = 2
        return found

    def _generate_template_variables(self, module: str, name: str, url: str, template_name: str) -> dict[str, Any]:
        return super()._generate_template_variables(module, name, url, template_name) | self.variables(url)


class CompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's middleware. Subclasses may decode bodies in their own way."""

    def decode(self, body: bytes, encoding: bytes, max_size: int) -> bytes:
        """Unpack a body of that content encoding. `max_size`: bytes, 0 for any number."""
        return super()._decode(body, encoding, max_size)

    def _decode(self, body: bytes, encoding: bytes, max_size: int) -> bytes:  # type: ignore[override]  # a static method
        return self.decode(body, encoding, max_size)


def fill(item: Item, fields: dict[str, Any]) -> Item:
    """Give an empty item these declared fields. Scrapy sets each field separately, which takes ten times as long."""
    item._values = dict(fields)
    return item


def fields_of(item: Item) -> dict[str, Any]:
    """The fields of an item that are set. `dict(item)` reads each field separately, which takes 25 times as long."""
    return dict(item._values)


def command_of(crawler: Crawler) -> BaseRunSpiderCommand | None:
    """The command (`scrapy crawl`, `runspider`) whose exit code is that of the crawl. None if a script runs it.

    Scrapy tells no component of it, but the command itself listens to the crawler's signals.
    """
    for receiver in liveReceivers(getAllReceivers(crawler, signals.engine_started)):
        command = getattr(receiver, "__self__", None)
        if isinstance(command, BaseRunSpiderCommand):
            return command
    return None


def asyncio_handler() -> type:
    """Scrapy's download handler for crawls without a reactor."""
    from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler  # imports aiohttp

    class Handler(AiohttpDownloadHandler):
        experimental = False  # Scrapy would warn in each crawl that it is; our tests run on it

    return Handler


def is_running(crawler: Crawler) -> bool:
    """Whether the crawl has begun and not ended, so that it can be stopped."""
    return crawler._engine is not None and crawler._engine.running


def is_closing(crawler: Crawler) -> bool:
    """Whether the crawl is about to end, or has ended."""
    slot = crawler.engine._slot if crawler.engine else None
    return slot is None or slot.closing is not None


def close(crawler: Crawler, reason: str) -> None:
    """End the crawl, without waiting: closing waits for the requests in flight, and one of them may be the caller."""
    assert crawler.engine
    _schedule_coro(crawler.engine.close_spider_async(reason=reason))


def in_flight(crawler: Crawler) -> Collection[Request]:
    """The requests that the engine took from the scheduler and still handles."""
    slot = crawler.engine._slot if crawler.engine else None
    return slot.inprogress if slot else ()


def wake(crawler: Crawler, seconds: float = 0) -> None:
    """Make the engine ask the scheduler for requests later. By itself it asks after each answer, and every 5 s."""
    call_later(seconds, _ask, crawler)


def download_delay(crawler: Crawler, request: Request) -> float:
    """The delay in seconds of the request's download slot, with its jitter."""
    assert crawler.engine
    return crawler.engine.downloader.slots[request.meta["download_slot"]].download_delay()


def hurry(crawler: Crawler) -> None:
    """Pass all requests in download slots to their handler without a delay. None of them will be sent."""
    assert crawler.engine
    downloader = crawler.engine.downloader
    for slot in downloader.slots.values():
        slot.delay = 0.0
        slot.close()  # only its timer
        downloader._process_queue(slot)


def next_batch(exporter: FeedExporter, slot: FeedSlot, spider: Spider) -> FeedSlot:
    """Store a feed that is full, and begin its next file."""
    options = exporter.feeds[slot.uri_template]
    params = exporter._get_uri_params(spider, options["uri_params"], slot)
    exporter._schedule_slot_close(slot, spider)
    return exporter._start_new_batch(
        batch_id=slot.batch_id + 1,
        uri=apply_uri_params(slot.uri_template, params),
        feed_options=options,
        spider=spider,
        uri_template=slot.uri_template,
    )


def tell_of_lost_feeds(exporter: FeedExporter, told: Callable[[FeedSlot, Exception, Path | None], None]) -> None:
    """If a feed cannot be ended or stored, call `told` with its slot and the exception.

    With a remote storage, also with a copy of the file. Scrapy would log a traceback and delete the file.
    """

    async def close(slot: FeedSlot, spider: Spider) -> None:
        is_stored_empty = slot.store_empty and slot.batch_id == 1
        if not slot.itemcount and not is_stored_empty:
            return
        crawler = exporter.crawler
        assert crawler.stats
        copy = None
        how = "success"
        try:
            slot.start_exporting()  # an empty feed is not open yet
            slot.finish_exporting()
            file = exporter._get_file(slot)
            if isinstance(slot.storage, BlockingFeedStorage):
                file.flush()
                copy = _link(Path(file.name))
            await ensure_awaitable(slot.storage.store(file))
        except Exception as e:  # any exception of the exporter and of the storage's library
            how = "failed"
            told(slot, e, copy)
        else:
            logger.info("Stored %s feed (%d items) in: %s", slot.format, slot.itemcount, slot.uri)
            if copy:
                copy.unlink()
        crawler.stats.inc_value(f"feedexport/{how}_count/{type(slot.storage).__name__}")  # as Scrapy counts
        await crawler.signals.send_catch_log_async(signals.feed_slot_closed, slot=slot)

    exporter._close_slot = close  # type: ignore[method-assign]


def storages(exporter: FeedExporter, spider: Spider, suffix: str) -> Iterator[tuple[str, FeedStorageProtocol]]:
    """For each feed, the URI of a file beside it, with that suffix, and its storage."""
    for template, options in exporter.feeds.items():
        params = exporter._get_uri_params(spider, options["uri_params"])
        uri = apply_uri_params(template, params) + suffix
        yield uri, exporter._get_storage(uri, options)


def _link(path: Path) -> Path:
    """A second name for a file, which stays when the file is deleted; a copy where there are no links."""
    other = path.with_name(f"{path.name}.kept")
    try:
        other.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, other)
    return other


def _ask(crawler: Crawler) -> None:
    slot = crawler.engine._slot if crawler.engine else None
    if slot and not slot.closing:
        slot.nextcall.schedule()
