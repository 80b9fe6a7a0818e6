"""Invented objects in the APIs' forms, for tests without recordings."""

from __future__ import annotations

from typing import Any

NOW = "2026-01-02T03:04:05Z"

MINI: dict[str, Any] = {
    "avatar_url": "https://i1.sndcdn.com/avatars-1-large.jpg",
    "badges": {"pro": False, "creator_mid_tier": False, "pro_unlimited": True, "verified": False},
    "city": None,
    "country_code": "EE",
    "first_name": "",
    "followers_count": 12,
    "full_name": "",
    "id": 3_000_000_001,
    "kind": "user",
    "last_modified": "2025-09-16T01:23:36Z",
    "last_name": "",
    "permalink": "mari",
    "permalink_url": "https://soundcloud.com/mari",
    "station_permalink": "artist-stations:3000000001",
    "station_urn": "soundcloud:system-playlists:artist-stations:3000000001",
    "uri": "https://api.soundcloud.com/users/soundcloud%3Ausers%3A3000000001",
    "urn": "soundcloud:users:3000000001",
    "username": "Mari",
    "verified": False,
}

USER: dict[str, Any] = MINI | {
    "comments_count": 3,
    "created_at": None,
    "creator_subscription": {"product": {"id": "free"}},
    "creator_subscriptions": [{"product": {"id": "free"}}],
    "date_of_birth": {"day": 1, "month": 2, "year": 1990},
    "description": "Tere!\nhttps://soundcloud.com/mari/laul",
    "followings_count": 0,
    "groups_count": 0,
    "likes_count": 7,
    "playlist_count": 1,
    "playlist_likes_count": 0,
    "reposts_count": None,
    "track_count": 2,
    "visuals": {
        "enabled": True,
        "tracking": None,
        "urn": "soundcloud:users:3000000001",
        "visuals": [
            {"entry_time": 0, "urn": "soundcloud:visuals:5", "visual_url": "https://i1.sndcdn.com/visuals-5.jpg"}
        ],
    },
}

TRACK: dict[str, Any] = {
    "artwork_url": None,
    "comment_count": None,
    "created_at": "2024-02-29T00:00:00Z",
    "description": None,
    "duration": 30000,
    "full_duration": 170710,
    "genre": "",
    "id": 2_234_866_769,
    "kind": "track",
    "likes_count": 0,
    "media": {"transcodings": []},
    "monetization_model": "NOT_APPLICABLE",
    "permalink_url": "https://soundcloud.com/mari/laul",
    "policy": "ALLOW",
    "publisher_metadata": {"artist": "Mari", "explicit": True, "id": 2_234_866_769},
    "release_date": "",
    "secret_token": None,
    "tag_list": 'a "b c"',
    "title": "Laul",
    "track_authorization": "eyJ.track.authorization",
    "uri": "https://api.soundcloud.com/tracks/soundcloud%3Atracks%3A2234866769",
    "urn": "soundcloud:tracks:2234866769",
    "user": MINI,
    "user_id": 3_000_000_001,
    "visuals": None,
}

PLAYLIST: dict[str, Any] = {
    "created_at": "2024-02-29T00:00:00Z",
    "description": "",
    "id": 77,
    "is_album": False,
    "kind": "playlist",
    "likes_count": 1,
    "permalink_url": "https://soundcloud.com/mari/sets/lood",
    "set_type": "",
    "title": "Lood",
    "track_count": 1,
    "tracks": [{"id": 2_234_866_769, "kind": "track", "monetization_model": "NOT_APPLICABLE", "policy": "ALLOW"}],
    "user": MINI,
    "user_id": 3_000_000_001,
}

SYSTEM_PLAYLIST: dict[str, Any] = {
    "description": "New",
    "id": "soundcloud:system-playlists:charts-top:all-music:ee",
    "kind": "system-playlist",
    "last_updated": "2021-08-13T15:15:08Z",
    "made_for": None,
    "title": "Top",
    "tracks": [],
    "urn": "soundcloud:system-playlists:charts-top:all-music:ee",
}

COMMENT: dict[str, Any] = {
    "body": "!",
    "created_at": "2023-03-16T11:42:41Z",
    "id": 1_900_505_365,
    "kind": "comment",
    "self": {"urn": "soundcloud:comments:1900505365"},
    "timestamp": 124858,
    "track_id": 2_234_866_769,
    "user": MINI,
    "user_id": 3_000_000_001,
}

SELECTION: dict[str, Any] = {
    "description": "",
    "id": "soundcloud:selections:charts-top",
    "items": {"collection": [SYSTEM_PLAYLIST], "next_href": None, "query_urn": None},
    "kind": "selection",
    "last_updated": None,
    "title": "Charts",
    "urn": "soundcloud:selections:charts-top",
}

V2 = {
    "user": [USER, MINI],
    "track": [TRACK, PLAYLIST["tracks"][0]],
    "playlist": [PLAYLIST, SYSTEM_PLAYLIST],
    "comment": [COMMENT],
    "selection": [SELECTION],
}
"""By kind, the full form first."""

PUBLIC_TRACK: dict[str, Any] = {
    "access": "blocked",
    "created_at": "2010/11/28 12:54:52 +0000",
    "favoritings_count": 0,
    "kind": "track",
    "title": "Laul",
    "urn": "soundcloud:tracks:2234866769",
    "user": {"kind": "user", "permalink": "mari", "urn": "soundcloud:users:3000000001", "username": "Mari"},
}
