"""Writes the output page by page, through Scrapy's feed exports."""

from __future__ import annotations

import logging
import sqlite3
import sys
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scrapy.exceptions import CloseSpider
from scrapy.extensions.feedexport import BlockingFeedStorage, FeedExporter
from scrapy.utils.misc import load_object

from sc_spiders import engine, records
from sc_spiders.api.responses import Action, Resolution
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.privacy import join_forgotten, versions
from sc_spiders.context import context
from sc_spiders.errors import ArgumentError, Disturbed, OutputError, PipelineError
from sc_spiders.extensions.preview import Preview
from sc_spiders.feeds.cards import Cards
from sc_spiders.feeds.closing import closing_pages
from sc_spiders.feeds.files import FeedFiles
from sc_spiders.feeds.folder import make_folder
from sc_spiders.feeds.formats import is_by_page
from sc_spiders.feeds.items import Items, RecordItems, rows_of
from sc_spiders.feeds.keys import check_keys
from sc_spiders.feeds.kinds import choose_kinds
from sc_spiders.feeds.remote import TEST, keep, try_out
from sc_spiders.feeds.spreadsheets import tell_of_formulas
from sc_spiders.frontier.base import Ack, Frontier
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.frontier.directory import is_full
from sc_spiders.frontier.scheduler import Scheduler
from sc_spiders.pages.namespaces import Purpose
from sc_spiders.pages.page import PAGE_WRITTEN, Page, PageWriter, Row

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.extensions.feedexport import FeedSlot

logger = logging.getLogger(__name__)

_CANNOT = {
    True: "No room for the output or the job directory; free some space and start the same command again: ",
    False: "The output or the job directory cannot be written there; choose another place: ",
}


def _uri_params(own: Any) -> Callable[[dict[str, Any], Spider], dict[str, Any]]:
    """The parameters of a feed's URI: `own` and ours.

    `%(stamp)s` and `%(time)s` are the start of the crawl's first run, `%(worker)s` is host and process.
    """

    def params(given: dict[str, Any], spider: Spider) -> dict[str, Any]:
        frontier = context(spider.crawler).get(Crawl).frontier
        begun = datetime.fromisoformat(frontier.status.started_at).isoformat().replace(":", "-")
        ours = {**given, "stamp": frontier.status.stamp, "worker": frontier.worker, "time": begun}
        further: dict[str, Any] | None = None
        if own:
            further = load_object(own)(ours, spider)
        return {**ours, **(further or {})}

    return params


def _preview_of(crawler: Crawler) -> Preview | None:
    try:
        return context(crawler).get(Preview)
    except KeyError:
        return None


class PageFeedExporter(FeedExporter):
    """Scrapy's feed exporter, but it writes whole pages. Once every feed has a page, it acknowledges the page.

    If writing fails, the crawl ends with `disk`, and the same command resumes it.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._preview = _preview_of(crawler)
        self._pseudonyms = context(crawler).find(records.Pseudonyms)
        self._opt_out: records.OptOut | None = None
        if self._preview:
            self.feeds = {}
        for options in self.feeds.values():
            options["by_page"] = is_by_page(options, self.exporters[options["format"]])
            options["uri_params"] = _uri_params(options["uri_params"])
        context(crawler).add(PageWriter, self)
        context(crawler).trials.append(self.try_storages)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        exporter = super().from_crawler(crawler)
        engine.tell_of_lost_feeds(exporter, exporter.feed_lost)
        return exporter

    # -- opening

    def open_spider(self, spider: Spider) -> None:
        assert isinstance(spider, ApiSpider)
        self._spider = spider
        try:
            self._begin(self._crawl.found())
        except CloseSpider:
            raise
        except (ArgumentError, OutputError, OSError, sqlite3.Error) as e:
            self._let_go()
            words = str(e)
            if not isinstance(e, ArgumentError | OutputError):
                words = f"{_CANNOT[is_full(e)]}{e}"
            context(self.crawler).refuse(words)
            raise CloseSpider("disk" if is_full(e) else "bad_arguments") from None
        except Exception:  # Scrapy would only log it and go on
            self._let_go()
            logger.exception("%s: the crawl could not be begun; this is a bug in sc_spiders", spider.name)
            raise CloseSpider("incomplete") from None

    def _begin(self, frontier: Frontier) -> None:
        status, spider = frontier.status, self._spider
        choose_kinds(self.feeds, spider)
        self._kinds = set[str]()
        for options in self.feeds.values():
            self._kinds.update(options["kinds"])
        if not status.resumed:
            make_folder(self.feeds, spider.name, frontier)
        super().open_spider(spider)
        files = self._files = FeedFiles(self.slots, self._next_batch)
        if status.resumed:
            files.check_same(status.outputs)
        if status.finished:
            frontier.files.verify()
            frontier.abandon()
            logger.info("This job has ended already (%s); its output is left as it is.", status.finished)
            raise CloseSpider(status.finished)
        for_feeds = not all(options["by_page"] for options in self.feeds.values())
        self._items = RecordItems(self.crawler, for_feeds=for_feeds, exporter=self)
        context(self.crawler).add(RecordItems, self._items)
        self._crawl.claim(files.shared(), only_existing=status.resumed)
        files.open_streams()
        if not status.resumed:
            check_keys(files.appended, versions(spider).get("pseudonyms", ""))
            files.mend()
        spider.look_back(files.appended, self._kinds)
        tell_of_formulas(self.feeds.values(), safe=self.settings.getbool("SC_CSV_SAFE"))
        lengths = files.initial_lengths()
        self._cards = Cards(
            self.slots,
            status.stamp,
            has_pipelines=bool(self.settings.getdict("ITEM_PIPELINES")),
            is_pseudonymous=self._pseudonyms is not None,
        )
        self._crawl.begin(lengths)
        self._cards.remove()  # not earlier: a crawl that is refused changes nothing
        join_forgotten(self.crawler, frontier.seen)
        self._opt_out = context(self.crawler).find(records.OptOut)
        if status.resumed:
            files.resume(status.outputs, status.sums)
        else:
            files.start(lengths)

    def _let_go(self) -> None:
        """Release a crawl that can neither begin nor be resumed."""
        self._crawl.abandon()
        self._spider.refused = True

    def _next_batch(self, slot: FeedSlot) -> FeedSlot:
        following = engine.next_batch(self, slot, self._spider)
        self.slots[self.slots.index(slot)] = following
        self._cards.add(following)
        return following

    # -- writing

    async def write(self, page: Page, response: Any = None) -> None:
        """Write a page and, once all of it is written, acknowledge it.

        If an item pipeline raises an exception, the page is not written, and its listing ends with error `pipeline`.
        """
        if not self._may_write(page):
            return
        if self._preview:
            self._preview.take(page)
        page.rows = self._private(page.rows)
        try:
            items = await self._items.make(page, response)
        except PipelineError:
            await self._refuse(page, "pipeline")
            return
        if await self._acknowledge(page, items):
            await self._items.tell(page, items, response)

    def item_scraped(self, item: Any, spider: Spider, written: bool = False) -> None:
        """Write an item that came without a page; the next page acknowledges it. `written`: it was written with one."""
        if written or not self._crawl.is_begun or self._crawl.broken:
            return
        rows = {records.ITEM: rows_of([item])}
        try:
            self._write(rows, {records.ITEM: [item]})
        except (Disturbed, OSError, OutputError) as e:
            self._crawl.fail(e)
        else:
            self._count(rows)

    def _may_write(self, page: Page) -> bool:
        """Whether the page may be written. If not, the next run or another worker requests it again."""
        if self._crawl.broken:
            return False
        return not self._crawl.frontier.status.shared or self._scheduler.holds(page.listing)

    async def _acknowledge(self, page: Page, items: Items) -> bool:
        """Write a page and acknowledge it. Returns whether it was written."""
        if not self._may_write(page):
            return False
        try:
            self._write(page.rows, items)
        except (Disturbed, OSError, OutputError) as e:
            self._crawl.fail(e)
            return False
        except Exception:
            logger.exception("%r could not be written; this is a bug in an exporter", page)
            self._files.cut_back()
            if page.listing.error != "exporter":
                await self._refuse(page, "exporter")
                return False
            page.rows = {}  # the exporter failed on the listing record, too
        self._count(page.rows)
        assert self.crawler.stats
        self.crawler.stats.inc_value("pages")
        self.crawler.signals.send_catch_log(PAGE_WRITTEN, page=page)
        files = self._files
        try:
            await self._scheduler.acknowledge(Ack(page.listing, page.follow, dict(files.lengths), dict(files.sums)))
        except Exception as e:
            self._crawl.fail(e)
            return False
        return True

    async def _refuse(self, page: Page, error: str) -> None:
        """End the listing of a page that is not written. Listings that follow from it, or that it ended, stay."""
        listing = page.listing
        self._spider.forget(listing, keep=Purpose.FOLLOWED)
        ended = self._spider.ended(listing, Resolution(Action.FAIL, error=error))
        ended.rows = self._private(ended.rows)
        ended.follow += page.follow
        others = [row for row in page.rows.get("listing", ()) if row["endpoint"] != listing.endpoint]
        ended.add("listing", others)
        await self._acknowledge(ended, self._items.for_feeds(ended.rows))

    def _write(self, rows: dict[str, list[Row]], items: Items) -> None:
        """Raises OSError; OutputError; Disturbed if an output file or the job directory was changed meanwhile."""
        job_files, files = self._crawl.frontier.files, self._files
        job_files.check()
        files.check()
        files.write(rows, items, job_files.intend)

    def _private(self, rows: dict[str, list[Row]]) -> dict[str, list[Row]]:
        """The rows without people whom SC_NEVER names, and with pseudonyms. Pipelines get only these rows."""
        if self._opt_out:
            for row in rows.get("listing", ()):
                if row["ended"] != "end":  # nobody knows whose the tracks are that did not come
                    row["missing"] = []
            kept = {kind: self._opt_out.kept(kind, some) for kind, some in rows.items()}
            rows = {kind: some for kind, some in kept.items() if some}
        if self._pseudonyms:
            for kind, some in rows.items():
                self._pseudonyms.cover(kind, some)
        return rows

    def _count(self, rows: dict[str, list[Row]]) -> None:
        stats, counts = self.crawler.stats, self._crawl.frontier.status.counts
        assert stats
        for kind, some in rows.items():
            if kind not in self._kinds:
                continue  # SC_KINDS leaves it out
            counts[kind] += len(some)
            stats.inc_value(f"records/{kind}", len(some))
        for row in rows.get("rejected", ()):
            for why in row["reasons"]:
                stats.inc_value(f"rejected/{row['kind']}/{why['field']}")
                stats.inc_value(f"jsonschema/errors/{why['field']}")  # as scrapy-jsonschema counts

    # -- closing

    async def close_spider(self, spider: Spider, reason: str = "finished") -> None:
        """End the files with the closing records."""
        crawl = self._crawl
        if not crawl.is_begun:
            return
        frontier, files = crawl.frontier, self._files
        try:
            reason = await frontier.finish(reason)
            if not crawl.broken:
                self._finish(reason)
        except Exception as e:
            crawl.fail(e, "The closing records could not be written")
        lengths, sums = files.lengths, files.sums
        if crawl.broken:
            lengths = sums = {}
            files.close(None if crawl.is_disturbed else frontier.status.outputs)
        await super().close_spider(spider)
        frontier.status.closed = lengths
        if not crawl.broken:
            files.remove_empty(frontier.status.stamp)
            sys.audit("sc_spiders.write_cards.before")
            await self._cards.write(frontier.status)  # while no other process can write to these files
            sys.audit("sc_spiders.write_cards.after")
        try:
            frontier.close(crawl.broken or reason, lengths, sums)
        except (OSError, sqlite3.Error) as e:
            crawl.fail(e, "The output or the job directory cannot be written")
        crawl.release()
        assert self.crawler.stats
        self.crawler.stats.set_value("finish_reason", crawl.broken or reason)  # before Scrapy logs the stats

    def _finish(self, reason: str) -> None:
        sys.audit("sc_spiders.finish.before")
        assert self.crawler.stats
        pages = closing_pages(
            self._spider,
            self._crawl.frontier,
            reason,
            refusal=self.crawler.stats.get_value("credentials/refusal"),
            tells_listings="listing" in self._kinds,
            held=self._items.held,
        )
        for page in pages:
            sys.audit("sc_spiders.closing_records.before")
            listings = self._private({"listing": page.rows.pop("listing", [])})  # all other rows are private already
            page.rows |= {kind: rows for kind, rows in listings.items() if rows}
            self._write(page.rows, self._items.for_feeds(page.rows))
            self._count(page.rows)
            sys.audit("sc_spiders.closing_records.after")
        sys.audit("sc_spiders.finish.after")

    def feed_lost(self, slot: FeedSlot, error: Exception, copy: Path | None) -> None:
        """End the crawl, because a feed could not be ended or stored. `copy`: of the file for another storage."""
        problem = f"({type(error).__name__}: {error})"
        if copy:
            kept = keep(copy, slot.uri)
            self._crawl.lose(f"{slot.uri} could not be stored {problem}. It is kept as {kept}: upload that.")
        elif not self._crawl.broken:  # otherwise the file was closed already, and the log says why
            self._crawl.lose(f"{slot.uri} could not be closed {problem}: its end may be missing.")

    async def try_storages(self) -> None:
        """Write and delete an empty file beside each feed that is stored elsewhere. Raises ArgumentError."""
        spider = self.crawler.spider
        assert spider
        try:
            storages = list(engine.storages(self, spider, TEST))
        except Exception as e:  # any exception of a function of uri_params
            raise ArgumentError(f"the name of an output cannot be made ({type(e).__name__}: {e})") from None
        for uri, storage in storages:
            if isinstance(storage, BlockingFeedStorage):
                await try_out(storage, uri, spider)

    @cached_property
    def _scheduler(self) -> Scheduler:
        return context(self.crawler).get(Scheduler)

    @cached_property
    def _crawl(self) -> Crawl:
        return context(self.crawler).get(Crawl)
