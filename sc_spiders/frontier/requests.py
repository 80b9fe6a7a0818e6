"""Makes the requests for listings' pages when they are handed out. They are never stored."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy import Request

from sc_spiders.api import Api
from sc_spiders.api.hosts import Hosts
from sc_spiders.pages import page_size, reactions
from sc_spiders.pages.listing import Listing

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class Requests:
    """Makes the requests of one crawl."""

    def __init__(self, crawler: Crawler) -> None:
        self._hosts = Hosts.from_settings(crawler.settings)
        spider: Any = crawler.spider
        self._api: Api = spider.api
        self._callback, self._errback = spider.writing(spider.parse), spider.writing(spider.errback)

    @property
    def api(self) -> Api:
        """The API that is crawled."""
        return self._api

    def smaller(self, listing: Listing) -> Request | None:
        """A request for fewer rows, if the listing's next page has failed often enough."""
        if listing.attempts < page_size.AFTER:
            return None
        sizes = page_size.reduce(listing, self.api)
        if sizes is None:
            return None
        old, new = sizes
        logger.info(
            "%s: %s, %d times: asked for %d rows a page instead of %d",
            listing.name,
            listing.error,
            listing.attempts,
            new,
            old,
        )
        return self.page_of(listing)

    def page_of(self, listing: Listing) -> Request:
        """The request for a listing's next page."""
        spec = listing.spec
        meta: dict[str, Any] = {"listing": listing, "handle_httpstatus_all": True, "attempt": True}
        if spec.auth != "app":
            meta["auth"] = spec.auth
        further: dict[str, Any] = {}
        if spec.shape == "reactions":
            further = reactions.question(listing)
        host = self._api if spec.host == "api" else spec.host
        return Request(
            self._hosts.urls[host] + listing.url,
            callback=self._callback,
            errback=self._errback,
            meta=meta,
            dont_filter=True,
            **further,
        )
