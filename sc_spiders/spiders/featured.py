"""Featured tracks of a genre, or of the front page."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.api import CATALOGUE, CHART_GENRES
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import Argument, words
from sc_spiders.pages.listing import Listing

_FRONT = "front"


class FeaturedSpider(ApiSpider):
    """The tracks that SoundCloud features in some genres, or on its front page (`front`).

    Tracks come in a compact form (`partial`), without counts and texts.

    The API always names a next page, so these listings end `empty_pages`.

    Yields track; edge (features); listing.
    """

    name = "featured"
    main_kind = "track"
    apis = ("v2",)
    arguments: ClassVar = {
        "genre": Argument(words((_FRONT, *CHART_GENRES)), "all-music", "one or more genres, or front")
    }

    def seeds(self) -> list[Listing]:
        return [self._list(genre) for genre in self.args["genre"]]

    def _list(self, genre: str) -> Listing:
        if genre == _FRONT:
            return self.listings.new(CATALOGUE["featured_on_front"], {})
        return self.listings.new(CATALOGUE["featured_tracks"], {"genre": genre})
