"""Counts the keys that the API sends and no schema knows, and the fields that it never sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from scrapy import signals

from sc_spiders import records
from sc_spiders.context import context

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Drift:
    """Stats: ``drift/<kind>/unknown/<field>`` (objects that had it), ``drift/<kind>/absent/<field>`` (1)."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def spider_closed(self) -> None:
        stats = self.crawler.stats
        assert stats
        if not stats.get_value("pages"):
            return
        for kind, found in context(self.crawler).get(records.Drift).report().items():
            for field, count in found["unknown"].items():
                stats.set_value(f"drift/{kind}/unknown/{field}", count)
            for field in found["absent"]:
                stats.set_value(f"drift/{kind}/absent/{field}", 1)
