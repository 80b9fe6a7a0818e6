"""Charts, and the playlists that take their place today."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.api import CATALOGUE, CHART_GENRES
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import Argument, choice, region, words
from sc_spiders.base_spiders.id_set import IdSet
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.namespaces import Namespace, Purpose
from sc_spiders.pages.page import Row

_TRENDING = "soundcloud:system-playlists:trending-by-genre:{genre}"
_COUNTRIES = {"GB": "UK"}  # as /charts/selections calls them


class ChartsSpider(ApiSpider):
    """Charts by genre: the ranked tracks, with their scores if the API gives them.

    Today the API answers 404 for most charts; their listing then ends `not_found`. The spider asks for the playlist
    that SoundCloud shows in the chart's place, and its tracks become `ranks` of the same chart. For `trending` that is
    the system playlist trending-by-genre of the genre. For `top` it is the genre's playlist on the shelves of charts;
    `region` chooses the shelves (GB or US; default US), which come as selections with all their playlists.

    Yields track, playlist, selection; edge (ranks, contains); listing.
    """

    name = "charts"
    apis = ("v2",)
    selector = "kind"
    # Shelves (level 0) are requested after all charts have answered; the playlists on them (level 1) at once.
    unordered_from = 1
    arguments: ClassVar = {
        "kind": Argument(choice("trending", "top"), "trending", "which charts"),
        "genre": Argument(words((*CHART_GENRES, "all")), "all-music", "one or more genres, or all"),
        "region": Argument(region, "", "a country, such as GB"),
    }

    def seeds(self) -> list[Listing]:
        genres = self.args["genre"]
        if "all" in genres:
            genres = CHART_GENRES
        return [self._chart(genre) for genre in genres]

    def _chart(self, genre: str) -> Listing:
        path = {"kind": self.args["kind"], "genre": genre}
        query = {"kind": self.args["kind"], "genre": f"soundcloud:genres:{genre}"}
        if self.args["region"]:
            query["region"] = f"soundcloud:regions:{self.args['region']}"
        return self.listings.new(CATALOGUE["charts"], path, query, level=-1)

    def fallback(self, listing: Listing) -> list[Listing]:
        if listing.endpoint != "charts" or listing.ended != "not_found":
            return []
        chart = listing.subject or ""
        genre = chart.rpartition(":")[2]
        if self.args["kind"] == "trending":
            return [self.listings.whole_playlist(_TRENDING.format(genre=genre), chart)]
        shelves_are_asked_for = len(self._gone) > 0
        self._gone.add([genre])
        if shelves_are_asked_for:
            return []
        country = _COUNTRIES.get(self.args["region"], self.args["region"]) or "US"
        return [self.listings.new(CATALOGUE["chart_shelves"], query={"country": country})]

    def follow(self, listing: Listing, kind: str, objects: list[Row], keys: list[int | str]) -> list[Listing]:
        if listing.endpoint != "chart_shelves" or kind != "playlist":
            return []
        found = []
        for object_, key in zip(objects, keys, strict=True):
            for genre in str(object_.get("permalink")).split(":"):  # charts-top:techno:us
                if genre in self._gone:
                    found.append(self.listings.whole_playlist(key, f"charts:{self.args['kind']}:{genre}"))
        return found

    @property
    def _gone(self) -> IdSet:
        """Genres whose charts answered 404."""
        return IdSet(self.seen, Namespace("charts without answer", Purpose.NODE))
