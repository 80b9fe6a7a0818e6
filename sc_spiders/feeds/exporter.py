"""Writes the output page by page, through Scrapy's feed exports."""

from __future__ import annotations

import logging
import sqlite3
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.exceptions import CloseSpider
from scrapy.extensions.feedexport import FeedExporter

from sc_spiders import engine
from sc_spiders.api.responses import Action, Resolution
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.context import context
from sc_spiders.downloader.auth import CredentialsMiddleware
from sc_spiders.errors import ArgumentError, Disturbed, OutputError
from sc_spiders.feeds.closing import closing_pages
from sc_spiders.feeds.files import FeedFiles
from sc_spiders.feeds.folder import make_folder
from sc_spiders.feeds.spreadsheets import tell_of_formulas
from sc_spiders.frontier.base import Ack, Frontier
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.frontier.directory import is_full
from sc_spiders.frontier.scheduler import Scheduler
from sc_spiders.pages.namespaces import Purpose
from sc_spiders.pages.page import Page

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.extensions.feedexport import FeedSlot

logger = logging.getLogger(__name__)

_CANNOT = {
    True: "No room for the output or the job directory; free some space and start the same command again: ",
    False: "The output or the job directory cannot be written there; choose another place: ",
}


def uri_params(params: dict[str, Any], spider: Spider) -> dict[str, Any]:
    """In a feed's URI, `%(stamp)s` is the start of the crawl's first run and `%(worker)s` is host and process."""
    frontier = context(spider.crawler).get(Crawl).frontier
    return {**params, "stamp": frontier.status.stamp, "worker": frontier.worker}


class PageFeedExporter(FeedExporter):
    """Scrapy's feed exporter for pages. Once every feed has written a page, it acknowledges the page.

    If writing fails, the crawl ends with `disk`, and the same command goes on.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._kinds = {kind for options in self.feeds.values() for kind in options["item_export_kwargs"]["kinds"]}
        self._reason = ""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        exporter = super().from_crawler(crawler)
        crawler.signals.connect(exporter.item_dropped, signals.item_dropped)
        crawler.signals.connect(exporter.item_error, signals.item_error)
        crawler.signals.connect(exporter.engine_stopped, signals.engine_stopped)
        engine.tell_of_lost_feeds(exporter, exporter.feed_lost)
        return exporter

    # -- opening

    def open_spider(self, spider: Spider) -> None:
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
            logger.error("%s", words)
            raise CloseSpider("disk" if is_full(e) else "bad_arguments") from None
        except Exception:  # Scrapy would only log it and go on
            self._let_go()
            logger.exception("%s: the crawl could not be begun; this is a fault of ours", spider.name)
            raise CloseSpider("incomplete") from None

    def _begin(self, frontier: Frontier) -> None:
        status, spider = frontier.status, self._spider
        if not status.resumed:
            make_folder(self.feeds, spider.name, frontier)
        super().open_spider(spider)
        files = self._files = FeedFiles(self.slots, self._is_for_rejected)
        if status.resumed:
            files.check_same(status.outputs)
        if status.finished:
            frontier.files.verify()
            frontier.abandon()
            logger.info("This job has ended already (%s); its output is left as it is.", status.finished)
            raise CloseSpider(status.finished)
        self._crawl.claim(files.shared(), only_existing=status.resumed)
        if not status.resumed:
            files.mend()
        if isinstance(spider, ApiSpider):
            spider.look_back(files.kept, self._kinds)
            tell_of_formulas(self.feeds.values())
        found = files.found()
        self._crawl.begin(found)
        if status.resumed:
            files.resume(status.outputs, status.sums)
        else:
            files.start(found)

    def _let_go(self) -> None:
        """Let go of a crawl that can neither begin nor go on."""
        self._crawl.abandon()
        if isinstance(self._spider, ApiSpider):
            self._spider.refused = True

    def _is_for_rejected(self, slot: FeedSlot) -> bool:
        return bool(self.feeds[slot.uri_template]["item_export_kwargs"]["kinds"] == ("rejected",))

    # -- writing

    async def item_scraped(self, item: Any, spider: Spider) -> None:  # type: ignore[override]  # Scrapy awaits it
        if isinstance(item, Page):
            await self._acknowledge(item)
        else:
            super().item_scraped(item, spider)

    async def item_dropped(self, item: Any) -> None:
        await self._refuse(item, "dropped")

    async def item_error(self, item: Any) -> None:
        await self._refuse(item, "pipeline")

    async def _acknowledge(self, page: Page) -> None:
        """Write a page and, once all of it is written, acknowledge it."""
        crawl = self._crawl
        is_shared = crawl.frontier.status.shared
        if crawl.broken or (is_shared and not self._scheduler.holds(page.listing)):
            return  # not written and not acknowledged: the next run or another worker requests it again
        try:
            self._write(page)
        except (Disturbed, OSError) as e:
            self._crawl.fail(e)
            return
        except Exception:
            logger.exception("%r could not be written; this is a fault of an exporter", page)
            self._files.cut_back()
            if page.listing.error != "exporter":
                await self._refuse(page, "exporter")
                return
            page.rows = {}  # the exporter failed on the listing record, too
        self._count(page)
        files = self._files
        try:
            await self._scheduler.acknowledge(Ack(page.listing, page.follow, dict(files.lengths), dict(files.sums)))
        except Exception as e:
            self._crawl.fail(e)

    async def _refuse(self, page: Any, error: str) -> None:
        """End the listing of a page that is not written. Its follow-ups stay, and listings that ended with it end."""
        if not isinstance(page, Page) or not isinstance(self._spider, ApiSpider):
            return
        listing = page.listing
        self._spider.forget(listing, keep=Purpose.FOLLOWED)
        ended = self._spider.ended(listing, Resolution(Action.FAIL, error=error))
        ended.follow += page.follow
        others = [row for row in page.rows.get("listing", ()) if row["endpoint"] != listing.endpoint]
        ended.add("listing", others)
        await self._acknowledge(ended)

    def _write(self, page: Page) -> None:
        """Raises OSError; Disturbed if an output file or the job directory was changed since the last page."""
        job_files, files = self._crawl.frontier.files, self._files
        job_files.check()
        files.check()
        files.write(page, job_files.intend)

    def _count(self, page: Page) -> None:
        stats, counts = self.crawler.stats, self._crawl.frontier.status.counts
        assert stats
        stats.inc_value("pages")
        for kind, rows in page.rows.items():
            if kind not in self._kinds:
                continue  # SC_KINDS leaves it out
            counts[kind] += len(rows)
            stats.inc_value(f"records/{kind}", len(rows))
        for row in page.rows.get("rejected", ()):
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
        self._reason = reason
        try:
            self._reason = await frontier.finish(reason)
            if not crawl.broken and isinstance(spider, ApiSpider):
                self._finish(spider)
        except Exception as e:
            crawl.fail(e, "The closing records could not be written")
        lengths, sums = files.lengths, files.sums
        if crawl.broken:
            lengths = sums = {}
            files.close(None if crawl.is_disturbed else frontier.status.outputs)
        await super().close_spider(spider)
        try:
            frontier.close(crawl.broken or self._reason, lengths, sums)
        except (OSError, sqlite3.Error) as e:
            crawl.fail(e, "The output or the job directory cannot be written")
        crawl.release()

    def _finish(self, spider: ApiSpider) -> None:
        sys.audit("sc_spiders.finish.before")
        credentials = self.crawler.get_downloader_middleware(CredentialsMiddleware)
        pages = closing_pages(
            spider,
            self._crawl.frontier,
            self._reason,
            refusal=credentials.refusal if credentials else None,
            tells_listings="listing" in self._kinds,
        )
        for page in pages:
            sys.audit("sc_spiders.closing_records.before")
            self._write(page)
            self._count(page)
            sys.audit("sc_spiders.closing_records.after")
        sys.audit("sc_spiders.finish.after")

    def feed_lost(self, slot: FeedSlot, error: Exception) -> None:
        """Scrapy could not store a feed at its URI: its records are lost."""
        self._crawl.broken = "disk"
        logger.error(
            "%s could not be stored (%s: %s), and is lost; write to a file.", slot.uri, type(error).__name__, error
        )

    def engine_stopped(self) -> None:
        if reason := self._crawl.broken or self._reason:
            assert self.crawler.stats
            self.crawler.stats.set_value("finish_reason", reason)

    @cached_property
    def _scheduler(self) -> Scheduler:
        return context(self.crawler).get(Scheduler)

    @cached_property
    def _crawl(self) -> Crawl:
        return context(self.crawler).get(Crawl)
