"""Tracks and their lists."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import include, since_argument, subjects, until_argument
from sc_spiders.base_spiders.batched import batched
from sc_spiders.base_spiders.targets import target
from sc_spiders.pages.listing import Listing


class TrackSpider(ApiSpider):
    """Some tracks, and those of their lists that `include` names.

    Profiles alone (`include=profile`) are requested 50 at a time, where ids are given and not permalinks. With
    `download` comes the address of the original file, if the owner offers it; nothing is downloaded. It needs a user's
    token. `since` and `until` bound the comments (v2), which have dates and come with the newest first. The other lists
    have no dates, and are walked whole.

    Yields track, user, playlist, comment, download; edge (related, likes, reposts, contains); listing.
    """

    name = "track"
    subject = "track"
    arguments: ClassVar = {
        "track": subjects("track", "which tracks: ids, URNs, permalinks, URLs, or @FILE"),
        "include": include("track"),
        "since": since_argument("comments"),
        "until": until_argument("comments"),
    }

    def seeds(self) -> Sequence[Listing]:
        if self.chosen != ("profile",):
            return super().seeds()
        return batched(self, self.args["track"], partial(target, "track"))
