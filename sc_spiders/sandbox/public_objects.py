"""Objects as the public API writes them: URNs, dates with slashes, other field names than in v2.

The fields are those of answers recorded in 2025.
"""

from __future__ import annotations

from typing import Any

from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.objects.common import when
from sc_spiders.sandbox.world import World

Json = dict[str, Any]

API = "https://api.soundcloud.com"
COUNTRIES = {
    "DE": "Germany", "SE": "Sweden", "GB": "Britain (UK)", "US": "United States", "CA": "Canada", "BR": "Brazil",
    "JP": "Japan", "RU": "Russia", "NG": "Nigeria", "PL": "Poland", "TR": "Turkey", "IS": "Iceland", "MX": "Mexico",
    "EG": "Egypt",
}  # fmt: skip
ACCESS = {"SNIP": "preview", "BLOCK": "blocked"}


def _date(iso: str | None) -> str | None:
    """Turn a date of v2, `2025-09-16T01:23:36Z`, into `2025/09/16 01:23:36 +0000`."""
    return iso and f"{iso[:10].replace('-', '/')} {iso[11:19]} +0000"


def access(track: Json) -> str:
    """Return the access of a v2 track: `playable`, `preview` or `blocked`."""
    return ACCESS.get(track["policy"], "playable")


def user(world: World, id: int) -> Json:
    """Return a user."""
    whole = world.user(id)
    plan = whole["creator_subscription"]["product"]["id"]
    sites = [profile for profile in world.web_profiles(id) if profile["network"] == "personal"]
    site = (sites or [{"title": None, "url": None}])[0]
    plan_name = "Free" if plan == "free" else "Pro Unlimited"
    station = {}
    if whole["track_count"]:
        station["station_urn"] = whole["station_urn"]
    return station | {
        "avatar_url": whole["avatar_url"],
        "id": id,
        "urn": whole["urn"],
        "kind": "user",
        "permalink_url": whole["permalink_url"],
        "uri": f"{API}/users/{whole['urn']}",
        "username": whole["username"],
        "permalink": whole["permalink"],
        "created_at": _date(whole["created_at"]),
        "last_modified": _date(whole["last_modified"]),
        "first_name": whole["first_name"] or None,
        "last_name": whole["last_name"] or None,
        "full_name": whole["full_name"],
        "city": whole["city"],
        "description": whole["description"],
        "country": COUNTRIES.get(whole["country_code"]),
        "track_count": whole["track_count"],
        "public_favorites_count": whole["likes_count"],
        "reposts_count": len(world.reposts(id)),
        "followers_count": whole["followers_count"],
        "followings_count": whole["followings_count"],
        "plan": plan_name,
        "myspace_name": None,
        "discogs_name": None,
        "website_title": site["title"],
        "website": site["url"],
        "comments_count": whole["comments_count"],
        "online": False,
        "likes_count": whole["likes_count"],
        "playlist_count": whole["playlist_count"],
        "subscriptions": [{"product": {"id": plan, "name": plan_name}}],
    }


def me(world: World, id: int, private: tuple[int, int] = (1, 1), quota: tuple[int, int] = (0, 10800)) -> Json:
    """Return the user who owns the token.

    private: the numbers of private tracks and playlists. quota: seconds of audio uploaded, and seconds left.
    """
    used, left = quota
    return user(world, id) | {
        "quota": {"unlimited_upload_quota": False, "upload_seconds_used": used, "upload_seconds_left": left},
        "private_tracks_count": private[0],
        "private_playlists_count": private[1],
        "primary_email_confirmed": True,
        "locale": "",
        "upload_seconds_left": left,
    }


def track(world: World, id: int) -> Json:
    """Return a track, with its user in full."""
    return track_of(world, world.track(id))


def streams(track: Json) -> Json:
    """Return the addresses of a track's audio, as since August 2026: without the one of a whole mp3 file."""
    names = {"preview_mp3_128": "preview"}
    if track["access"] == "playable":
        names = {"hls_aac_160": "hls", "hls_mp3_128": "hls", **names}
    address = f"{API}/tracks/{track['urn']}/streams"
    return {
        f"{name}_url": f"{address}/00000000-0000-4000-8000-{at:012}/{last}"
        for at, (name, last) in enumerate(names.items())
    }


def _release(whole: Json) -> Json:
    """Return year, month and day of the release."""
    date = whole["release_date"]
    if not date:
        return dict.fromkeys(("release_year", "release_month", "release_day"))
    return {"release_year": int(date[:4]), "release_month": int(date[5:7]), "release_day": int(date[8:10])}


def track_of(world: World, whole: Json) -> Json:
    """Write a v2 track as the public API does."""
    publisher = whole["publisher_metadata"] or {}
    uri = f"{API}/tracks/{whole['urn']}"
    station = {}
    if whole["sharing"] == "public":
        station["station_urn"] = whole["station_urn"]
    quiet = {name: whole[name] for name in ("reveal_stats", "reveal_comments") if name in whole}
    return (
        station
        | quiet
        | _release(whole)
        | {
            "kind": "track",
            "id": whole["id"],
            "urn": whole["urn"],
            "created_at": _date(whole["created_at"]),
            "duration": whole["duration"],
            "commentable": whole["commentable"],
            "comment_count": whole["comment_count"] or 0,
            "sharing": whole["sharing"],
            "tag_list": whole["tag_list"],
            "streamable": whole["streamable"],
            "embeddable_by": whole["embeddable_by"],
            "purchase_url": whole["purchase_url"],
            "purchase_title": whole["purchase_title"],
            "genre": whole["genre"],
            "title": whole["title"],
            "description": whole["description"],
            "label_name": whole["label_name"],
            "release": whole.get("release"),
            "key_signature": None,
            "isrc": publisher.get("isrc"),
            "bpm": None if whole["id"] % 9 else 60 + whole["id"] % 120 + 0.5,
            "license": whole["license"],
            "uri": uri,
            "user": user(world, whole["user_id"]),
            "permalink_url": whole["permalink_url"],
            "artwork_url": whole["artwork_url"],
            "stream_url": when(access(whole) == "playable", "{}/stream".format, uri),
            "download_url": when(whole["downloadable"], "{}/download".format, uri),
            "waveform_url": whole["waveform_url"].replace(".json", ".png"),
            "available_country_codes": None,
            "secret_uri": when(bool(whole["secret_token"]), "{}?secret_token={}".format, uri, whole["secret_token"]),
            "user_favorite": False,
            "user_playback_count": 1,
            "playback_count": whole["playback_count"] or 0,
            "download_count": whole["download_count"] or 0,
            "favoritings_count": whole["likes_count"] or 0,
            "reposts_count": whole["reposts_count"],
            "downloadable": whole["downloadable"],
            "access": access(whole),
            "policy": None,
            "monetization_model": None,
            "metadata_artist": publisher.get("artist"),
        }
    )


def playlist(world: World, id: int, with_tracks: bool = True) -> Json:
    """Return a playlist, without deleted tracks."""
    return playlist_of(world, world.playlist(id), with_tracks)


def playlist_of(world: World, whole: Json, with_tracks: bool = True) -> Json:
    """Write a v2 playlist as the public API does."""
    urn = f"soundcloud:playlists:{whole['id']}"
    uri = f"{API}/playlists/{urn}"
    row: Json = _release(whole) | {
        "duration": whole["duration"],
        "genre": whole["genre"],
        "permalink": whole["permalink"],
        "permalink_url": whole["permalink_url"],
        "description": whole["description"],
        "uri": uri,
        "label_name": whole["label_name"],
        "label_id": None,
        "label": None,
        "tag_list": whole["tag_list"],
        "track_count": whole["track_count"],
        "user_id": whole["user_id"],
        "user_urn": f"soundcloud:users:{whole['user_id']}",
        "last_modified": _date(whole["last_modified"]),
        "license": whole["license"],
        "user": user(world, whole["user_id"]),
        "playlist_type": whole["set_type"],
        "type": whole["set_type"],
        "id": whole["id"],
        "urn": urn,
        "downloadable": None,
        "likes_count": whole["likes_count"],
        "sharing": whole["sharing"],
        "created_at": _date(whole["created_at"]),
        "release": None,
        "tags": whole["tag_list"],
        "kind": "playlist",
        "title": whole["title"],
        "purchase_title": whole["purchase_title"],
        "ean": None,
        "streamable": True,
        "embeddable_by": whole["embeddable_by"],
        "artwork_url": whole["artwork_url"],
        "purchase_url": whole["purchase_url"],
        "tracks_uri": f"{uri}/tracks",
    }
    if with_tracks:
        ids = (stub["id"] for stub in whole["tracks"])
        row["tracks"] = [track(world, id) for id in ids if world.has_track(id)]
    return row


def station(world: World, urn: str) -> Json:
    """Return a row of a list of liked stations. None was recorded, so the field names of playlists are used."""
    whole = world.system_playlist(urn)
    return {
        "kind": "system-playlist",
        "urn": urn,
        "permalink": whole["permalink"],
        "permalink_url": whole["permalink_url"],
        "title": whole["title"],
        "description": whole["description"],
        "artwork_url": whole["calculated_artwork_url"],
        "likes_count": whole["likes_count"],
    }


def system_playlist(world: World, urn: str) -> Json:
    """Return a system playlist with its tracks in full. Raise NotFound if none of them is visible."""
    tracks = _visible(world, world.system_playlist(urn))
    if not tracks:
        raise NotFound(urn)
    return station(world, urn) | {"tracks": tracks}


def _visible(world: World, whole: Json) -> list[Json]:
    tracks = (track(world, stub["id"]) for stub in whole["tracks"])
    return [row for row in tracks if row["access"] != "blocked"]


def private(world: World, urn: str) -> Json:
    """Return a private object, as requests with its share token get it."""
    whole = world.private(urn)
    if ":tracks:" in urn:
        return track_of(world, whole)
    return playlist_of(world, whole, with_tracks=False)


def comment(world: World, id: int) -> Json:
    """Return a comment."""
    return comment_of(world, world.comment(id))


def comment_of(world: World, whole: Json) -> Json:
    """Write a v2 comment as the public API does."""
    author = user(world, whole["user_id"])
    short = ("id", "urn", "kind", "permalink", "username", "last_modified", "uri", "permalink_url", "avatar_url")
    counts = ("followers_count", "followings_count", "reposts_count")
    return {
        "kind": "comment",
        "id": whole["id"],
        "urn": whole["self"]["urn"],
        "body": whole["body"],
        "created_at": _date(whole["created_at"]),
        "timestamp": whole["timestamp"],
        "track_id": whole["track_id"],
        "track_urn": f"soundcloud:tracks:{whole['track_id']}",
        "user_id": whole["user_id"],
        "user_urn": author["urn"],
        "uri": f"{API}/comments/{whole['self']['urn']}",
        "user": {name: author[name] for name in (*short, *counts)},
    }


def activity(world: World, by: int, type: str, urn: str, at: str) -> Json:
    """Return a row of a feed: a post or repost by the user `by` at this date."""
    id = int(urn.rpartition(":")[2])
    row: Json = {"type": type.replace("-", ":"), "created_at": _date(at)}
    if ":tracks:" in urn:
        row["origin"] = track(world, id)
    else:
        row["origin"] = playlist(world, id, with_tracks=False)
    if type.endswith("repost"):
        row["reposter"] = f"soundcloud:users:{by}"
    return row


def web_profile(world: World, id: int, at: int) -> Json:
    """Return one of a user's links to other sites."""
    whole = world.web_profiles(id)[at]
    return {
        "created_at": _date(world.user(id)["last_modified"]),
        "id": id * 10 + at,
        "urn": f"soundcloud:web-profiles:{id * 10 + at}",
        "kind": "web-profile",
        "service": whole["network"],
        "title": whole["title"],
        "url": whole["url"],
        "username": whole["username"],
    }


def without_ids(row: Any) -> Any:
    """Return the object as it will be when the public API gives only URNs."""
    if isinstance(row, list):
        return [without_ids(part) for part in row]
    if not isinstance(row, dict):
        return row
    gone = {name for name in ("id", "user_id", "track_id", "label_id") if row.get("urn") and name in row}
    return {name: without_ids(part) for name, part in row.items() if name not in gone}
