"""Makes Scrapy items of a page's records: for pipelines, for receivers of signals, for feeds of other formats.

If none of these needs items, none are made.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from itemadapter import ItemAdapter
from pydispatch.dispatcher import getAllReceivers, liveReceivers
from scrapy import Item, signals
from scrapy.exceptions import DropItem
from scrapy.extensions.corestats import CoreStats
from scrapy.pipelines import ItemPipelineManager
from scrapy.utils.log import logformatter_adapter
from twisted.python.failure import Failure

from sc_spiders import engine, records
from sc_spiders.context import context
from sc_spiders.errors import PipelineError
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page, Row

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

Items = dict[str, list[Any]]
"""Items by kind. Items that are not records have the kind `item`."""

_DROPPED = object()
_NO_ITEMS = frozenset({"rejected", "crawl"})


class RecordItems:
    """Makes the items of one crawl.

    `for_feeds`: a feed takes items. `exporter`: receives `item_scraped`, but needs no items of pages, because it writes
    pages itself.
    """

    def __init__(self, crawler: Crawler, *, for_feeds: bool, exporter: object) -> None:
        self._crawler = crawler
        self._for_feeds = for_feeds
        self._stats = crawler.get_extension(CoreStats)
        self._known = (self._stats, exporter)
        self._at_once = crawler.settings.getint("CONCURRENT_ITEMS")
        self._held: dict[int, list[Row]] = {}
        if not self._waits:
            # Scrapy starts this many tasks for each answer, to wait for items. Pages are not items.
            assert crawler.engine
            crawler.engine.scraper.concurrent_items = 1

    async def make(self, page: Page, response: Any) -> Items:
        """The items of a page. If there are pipelines, they process the items, and `page.rows` becomes the result.

        Raises PipelineError if a pipeline raised an exception.
        """
        if not (self._has_pipelines or self._for_feeds or self._is_heard(signals.item_scraped) or page.items):
            return {}
        made = items_of(page.rows)
        if page.items:
            made[records.ITEM] = page.items
        if self._has_pipelines:
            for kind, items in made.items():
                made[kind] = await self._process(items, response)
                page.rows[kind] = rows_of(made[kind])
        elif page.items:
            page.rows[records.ITEM] = rows_of(page.items)
        return made

    async def tell(self, page: Page, items: Items, response: Any) -> None:
        """Send `item_scraped` for each item, or just count the records if nobody else listens."""
        if items and self._is_heard(signals.item_scraped):
            for some in items.values():
                for item in some:
                    await self._send(signals.item_scraped, item, response, written=True)
        elif self._stats:
            self._count(page)

    def _count(self, page: Page) -> None:
        """Count a page's records as Scrapy's CoreStats counts items."""
        number = 0
        for kind, rows in page.rows.items():
            if kind not in _NO_ITEMS:
                number += len(rows)
        assert self._crawler.stats
        self._crawler.stats.inc_value("item_scraped_count", number)

    def for_feeds(self, rows: Mapping[str, Collection[Row]]) -> Items:
        """The items of rows that pass no pipeline; {} if no feed takes items."""
        if not self._for_feeds:
            return {}
        return items_of(rows, last=True)

    async def process_held(self, listings: Iterable[Listing]) -> None:
        """Let comments that still wait for their reactions pass the pipelines, before these close."""
        if not self._has_pipelines:
            return
        for listing in listings:
            if rows := self._waiting(listing):
                items = items_of({"comment": rows})["comment"]
                self._held[listing.id] = rows_of(await self._process(items, None))

    def held(self, listing: Listing) -> list[Row]:
        """A listing's comments that still wait for their reactions, as the pipelines left them."""
        if listing.id in self._held:
            return self._held[listing.id]
        return self._waiting(listing)

    def _waiting(self, listing: Listing) -> list[Row]:
        """Copies of a listing's comments that wait, in the form that SC_NEVER and SC_PSEUDONYMS allow."""
        rows = [dict(row) for row in listing.extra.get("rows", [])]
        if opt_out := context(self._crawler).find(records.OptOut):
            rows = opt_out.kept("comment", rows)
        if pseudonyms := context(self._crawler).find(records.Pseudonyms):
            pseudonyms.cover("comment", rows)
        return rows

    @property
    def _has_pipelines(self) -> bool:
        assert self._crawler.engine
        return bool(self._crawler.engine.scraper.itemproc.middlewares)

    @cached_property
    def _waits(self) -> bool:
        """Whether a pipeline may wait for something. Then items are processed at the same time, each in a task."""
        assert self._crawler.engine
        pipelines = self._crawler.engine.scraper.itemproc.middlewares
        return any(iscoroutinefunction(getattr(pipeline, "process_item", None)) for pipeline in pipelines)

    def _is_heard(self, signal: object) -> bool:
        """Whether anybody besides Scrapy's counter and the exporter receives that signal."""
        for receiver in liveReceivers(getAllReceivers(self._crawler.signals.sender, signal)):
            if getattr(receiver, "__self__", receiver) not in self._known:
                return True
        return False

    async def _process(self, items: list[Any], response: Any) -> list[Any]:
        """What the pipelines return for these items, without those that they drop. Raises PipelineError."""
        if not self._waits:
            return [done for item in items if (done := await self._process_one(item, response)) is not _DROPPED]
        passed: list[Any] = []
        for start in range(0, len(items), self._at_once):
            some = [self._process_one(item, response) for item in items[start : start + self._at_once]]
            passed += await asyncio.gather(*some, return_exceptions=True)
        for error in passed:
            if isinstance(error, PipelineError):
                raise error
        return [item for item in passed if item is not _DROPPED]

    async def _process_one(self, item: Any, response: Any) -> Any:
        """What the pipelines return for this item; _DROPPED if they drop it."""
        assert self._crawler.engine
        try:
            processed = await self._crawler.engine.scraper.itemproc.process_item_async(item)
            if processed is None:
                raise TypeError("a pipeline returned None instead of the item")
        except DropItem as e:
            self._log(self._crawler.logformatter.dropped, item, e, response)
            await self._send(signals.item_dropped, item, response, exception=e)
            return _DROPPED
        except Exception as e:
            self._log(self._crawler.logformatter.item_error, item, e, response, exc_info=True)
            await self._send(signals.item_error, item, response, failure=Failure(e))  # type: ignore[no-untyped-call]  # Twisted
            raise PipelineError from e
        return processed

    def _log(self, words: Any, item: Any, error: Exception, response: Any, *, exc_info: bool = False) -> None:
        """Log an item as Scrapy does."""
        spider = self._crawler.spider
        if found := words(item, error, response, spider):
            extra = {"spider": spider, "item": item}
            logging.getLogger("scrapy.core.scraper").log(*logformatter_adapter(found), extra=extra, exc_info=exc_info)

    async def _send(self, signal: object, item: Any, response: Any, **further: Any) -> None:
        await self._crawler.signals.send_catch_log_async(
            signal, item=item, response=response, spider=self._crawler.spider, **further
        )


class ItemProcessor(ItemPipelineManager):
    """Scrapy's own, but the last comments of the crawl pass the pipelines before it closes."""

    async def close_spider_async(self) -> None:
        parts = context(self.crawler)
        crawl = parts.get(Crawl)
        if crawl.is_begun and not crawl.broken:
            await parts.get(RecordItems).process_held(crawl.frontier.unfinished(0))
        await super().close_spider_async()


def items_of(rows: Mapping[str, Collection[Row]], *, last: bool = False) -> Items:
    """The rows as items, listing records last. `last`: the crawl record, too."""
    from sc_spiders.items import ITEMS  # imports jsonschema, which takes long

    kinds = sorted(rows.keys() & ITEMS.keys(), key="listing".__eq__)
    return {kind: _made(ITEMS[kind], rows[kind]) for kind in kinds if last or kind not in _NO_ITEMS}


def _made(kind: type[Item], rows: Collection[Row]) -> list[Item]:
    declared = kind.fields.keys()
    return [engine.fill(kind(), row) if row.keys() <= declared else kind(row) for row in rows]


def rows_of(items: Iterable[Any]) -> list[Row]:
    return [_row(item) for item in items]


def _row(item: Any) -> Row:
    if isinstance(item, Item):
        return engine.fields_of(item)  # `asdict` looks at each value
    return ItemAdapter(item).asdict()
