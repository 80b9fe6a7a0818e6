"""Addresses of the web site."""

from __future__ import annotations

from typing import Any, ClassVar

from sc_spiders.api import CATALOGUE
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import Argument, flag, urls
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.seeds import Seeds


class ResolveSpider(ApiSpider):
    """The users, tracks and playlists to which addresses of soundcloud.com and on.soundcloud.com lead.

    Yields user, track, playlist; with `oembed=1` also oembed; listing only for an address that leads nowhere.
    """

    name = "resolve"
    arguments: ClassVar = {
        "url": urls("one or more addresses of soundcloud.com or on.soundcloud.com, or @FILE"),
        "oembed": Argument(flag, "0", "1: also the data of the oEmbed service"),
    }

    def seeds(self) -> Seeds:
        if self.args["oembed"]:
            return Seeds(self.args["url"], self._resolve, self._oembed)
        return Seeds(self.args["url"], self._resolve)

    def _resolve(self, url: str) -> Listing:
        return self.listings.resolve(url, seed=url)

    def _oembed(self, url: str) -> Listing:
        return self.listings.new(CATALOGUE["oembed"], {"urn": url}, {"url": url})

    def follow(self, *_: Any) -> list[Listing]:
        return []
