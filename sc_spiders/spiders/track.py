"""Tracks and their lists."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import include, since_argument, subjects, until_argument


class TrackSpider(ApiSpider):
    """Some tracks, and those of their lists that `include` names.

    With `download` comes the address of the original file, if the owner offers it; nothing is downloaded. It needs a
    user's token. `since` and `until` bound the comments (v2), which have dates and come with the newest first. The
    other lists have no dates, and are walked whole.

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
