"""Featured tracks of a genre."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.arguments import Argument, words
from sc_spiders.endpoints import CATALOGUE, CHART_GENRES
from sc_spiders.listing import Listing
from sc_spiders.spider import ApiSpider


class FeaturedSpider(ApiSpider):
    """The tracks that SoundCloud features in some genres.

    Yields track; edge (features); listing. The API names a next page for ever: such a listing ends `empty_pages`.
    """

    name = "featured"
    offered = ("v2",)
    arguments: ClassVar = {"genre": Argument(words(CHART_GENRES), "all-music", "one or more genres")}

    def seeds(self) -> list[Listing]:
        return [self.listing(CATALOGUE["featured_tracks"], {"genre": genre}) for genre in self.args["genre"]]
