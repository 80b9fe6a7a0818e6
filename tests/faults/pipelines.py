"""Item pipelines and exporters as people write them, with faults."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from scrapy.exceptions import DropItem

from sc_spiders.feeds.formats import JsonLinesPageExporter
from sc_spiders.frontier.scheduler import Scheduler
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page


def of(item: Any, subject: int) -> bool:
    return isinstance(item, Page) and item.listing.name == f"followings of soundcloud:users:{subject}"


class Faulty:
    """Drops pages about user 1, fails on those about user 2, loses those about user 3."""

    def process_item(self, item: Any) -> Any:
        if of(item, 1):
            raise DropItem("not wanted")
        if of(item, 2):
            raise RuntimeError("a bug")
        return {"something": "else"} if of(item, 3) else item


def is_of_user_2(listing: Listing) -> bool:
    return of(Page(listing), 2)


class FaultyScheduler(Scheduler):
    """Neither can the followings of user 1 be read nor their listing be ended."""

    def open(self, spider: Any) -> Any:
        opened = super().open(spider)
        walk, close = spider.after_page, spider.fallback

        def after_page(page: Page) -> None:
            if of(page, 1):
                raise KeyError(9)
            walk(page)

        def fallback(listing: Listing) -> list[Listing]:
            if of(Page(listing), 1):
                raise KeyError(9)
            found: list[Listing] = close(listing)
            return found

        spider.after_page, spider.fallback = after_page, fallback
        return opened


class FaultyExporter(JsonLinesPageExporter):
    """Fails on pages about user 1, after half of them."""

    def __init__(self, file: BytesIO, **kwargs: Any) -> None:
        super().__init__(file, **kwargs)

    def export_item(self, item: Any) -> None:
        if of(item, 1):
            self.file.write(b'{"half a')
            raise RuntimeError("a bug")
        super().export_item(item)


class DeadExporter(JsonLinesPageExporter):
    """Fails on everything but the end."""

    def export_item(self, item: Any) -> None:
        if isinstance(item, Page) and "crawl" not in item.rows:
            raise RuntimeError("a bug")
        super().export_item(item)
