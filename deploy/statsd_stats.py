"""Sends Scrapy's statistics to statsd while a crawl runs. docs/operate.md says how to use it."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from typing import Any

from scrapy.crawler import Crawler
from scrapy.statscollectors import MemoryStatsCollector


class StatsdCollector(MemoryStatsCollector):
    """Counters go as counters, all other numbers as gauges, named `scrapy.<spider>.<statistic>`.

    Settings: STATSD_ADDRESS (127.0.0.1:8125).
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        host, _, port = crawler.settings.get("STATSD_ADDRESS", "127.0.0.1:8125").rpartition(":")
        self._prefix = f"scrapy.{crawler.spidercls.name}"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect((host, int(port)))

    def inc_value(self, key: str, count: int = 1, start: int = 0) -> None:
        super().inc_value(key, count, start)
        self._send(key, count, "c")

    def set_value(self, key: str, value: Any) -> None:
        super().set_value(key, value)
        self._send(key, value, "g")

    def max_value(self, key: str, value: Any) -> None:
        super().max_value(key, value)
        self._send(key, self.get_value(key), "g")

    def close_spider(self, reason: str | None = None) -> None:
        super().close_spider(reason=reason)
        self._socket.close()

    def _send(self, key: str, value: Any, kind: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return
        name = re.sub(r"[^A-Za-z0-9_-]+", ".", key)
        with suppress(OSError):  # a crawl goes on if nobody watches it
            self._socket.send(f"{self._prefix}.{name}:{value}|{kind}".encode())
