"""Proxies from the environment, as in Scrapy, but never for this machine and never for plain http."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware
from scrapy.utils.httpobj import urlparse_cached

from sc_spiders.api.hosts import is_loopback

if TYPE_CHECKING:
    from scrapy import Request


class Proxy(HttpProxyMiddleware):
    """In plain http a proxy would see the whole request with its credential. In https it sees only the host."""

    def process_request(self, request: Request) -> None:  # type: ignore[override]  # Scrapy's own takes the spider, too
        parts = urlparse_cached(request)
        if parts.scheme == "http" or is_loopback(parts.hostname or ""):
            request.meta["proxy"] = None  # Scrapy then uses no proxy
        super().process_request(request)
