"""Proxies of the environment, as Scrapy takes them; never for this machine, and never for plain http."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware
from scrapy.utils.httpobj import urlparse_cached

from sc_spiders.api.hosts import is_loopback

if TYPE_CHECKING:
    from scrapy import Request


class Proxy(HttpProxyMiddleware):
    """A proxy sees all of a request in plain http, its credential too. Of https it sees the host alone."""

    def process_request(self, request: Request) -> None:  # type: ignore[override]  # the spider is an argument of old
        parts = urlparse_cached(request)
        if parts.scheme == "http" or is_loopback(parts.hostname or ""):
            request.meta["proxy"] = None  # which the rest heeds
        super().process_request(request)
