"""Playlists, with all their tracks."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import include, subjects


class PlaylistSpider(ApiSpider):
    """Some playlists, albums and system playlists: all their tracks in order, and the users who like and repost them.

    If the API no longer has a track of a playlist, `missing` in the listing names it.

    Yields playlist, track, user; edge (contains, likes, reposts); listing.
    """

    name = "playlist"
    subject = "playlist"
    arguments: ClassVar = {
        "playlist": subjects("playlist", "which playlists: ids, URNs, permalinks, URLs, or @FILE"),
        "include": include("playlist", "profile,tracks"),
    }
