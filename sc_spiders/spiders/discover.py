"""The discover page."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.api import CATALOGUE
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import Argument, flag
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Row


class DiscoverSpider(ApiSpider):
    """The discover page: its selections, with their playlists and system playlists in order.

    With `hydrate=1` come all tracks of all these playlists.

    Yields selection, playlist, track; edge (contains); listing.
    """

    name = "discover"
    main_kind = "selection"
    apis = ("v2",)
    arguments: ClassVar = {"hydrate": Argument(flag, "0", "1: also all tracks of the playlists")}

    def seeds(self) -> list[Listing]:
        return [self.listings.new(CATALOGUE["discover"])]

    def follow(self, listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        if kind != "playlist" or listing.endpoint != "discover" or not self.args["hydrate"]:
            return []
        of = dict(zip(keys, objects, strict=True))
        taken = self.followed(kind).take(keys)
        return [self.listings.whole_playlist(key, playlist=of[key]) for key in taken]
