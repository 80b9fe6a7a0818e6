"""Tracks and their lists."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import include, since_argument, subjects, until_argument
from sc_spiders.base_spiders.batched import batched
from sc_spiders.base_spiders.targets import target
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.streams import STREAMS


class TrackSpider(ApiSpider):
    """Some tracks, and those of their lists that `include` names.

    Profiles alone (`include=profile`) are requested 50 at a time, where ids are given and not permalinks. With
    `streams` come the formats in which a track can be heard, and whether only a preview can, but no address of audio:
    in v2 without a further request, in the public API with one for each track. With `download` comes the address of the
    original file, if the owner offers it; nothing is downloaded. It needs a user's token. `since` and `until` bound the
    comments (v2), which have dates and come with the newest first. The other lists have no dates, and are walked whole.

    Yields track, user, playlist, comment, stream, download; edge (related, likes, reposts, contains); listing.
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
        if self.plan:
            return super().seeds()
        return batched(self, self.args["track"], partial(target, "track"))

    def seed_extra(self, kind: str) -> dict[str, Any]:
        extra = super().seed_extra(kind)
        if STREAMS in self.chosen and self.api == "v2":  # the tracks themselves name them
            extra[STREAMS] = True
        return extra
