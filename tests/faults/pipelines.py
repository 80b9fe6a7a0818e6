"""Item pipelines, spiders and exporters with bugs, as users may write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from scrapy.exceptions import DropItem
from scrapy.http import Response

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.feeds.formats import JsonLinesPageExporter
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page, Row
from sc_spiders.spiders.user_graph import UserGraphSpider


def of(listing: Listing, subject: int) -> bool:
    return (listing.endpoint, listing.subject) == ("followings", f"soundcloud:users:{subject}")


def follows(row: Any, subject: int) -> bool:
    """Whether that record says whom the user follows."""
    return bool(row.get("kind") == "edge" and row["source"] == f"soundcloud:users:{subject}")


class Faulty:
    """Drops whom user 1 follows, raises for whom user 2 follows, and makes something else of whom user 3 follows."""

    def process_item(self, item: Any) -> Any:
        if follows(item, 1):
            raise DropItem("not wanted")
        if follows(item, 2):
            raise RuntimeError("a bug")
        if follows(item, 3):
            return {"something": "else"}
        return item


def is_of_user_2(listing: Listing) -> bool:
    return of(listing, 2)


class FaultyHooks:
    """Makes hooks of the spider fail: it can neither read the followings of user 1 nor end that listing."""

    def __call__(self) -> None:
        for name in ("after_page", "fallback"):
            setattr(UserGraphSpider, name, self._failing(getattr(UserGraphSpider, name)))

    def _failing(self, hook: Callable[..., Any]) -> Callable[..., Any]:
        def failing(spider: UserGraphSpider, about: Page | Listing) -> Any:
            listing = about.listing if isinstance(about, Page) else about
            if of(listing, 1):
                raise KeyError(9)
            return hook(spider, about)

        return failing


class LosesPages:
    """Makes the spider lose the pages about user 3. `then`: called next, in the same process."""

    def __init__(self, then: Callable[[], object] | None = None) -> None:
        self._then = then

    def __call__(self) -> None:
        parse = ApiSpider.parse

        def losing(spider: ApiSpider, response: Response) -> list[Page]:
            return [page for page in parse(spider, response) if not of(page.listing, 3)]

        setattr(ApiSpider, "parse", losing)  # noqa: B010  # mypy takes no other method
        if self._then:
            self._then()


class FaultyExporter(JsonLinesPageExporter):
    """Fails on pages that say whom user 1 follows, after half of them."""

    def export_rows(self, rows: Iterable[Row]) -> None:
        if any(follows(row, 1) for row in rows):
            self.file.write(b'{"half a')
            raise RuntimeError("a bug")
        super().export_rows(rows)


class DeadExporter(JsonLinesPageExporter):
    """Fails on all pages except the closing records."""

    def export_rows(self, rows: Iterable[Row]) -> None:
        if any(row.get("kind") != "crawl" for row in rows):
            raise RuntimeError("a bug")
        super().export_rows(rows)
