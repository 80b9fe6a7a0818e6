"""Item pipelines and extensions as users write them, for the tests in this folder."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Self

from itemadapter import ItemAdapter
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from sc_spiders.items import User
from tests.support.patience import PATIENCE


class OnlyTheVerified:
    """Drops users who are not verified, and changes the names of the others to capitals."""

    def process_item(self, item: Any) -> Any:
        record = ItemAdapter(item)
        if record.get("kind") != "user":
            return item
        if not record["verified"]:
            raise DropItem("not verified")
        record["username"] = record["username"].upper()
        return item


class OldSignature:
    """Adds, changes and removes a field of each user. Its method has the parameters of older Scrapy."""

    def process_item(self, item: Any, spider: Spider) -> Any:
        if isinstance(item, User):
            item["score"] = item["id"] / 2
            item["city"] = "x"
            del item["avatar_url"]
        return item


class WithoutSpider:
    """Adds, changes and removes a field of each user."""

    def process_item(self, item: Any) -> Any:
        if isinstance(item, User):
            item["score"] = item["id"] / 2
            item["city"] = "x"
            del item["avatar_url"]
        return item


class Awaiting(WithoutSpider):
    """Does so after a wait, and returns a dict."""

    async def process_item(self, item: Any) -> Any:
        await asyncio.sleep(0.001)
        return dict(super().process_item(item))


class Together:
    """Lets the first items go on once three of them wait here."""

    def __init__(self) -> None:
        self.waiting = 0
        self.met = asyncio.Event()

    async def process_item(self, item: Any) -> Any:
        self.waiting += 1
        if self.waiting == 3:
            self.met.set()
        async with asyncio.timeout(PATIENCE):
            await self.met.wait()
        return item


class Late:
    """Adds a field to users of later pages only."""

    seen = 0

    def process_item(self, item: Any) -> Any:
        if isinstance(item, User):
            self.seen += 1
            if self.seen > 60:
                item["late"] = True
        return item


class Forgets:
    """Forgets to return the item."""

    def process_item(self, item: Any) -> Any:
        pass


class Raises:
    """Fails on each third user."""

    def process_item(self, item: Any) -> Any:
        if isinstance(item, User) and item["id"] % 3 == 0:
            raise RuntimeError("a bug")
        return item


class Counts:
    """Counts signals about items by their kind, like an extension that sends figures to a statsd server."""

    def __init__(self, crawler: Crawler) -> None:
        self.counted: Counter[tuple[str, str]] = Counter()
        crawler.signals.connect(self.item_scraped, signals.item_scraped)
        crawler.signals.connect(self.item_dropped, signals.item_dropped)
        crawler.signals.connect(self.item_error, signals.item_error)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)
        self._stats = crawler.stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def item_scraped(self, item: Any, response: Any, spider: Spider) -> None:
        self._count("scraped", item)

    def item_dropped(self, item: Any, response: Any, exception: Exception, spider: Spider) -> None:
        self._count("dropped", item)

    def item_error(self, item: Any, response: Any, failure: Any, spider: Spider) -> None:
        self._count("error", item)

    def _count(self, what: str, item: Any) -> None:
        self.counted[what, ItemAdapter(item)["kind"]] += 1

    def engine_stopped(self) -> None:
        for (what, kind), number in self.counted.items():
            self._stats.set_value(f"counted/{what}/{kind}", number)
