"""Spiders as users write them, for the tests in this folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scrapy.http import Response

from sc_spiders.spiders.user import UserSpider


class Fans(UserSpider):
    """Yields items of its own beside our pages."""

    name = "fans"

    def parse(self, response: Response) -> Iterator[Any]:  # type: ignore[override]
        yield from super().parse(response)
        yield {"asked": response.url.partition("?")[0].rpartition("/")[2]}
