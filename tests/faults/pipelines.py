"""Item pipelines and exporters with bugs, as users may write them."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from scrapy.exceptions import DropItem

from sc_spiders.feeds.formats import JsonLinesPageExporter
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page
from sc_spiders.spiders.user_graph import UserGraphSpider


def of(item: Any, subject: int) -> bool:
    return isinstance(item, Page) and item.listing.name == f"followings of soundcloud:users:{subject}"


class Faulty:
    """Drops pages about user 1, raises for pages about user 2, loses pages about user 3."""

    def process_item(self, item: Any) -> Any:
        if of(item, 1):
            raise DropItem("not wanted")
        if of(item, 2):
            raise RuntimeError("a bug")
        return {"something": "else"} if of(item, 3) else item


def is_of_user_2(listing: Listing) -> bool:
    return of(Page(listing), 2)


class FaultyHooks:
    """Makes hooks of the spider fail: it can neither read the followings of user 1 nor end that listing."""

    def __call__(self) -> None:
        for name in ("after_page", "fallback"):
            setattr(UserGraphSpider, name, self._failing(getattr(UserGraphSpider, name)))

    def _failing(self, hook: Callable[..., Any]) -> Callable[..., Any]:
        def failing(spider: UserGraphSpider, about: Page | Listing) -> Any:
            page = about if isinstance(about, Page) else Page(about)
            if of(page, 1):
                raise KeyError(9)
            return hook(spider, about)

        return failing


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
    """Fails on all pages except the closing records."""

    def export_item(self, item: Any) -> None:
        if isinstance(item, Page) and "crawl" not in item.rows:
            raise RuntimeError("a bug")
        super().export_item(item)
