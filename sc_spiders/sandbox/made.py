"""Objects that users have made or changed by writing, in the form of the v2 API."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from zlib import crc32

from sc_spiders.sandbox import words
from sc_spiders.sandbox.dates import iso
from sc_spiders.sandbox.objects.common import WEB, uri
from sc_spiders.sandbox.objects.tracks import track_stub
from sc_spiders.sandbox.objects.users import MINI
from sc_spiders.sandbox.world import FLICKERMOOD, SOULHACK, World
from sc_spiders.sandbox.written import NEWCOMER

Json = dict[str, Any]

MACHINE_TAG = re.compile(r'"[\w-]{1,100}:[\w-]{1,100}=[^"]*"|(?<![\w-])[\w-]{1,100}:[\w-]{1,100}=\S+')
"""The API takes machine tags and does not give them again."""

TRACK_FIELDS = (
    "title", "embeddable_by", "purchase_url", "description", "genre", "label_name", "license", "commentable",
    "downloadable", "streamable",
)  # fmt: skip
PLAYLIST_FIELDS = (
    "title", "description", "genre", "label_name", "license", "purchase_title", "purchase_url", "set_type", "tag_list",
)  # fmt: skip


def newcomer(world: World) -> Json:
    """Return the user who is new, in full."""
    urn, name = f"soundcloud:users:{NEWCOMER}", "newcomer"
    counts = dict.fromkeys(
        ("followers_count", "followings_count", "likes_count", "playlist_likes_count", "playlist_count", "track_count"),
        0,
    )
    return (
        world.user(183)
        | counts
        | {
            "id": NEWCOMER,
            "urn": urn,
            "uri": uri(urn),
            "permalink": name,
            "permalink_url": f"{WEB}/{name}",
            "username": "Newcomer",
            "first_name": "",
            "last_name": "",
            "full_name": "",
            "description": None,
            "station_urn": f"soundcloud:system-playlists:artist-stations:{NEWCOMER}",
            "station_permalink": f"artist-stations:{NEWCOMER}",
        }
    )


def mini(user: Json) -> Json:
    """Return a user as tracks, playlists and comments contain it."""
    return {name: user[name] for name in MINI}


def track(world: World, id: int, owner: Json, date: int) -> Json:
    """Return a new track, which is not processed yet."""
    urn = f"soundcloud:tracks:{id}"
    counts = dict.fromkeys(("comment_count", "download_count", "likes_count", "playback_count", "reposts_count"), 0)
    empty = dict.fromkeys(
        ("artwork_url", "caption", "description", "purchase_title", "purchase_url", "release_date", "visuals")
    )
    return (
        world.track(FLICKERMOOD)
        | counts
        | empty
        | {
            "id": id,
            "urn": urn,
            "uri": uri(urn),
            "created_at": iso(date),
            "display_date": iso(date),
            "last_modified": iso(date),
            "title": "",
            "tag_list": "",
            "genre": "",
            "label_name": None,
            "license": "all-rights-reserved",
            "downloadable": False,
            "duration": 0,
            "full_duration": 0,
            "publisher_metadata": None,
            "state": "processing",
            "station_urn": f"soundcloud:system-playlists:track-stations:{id}",
            "station_permalink": f"track-stations:{id}",
            "monetization_model": "NOT_APPLICABLE",
            "policy": "ALLOW",
            "user_id": owner["id"],
            "user": mini(owner),
        }
    )


def playlist(world: World, id: int, owner: Json, date: int) -> Json:
    """Return a new playlist without tracks."""
    empty = dict.fromkeys(
        ("artwork_url", "description", "label_name", "purchase_title", "purchase_url", "release_date", "published_at")
    )
    return (
        world.playlist(SOULHACK)
        | empty
        | {
            "id": id,
            "uri": uri(f"soundcloud:playlists:{id}"),
            "created_at": iso(date),
            "display_date": iso(date),
            "last_modified": iso(date),
            "duration": 0,
            "genre": "",
            "is_album": False,
            "likes_count": 0,
            "reposts_count": 0,
            "license": "all-rights-reserved",
            "set_type": "",
            "tag_list": "",
            "track_count": 0,
            "tracks": [],
            "user_id": owner["id"],
            "user": mini(owner),
        }
    )


def comment(id: int, track: Json, author: Json, date: int, body: str, timestamp: int | None) -> Json:
    """Return a new comment."""
    return {
        "body": body,
        "created_at": iso(date),
        "id": id,
        "kind": "comment",
        "self": {"urn": f"soundcloud:comments:{id}"},
        "timestamp": timestamp,
        "track_id": track["id"],
        "user": mini(author),
        "user_id": author["id"],
    }


def changed_track(whole: Json, given: Json, permalink: str) -> Json:
    """Return a track with the values that a request gives for fields."""
    found = whole | {name: given[name] for name in TRACK_FIELDS if name in given}
    if "tag_list" in given:
        found["tag_list"] = " ".join(MACHINE_TAG.sub("", str(given["tag_list"])).split())
    if "release_date" in given:
        found["release_date"] = _date(given["release_date"])
    for name in ("release", "reveal_stats", "reveal_comments"):
        if name in given:
            found[name] = given[name]
    if "isrc" in given:
        found["publisher_metadata"] = (whole["publisher_metadata"] or {}) | {"isrc": given["isrc"]}
    return _shared(found, given) | _place(whole, permalink, "")


def _date(given: Any) -> str | None:
    """Return a day as an object has it. That empty text takes the day away is a guess: no source tells."""
    if not given:
        return None
    return f"{str(given)[:10].replace('/', '-')}T00:00:00Z"


def changed_playlist(world: World, whole: Json, given: Json, permalink: str) -> Json:
    """Return a playlist with the values that a request gives for fields, and its tracks if it names any."""
    found = whole | {name: given[name] for name in PLAYLIST_FIELDS if name in given}
    found["is_album"] = found["set_type"] == "album"
    if "release_date" in given:
        found["release_date"] = _date(given["release_date"])
    if "tracks" in given:
        found |= with_tracks(world, given["tracks"])
    return _shared(found, given) | _place(whole, permalink, "sets/")


def with_tracks(world: World, tracks: Iterable[int]) -> Json:
    """Return those fields of a playlist that tell of its tracks."""
    stubs = [track_stub(world, id) for id in tracks]
    length = sum(world.track(stub["id"])["duration"] for stub in stubs if world.has_track(stub["id"]))
    return {"tracks": stubs, "track_count": len(stubs), "duration": length}


def permalink(title: str, id: int) -> str:
    """Return the last part of an address, made of a title."""
    return words.slug(title) or str(id)


def _shared(whole: Json, given: Json) -> Json:
    """Make an object public or private. Private ones have a share token."""
    sharing = given.get("sharing", whole["sharing"])
    token = None
    if sharing == "private":
        token = f"s-{crc32(str(whole['id']).encode()):08x}xyz"
    return whole | {"sharing": sharing, "public": sharing == "public", "secret_token": token}


def _place(whole: Json, permalink: str, folder: str) -> Json:
    owner = whole["user"]["permalink_url"]
    return {"permalink": permalink, "permalink_url": f"{owner}/{folder}{permalink}"}
