"""Changes the order in which pages are written, mostly pages of track batches; and pipelines that fail on them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sc_spiders.feeds.exporter import PageFeedExporter
from sc_spiders.items import Listing as ListingItem
from sc_spiders.items import Track
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page

TOGETHER = 3  # batches that are read before the first of them is acknowledged


class Holds:
    """Makes the pages of batches wait before they are written, until all are read. Subclasses hold other pages.

    A crawl gets it as `inside`. `then`: called next, in the same process.
    """

    step = 0.05  # seconds

    def __init__(self, then: Callable[[], object] | None = None) -> None:
        self._then = then
        self.read = 0

    def __call__(self) -> None:
        self.all = asyncio.Event()
        write = PageFeedExporter.write

        async def held(exporter: PageFeedExporter, page: Page, response: Any = None) -> None:
            await self.hold(page)
            await write(exporter, page, response)

        setattr(PageFeedExporter, "write", held)  # noqa: B010  # mypy takes no other method
        if self._then:
            self._then()

    async def hold(self, page: Page) -> None:
        if page.listing.endpoint != "track_batch":
            return
        self.read += 1
        turn = self.read
        if self.read >= TOGETHER:
            self.all.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self.all.wait()
        await asyncio.sleep(max(0.0, self.step * (turn if self.step > 0 else turn - TOGETHER)))


class Backwards(Holds):
    """Then writes them in reverse order."""

    step = -0.05


class LastFirst(Holds):
    """Two lists share an edge. The page that was read first waits until the other is acknowledged."""

    async def hold(self, page: Page) -> None:
        if has_the_edge(page.listing):
            self.read += 1
            await asyncio.sleep(30 if self.read == 1 else 0)


class FailsOnATrack:
    """A pipeline that fails on the hundredth track. A batch brings that one."""

    tracks = 0

    def process_item(self, item: Any) -> Any:
        if isinstance(item, Track):
            self.tracks += 1
            if self.tracks == 100:
                raise RuntimeError("a bug")
        return item


class FailsOnPlaylists:
    """A pipeline that fails on listing records of playlists."""

    def process_item(self, item: Any) -> Any:
        if isinstance(item, ListingItem) and item["endpoint"] == "playlist":
            raise RuntimeError("a bug")
        return item


def has_the_edge(listing: Listing) -> bool:
    return (listing.endpoint, listing.subject) in (
        ("followings", "soundcloud:users:1"),
        ("followers", "soundcloud:users:2"),
    )


def is_list(listing: Listing) -> bool:
    return listing.is_list


def is_batch(listing: Listing) -> bool:
    return listing.endpoint == "track_batch"


def is_whole_playlist(listing: Listing) -> bool:
    """Whether the page ends a playlist that waited for tracks."""
    return listing.endpoint == "playlist" and bool(listing.ended)
