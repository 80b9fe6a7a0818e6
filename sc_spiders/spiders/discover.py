"""The discover page."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.arguments import Argument, flag
from sc_spiders.endpoints import CATALOGUE
from sc_spiders.listing import Listing
from sc_spiders.page import Row
from sc_spiders.spider import ApiSpider


class DiscoverSpider(ApiSpider):
    """The discover page: its selections, and their playlists and system playlists in order.

    `hydrate=1` brings all tracks of all these playlists.

    Yields selection, playlist, track; edge (contains); listing.
    """

    name = "discover"
    offered = ("v2",)
    arguments: ClassVar = {"hydrate": Argument(flag, "0", "1: also all tracks of the playlists")}

    def seeds(self) -> list[Listing]:
        return [self.listing(CATALOGUE["discover"])]

    def discovered(self, listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        if kind != "playlist" or listing.endpoint != "discover" or not self.args["hydrate"]:
            return []
        return [self.whole_playlist(key) for key in self.first_time(kind, keys)]
