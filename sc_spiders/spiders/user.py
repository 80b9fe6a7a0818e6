"""Users and their lists."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import include, since_argument, subjects, until_argument


class UserSpider(ApiSpider):
    """Some users: their profiles, and those of their lists that `include` names.

    Yields user, track, playlist, comment, web_profile; edge (posts, likes, reposts, follows, related, features);
    listing.
    """

    name = "user"
    subject = "user"
    arguments: ClassVar = {
        "user": subjects("user", "which users: ids, URNs, permalinks, URLs, or @FILE"),
        "include": include("user"),
        "since": since_argument("likes, reposts, tracks, comments"),
        "until": until_argument("likes, reposts, tracks, comments"),
    }
