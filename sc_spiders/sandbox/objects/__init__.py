"""Objects as the v2 API writes them, made on demand from their position in the world.

Recorded answers of 2025 and 2026 have the same fields, and null as often.
"""

from sc_spiders.sandbox.objects.activity import (
    comment,
    comment_with_track,
    like,
    repost_type,
    stream_item,
    with_full_user,
)
from sc_spiders.sandbox.objects.common import WEB, Json
from sc_spiders.sandbox.objects.playlists import deleted, find_playlist, partial_playlist, playlist, playlist_title
from sc_spiders.sandbox.objects.tracks import (
    duration,
    find_track,
    genre,
    license,
    tags,
    title,
    track,
    track_stub,
)
from sc_spiders.sandbox.objects.users import find_user, mini_user, user, username, web_profiles

__all__ = [
    "WEB",
    "Json",
    "comment",
    "comment_with_track",
    "deleted",
    "duration",
    "find_playlist",
    "find_track",
    "find_user",
    "genre",
    "license",
    "like",
    "mini_user",
    "partial_playlist",
    "playlist",
    "playlist_title",
    "repost_type",
    "stream_item",
    "tags",
    "title",
    "track",
    "track_stub",
    "user",
    "username",
    "web_profiles",
    "with_full_user",
]
