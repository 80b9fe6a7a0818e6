"""What addresses lead to."""

from __future__ import annotations

from typing import Any, ClassVar

from sc_spiders.arguments import Argument, flag, urls
from sc_spiders.endpoints import CATALOGUE
from sc_spiders.listing import Listing
from sc_spiders.spider import ApiSpider


class ResolveSpider(ApiSpider):
    """What addresses of soundcloud.com and on.soundcloud.com lead to.

    Yields user, track, playlist; with `oembed=1` also oembed; listing only of an address that leads nowhere.
    """

    name = "resolve"
    arguments: ClassVar = {
        "url": Argument(urls, None, "one or more addresses of soundcloud.com or on.soundcloud.com, or @FILE"),
        "oembed": Argument(flag, "0", "1: also what the oEmbed service says of them"),
    }

    def seeds(self) -> list[Listing]:
        listings = []
        for url in self.args["url"]:
            listings.append(self.at_address(url, seed=url))
            if self.args["oembed"]:
                listings.append(self.listing(CATALOGUE["oembed"], {"urn": url}, {"url": url}))
        return listings

    def discovered(self, *_: Any) -> list[Listing]:
        return []
