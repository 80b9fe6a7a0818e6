"""Tracks, and what belongs to them."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import include, since_argument, subjects


class TrackSpider(ApiSpider):
    """Some tracks: the tracks themselves, and whichever of their lists `include` names.

    `download` gives the address of the owner's original where it is offered, and downloads nothing; it needs a user's
    token. `since` bounds the comments, which have dates and come with the newest first (v2); the other lists have no
    dates and are walked whole.

    Yields track, user, playlist, comment, download; edge (related, likes, reposts, contains); listing.
    """

    name = "track"
    subject = "track"
    arguments: ClassVar = {
        "track": subjects("track", "which tracks: ids, URNs, permalinks, URLs, or @FILE"),
        "include": include("track"),
        "since": since_argument("comments"),
    }
