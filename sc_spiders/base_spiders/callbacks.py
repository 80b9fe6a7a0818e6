"""Makes Scrapy's callbacks of methods that return pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.utils.asyncgen import as_async_generator
from scrapy.utils.defer import ensure_awaitable
from scrapy.utils.spider import iterate_spider_output

from sc_spiders.base_spiders.turns import Turns
from sc_spiders.context import context
from sc_spiders.pages.page import Page, PageWriter

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


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
