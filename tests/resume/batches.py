"""Item pipelines that change the order in which pages are acknowledged, mostly pages of track batches."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from scrapy.exceptions import DropItem

from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page

TOGETHER = 4  # batches that are read before the first of them is acknowledged


class Together:
    """Holds the first pages of tracks until all are read, then passes them on in their order."""

    step = 0.05  # seconds

    def __init__(self) -> None:
        self.read = 0
        self._all = asyncio.Event()

    async def process_item(self, item: Any) -> Any:
        if isinstance(item, Page) and item.listing.endpoint == "track_batch":
            self.read += 1
            turn = self.read
            if self.read >= TOGETHER:
                self._all.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await self._all.wait()
            await asyncio.sleep(max(0.0, self.step * (turn if self.step > 0 else turn - TOGETHER)))
            self.resolve(turn)
        return item

    def resolve(self, turn: int) -> None:
        """Raise an exception to refuse the page."""


class Backwards(Together):
    """The same in reverse order."""

    step = -0.05


class Refusing(Together):
    """Drops the second page after the others are read."""

    def resolve(self, turn: int) -> None:
        if turn == 2:
            raise DropItem("not wanted")


class LastFirst:
    """Two lists share an edge. The page that was read first waits until the other is acknowledged."""

    def __init__(self) -> None:
        self.read = 0

    async def process_item(self, item: Any) -> Any:
        if isinstance(item, Page) and has_the_edge(item.listing):
            self.read += 1
            await asyncio.sleep(30 if self.read == 1 else 0)
        return item


def has_the_edge(listing: Listing) -> bool:
    return (listing.endpoint, listing.subject) in (
        ("followings", "soundcloud:users:1"),
        ("followers", "soundcloud:users:2"),
    )


class Endless:
    """Drops pages that end playlists."""

    def process_item(self, item: Any) -> Any:
        if isinstance(item, Page) and item.listing.endpoint == "playlist" and item.listing.ended:
            raise DropItem("not wanted")
        return item


def is_list(listing: Listing) -> bool:
    return listing.is_list


def is_batch(listing: Listing) -> bool:
    return listing.endpoint == "track_batch"


def is_whole_playlist(listing: Listing) -> bool:
    """Whether the page ends a playlist that waited for tracks."""
    return listing.endpoint == "playlist" and bool(listing.ended)
