"""Makes Scrapy's callbacks of methods that return pages.

While many pages are read, the callbacks give the event loop time, so that it handles signals and receives answers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.utils.asyncgen import as_async_generator
from scrapy.utils.defer import ensure_awaitable
from scrapy.utils.spider import iterate_spider_output

from sc_spiders.context import context
from sc_spiders.pages.page import Page, PageWriter

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_LONGEST = 0.025  # seconds after which no further page is read in the same turn


class Callbacks:
    """Makes a callback of `parse` or `errback`, which writes their pages. Scrapy itself would take pages for items.

    Items that the method yields beside a page are written with it.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._turns = Turns()

    def __call__(self, method: Callable[[Any], Any]) -> Callable[[Any], AsyncIterator[Any]]:
        async def write(answer: Any) -> AsyncIterator[Any]:
            pages: list[Page] = []
            items: list[Any] = []
            await self._turns.wait()
            outputs = await ensure_awaitable(iterate_spider_output(method(answer)))
            async for output in as_async_generator(outputs):
                if isinstance(output, Request):
                    yield output
                elif isinstance(output, Page):
                    pages.append(output)
                elif output is not None:
                    items.append(output)
            if not pages:
                for item in items:
                    yield item
                return
            pages[-1].items += items
            for page in pages:
                await self._writer.write(page, answer)

        return write

    @cached_property
    def _writer(self) -> PageWriter:
        return context(self._crawler).get(PageWriter)


class Turns:
    """Spreads the reading of pages that came at the same time over turns of the event loop."""

    def __init__(self) -> None:
        self._number = 0
        self._ends_at = 0.0

    async def wait(self) -> None:
        """Wait until a page may be read: at once, or in the next turn that has time for it."""
        while time.monotonic() > self._ends_at:
            number = self._number
            await asyncio.sleep(0)
            if number == self._number:  # this page is the first of a new turn
                self._number += 1
                self._ends_at = time.monotonic() + _LONGEST
