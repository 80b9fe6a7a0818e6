"""Recent tracks of a tag."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.api import CATALOGUE
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import Argument, text
from sc_spiders.pages.listing import Listing


class TagSpider(ApiSpider):
    """The recent tracks of a tag, the latest first.

    Yields track; edge (contains, from `tag:<tag>`); listing.
    """

    name = "tag"
    main_kind = "track"
    apis = ("v2",)
    arguments: ClassVar = {
        "tag": Argument(text, None, "the tag, as it stands in tag_list, without quotes", example="techno")
    }

    def seeds(self) -> list[Listing]:
        return [self.listings.new(CATALOGUE["recent_tracks_of_a_tag"], {"tag": self.args["tag"]})]
