"""Pages that come at once leave the event loop time for other things."""

from __future__ import annotations

import asyncio
import time

from sc_spiders.base_spiders.callbacks import Turns

LONG = 0.03  # seconds: longer than pages are read in one turn of the loop
PAGES = 5


async def read(pages: int, seconds: float) -> tuple[int, list[int]]:
    """How often the loop turned until these pages were read, and the order in which they were."""
    turns, order = Turns(), list[int]()

    async def page(number: int) -> None:
        await turns.wait()
        order.append(number)
        time.sleep(seconds)  # noqa: ASYNC251 - it stands for reading a page

    task = asyncio.gather(*map(page, range(pages)))
    turned = 0
    while not task.done():
        await asyncio.sleep(0)
        turned += 1
    return turned, order


def test_each_long_page_has_a_turn_of_its_own() -> None:
    turned, order = asyncio.run(read(PAGES, LONG))

    assert turned >= PAGES
    assert order == list(range(PAGES))


def test_short_pages_share_a_turn() -> None:
    turned, order = asyncio.run(read(PAGES, 0))

    assert turned <= PAGES
    assert order == list(range(PAGES))
