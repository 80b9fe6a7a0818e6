"""Any path of the API."""

from __future__ import annotations

from typing import Any, ClassVar

from sc_spiders.api import CATALOGUE
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import Argument, path
from sc_spiders.pages.listing import Listing


class ResourceSpider(ApiSpider):
    """One path of the API, and its next pages. `params` are sent as they are.

    Yields user, track, playlist, comment, selection if the API gives such objects; each other object whole, as object;
    listing.
    """

    name = "resource"
    arguments: ClassVar = {
        "path": Argument(
            path, None, "a path of the API, such as /users/183/followings", example="/users/183/followings"
        )
    }

    def seeds(self) -> list[Listing]:
        where, query = self.args["path"]
        return [self.listings.new(CATALOGUE["resource"], {"path": where}, query, seed=self.given["path"])]

    def follow(self, *_: Any) -> list[Listing]:
        return []
