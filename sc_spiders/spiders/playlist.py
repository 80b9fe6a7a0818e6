"""Playlists, with all their tracks."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.base_spiders.arguments import include, subjects


class PlaylistSpider(ApiSpider):
    """Some playlists, albums and system playlists: all their tracks in order, and who likes and reposts them.

    Tracks that a playlist names and the API no longer has are told in `missing` of its listing.

    Yields playlist, track, user; edge (contains, likes, reposts); listing.
    """

    name = "playlist"
    subject = "playlist"
    arguments: ClassVar = {
        "playlist": subjects("playlist", "which playlists: ids, URNs, permalinks, URLs, or @FILE"),
        "include": include("playlist", "profile,tracks"),
    }
