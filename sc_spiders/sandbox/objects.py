"""Objects as the v2 API writes them, made on demand from their position in the world.

The fields and how often they are null are those of answers recorded in 2025 and 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sc_spiders.sandbox import words
from sc_spiders.sandbox.dates import NOW, iso
from sc_spiders.sandbox.ids import NotFound

if TYPE_CHECKING:
    from sc_spiders.sandbox.world import World

Json = dict[str, Any]

WEB = "https://soundcloud.com"
PRESETS = (
    ("aac_160k", "hls", 'audio/mp4; codecs="mp4a.40.2"', False),
    ("abr_sq", "hls", "audio/mpegurl", False),
    ("mp3_1_0", "hls", "audio/mpeg", True),
    ("mp3_1_0", "progressive", "audio/mpeg", True),
    ("opus_0_0", "hls", 'audio/ogg; codecs="opus"', True),
)


def _uri(urn: str) -> str:
    return f"https://api.soundcloud.com/{urn.split(':')[1]}/{quote(urn, safe='')}"


def _picture(dice: Random, kind: str) -> str:
    return f"https://i1.sndcdn.com/{kind}-{dice.getrandbits(48):012x}-large.jpg"


def _modified(dice: Random, born: int) -> str:
    return iso(born + int((NOW - born) * dice.random()))


def _visuals(dice: Random, urn: str) -> Json:
    number = dice.randint(100_000, 300_000_000)
    picture = f"https://i1.sndcdn.com/visuals-{number:012}-original.jpg"
    visual = {"urn": f"soundcloud:visuals:{number}", "entry_time": 0, "visual_url": picture}
    return {"urn": urn, "enabled": True, "visuals": [visual], "tracking": None}


# -- users -------------------------------------------------------------------------------


def _first_and_last(index: int) -> tuple[str, str]:
    return words.FIRST[index % len(words.FIRST)], words.LAST[index // 7 % len(words.LAST)]


def username(index: int) -> str:
    """Return the name that a user goes by."""
    if index == 0:
        return "Forss"
    first, last = _first_and_last(index)
    match index % 5:
        case 0:
            return f"{first} {last}"
        case 1:
            return f"DJ {first} ✨"
        case 2:
            return words.ADJECTIVES[index % 19] + words.NOUNS[index % 21]
        case 3:
            return f"{words.NOUNS[index // 3 % 22]} {words.NOUNS[index // 5 % 22]}"
    return f"user {index}"


def permalink(index: int) -> str:
    """Return the last part of a user's address."""
    if index == 0:
        return "forss"
    return f"{words.slug(username(index)) or 'user'}-{index}"


def find_user(world: World, name: str) -> int:
    """Return the position of the user with this permalink (in any case), or raise NotFound."""
    name = name.lower()
    number = name.rpartition("-")[2]
    index = 0 if name == "forss" else int(number) if number.isdecimal() else -1
    if not 0 <= index < world.links.users or permalink(index) != name:
        raise NotFound(name)
    return index


@lru_cache(maxsize=4096)
def user(world: World, index: int) -> Json:
    """Return a user in full."""
    links, dice = world.links, world.links.dice("user", index)
    id = world.user_ids.id(index)
    urn = f"soundcloud:users:{id}"
    born = world.born("users", id)
    first, last = _first_and_last(index) if dice.random() < 0.6 else ("", "")
    city, country = dice.choice(words.CITIES) if dice.random() < 0.8 else (dice.choice((None, "")), None)
    plan = "creator-pro-unlimited" if dice.random() < 0.4 else "free"
    likes = sum(thing >= 0 for thing in links.likes[index])
    followers = len(links.followers[index])
    # Counts lie: for a few users they are nil, or not up to date.
    if index and index % 97 == 5:
        followers = 0
    elif index and index % 89 == 7:
        followers += 3
    return {
        "avatar_url": _picture(dice, "avatars"),
        "city": city,
        "comments_count": 0 if index % 11 else len(links.comments_by[index]),
        "country_code": country,
        "created_at": iso(born) if index % 131 != 130 else None,
        "creator_subscriptions": [{"product": {"id": plan}}],
        "creator_subscription": {"product": {"id": plan}},
        "description": dice.choice((*words.SENTENCES, "")) if dice.random() < 0.79 else None,
        "followers_count": followers,
        "followings_count": len(links.followings[index]),
        "first_name": first,
        "full_name": f"{first} {last}".strip(),
        "groups_count": 0,
        "id": id,
        "kind": "user",
        "last_modified": _modified(dice, born),
        "last_name": last,
        "likes_count": likes,
        "playlist_likes_count": len(links.likes[index]) - likes,
        "permalink": permalink(index),
        "permalink_url": f"{WEB}/{permalink(index)}",
        "playlist_count": len(links.playlists_of(index)),
        "reposts_count": None,
        "track_count": len(links.tracks_of(index)),
        "uri": _uri(urn),
        "urn": urn,
        "username": username(index),
        "verified": dice.random() < 0.1,
        "visuals": _visuals(dice, urn) if dice.random() < 0.75 else None,
        "badges": {
            "pro": False,
            "creator_mid_tier": False,
            "pro_unlimited": plan != "free",
            "verified": index % 10 == 0,
        },
        "station_urn": f"soundcloud:system-playlists:artist-stations:{id}",
        "station_permalink": f"artist-stations:{id}",
        "date_of_birth": (
            {"month": dice.randint(1, 12), "year": dice.randint(1960, 2008), "day": 1} if dice.random() < 0.4 else None
        ),
    }


MINI = (
    "avatar_url", "first_name", "followers_count", "full_name", "id", "kind", "last_modified", "last_name",
    "permalink", "permalink_url", "uri", "urn", "username", "verified", "city", "country_code", "badges",
    "station_urn", "station_permalink",
)  # fmt: skip


def mini_user(world: World, index: int) -> Json:
    """Return a user as it is within a track, playlist or comment."""
    whole = user(world, index)
    return {name: whole[name] for name in MINI}


# -- tracks ------------------------------------------------------------------------------


def _title(index: int, dice: Random) -> str:
    if index == 0:
        return "Flickermood"
    return f"{dice.choice(words.ADJECTIVES)} {dice.choice(words.NOUNS)}{dice.choice(words.SUFFIXES)}"


def track_permalink(world: World, index: int) -> str:
    """Return the last part of a track's address: its slug and its number among its owner's tracks."""
    if index == 0:
        return "flickermood"
    number = index - world.links.track_starts[world.links.owner(index)]
    return f"{words.slug(_title(index, world.links.dice('track', index)))}-{number}"


def find_track(world: World, owner: str, name: str) -> int:
    """Return the position of a track given by its owner's permalink and its own, or raise NotFound."""
    own = world.links.tracks_of(find_user(world, owner))
    return _find(own, name, lambda index: track_permalink(world, index))


def _find(own: range, name: str, name_of: Callable[[int], str]) -> int:
    number = name.rpartition("-")[2]
    at = int(number) if number.isdecimal() else 0
    if at >= len(own) or name_of(own[at]) != name.lower():
        raise NotFound(name)
    return own[at]


def plays(world: World, index: int) -> int:
    """Return how often a track was played: about as its likes go."""
    return 40 * len(world.links.likers.get(index, ())) + index * 7919 % 523


def policy(index: int) -> tuple[str, str]:
    """Return monetization model and policy of a track."""
    pairs = (("AD_SUPPORTED", "MONETIZE"), ("BLACKBOX", "MONETIZE"), ("NOT_APPLICABLE", "ALLOW"))
    return ("SUB_HIGH_TIER", "SNIP") if index % 17 == 9 else pairs[index % 3]


def gone(playlist: int, index: int) -> int:
    """Return 1 where a playlist's track was deleted since: added to the id, it gives one that is nowhere."""
    return int(playlist > 0 and (playlist * 31 + index) % 43 == 7)


def track_stub(world: World, id: int) -> Json:
    """Return what stands for a track in a playlist after the first few."""
    model, rule = policy(id)
    return {"id": id, "kind": "track", "monetization_model": model, "policy": rule}


@lru_cache(maxsize=4096)
def track(world: World, index: int) -> Json:
    """Return a track in full, with its user in short form."""
    links, dice = world.links, world.links.dice("track", index)
    title = _title(index, dice)
    id = world.track_ids.id(index)
    owner = links.owner(index)
    urn = f"soundcloud:tracks:{id}"
    born = world.born("tracks", id)
    duration = dice.randint(20_000, 480_000) if index % 29 else dice.randint(3_000_000, 9_000_000)
    hidden = index % 331 == 330  # the owner does not show any count
    release = iso(born)[:10] + "T00:00:00Z"
    name = track_permalink(world, index)
    model, rule = policy(id)
    return {
        "artwork_url": _picture(dice, "artworks") if dice.random() < 0.96 else None,
        "caption": dice.choice(words.REMARKS) if index % 300 == 7 else None,
        "commentable": True,
        "comment_count": None if hidden else len(links.comments_of(index)),
        "created_at": iso(born),
        "description": dice.choice((*words.SENTENCES, "")) if dice.random() < 0.72 else None,
        "downloadable": index % 6 == 0,
        "download_count": None if hidden else (dice.randint(0, 900) if index % 6 == 0 else 0),
        "duration": duration,
        "full_duration": duration + dice.randint(-30, 360),
        "embeddable_by": "all",
        "genre": dice.choice(words.GENRES) if index % 170 else None,
        "has_downloads_left": index % 12 == 0,
        "id": id,
        "kind": "track",
        "label_name": dice.choice((*words.LABELS, "")) if dice.random() < 0.57 else None,
        "last_modified": _modified(dice, born),
        "license": dice.choice(("cc-by", "cc-by-nc-sa")) if index % 80 == 0 else "all-rights-reserved",
        "likes_count": None if hidden else len(links.likers.get(index, ())) + (5 if index % 83 == 82 else 0),
        "permalink": name,
        "permalink_url": f"{WEB}/{permalink(owner)}/{name}",
        "playback_count": None if hidden else plays(world, index),
        "public": True,
        "publisher_metadata": _publisher(dice, id, urn, title, owner) if dice.random() < 0.89 else None,
        "purchase_title": dice.choice(("Free Download", "Buy", "Download")) if index % 4 == 1 else None,
        "purchase_url": f"https://shop.example/{id}" if index % 4 == 1 else None,
        "release_date": release if dice.random() < 0.41 else None,
        "reposts_count": len(links.reposters.get(index, ())),
        "secret_token": None,
        "sharing": "public",
        "state": "finished",
        "streamable": True,
        "tag_list": " ".join(dice.sample(words.TAGS, dice.randint(0, 4))),
        "title": title,
        "uri": _uri(urn),
        "urn": urn,
        "user_id": world.user_ids.id(owner),
        "visuals": _visuals(dice, urn) if index % 57 == 3 else None,
        "waveform_url": f"https://wave.sndcdn.com/{dice.getrandbits(48):012x}_m.json",
        "display_date": iso(born),
        "media": {"transcodings": [_transcoding(urn, at, duration) for at in range(len(PRESETS))]},
        "station_urn": f"soundcloud:system-playlists:track-stations:{id}",
        "station_permalink": f"track-stations:{id}",
        "track_authorization": f"sandbox.track-{id}.{dice.getrandbits(96):024x}",
        "monetization_model": model,
        "policy": rule,
        "user": mini_user(world, owner),
    }


def _publisher(dice: Random, id: int, urn: str, title: str, owner: int) -> Json:
    label = dice.choice(words.LABELS)
    found: Json = {"id": id, "urn": urn}
    if dice.random() < 0.84:
        found |= {"artist": username(owner), "contains_music": True, "isrc": f"QZSBX{id % 10_000_000:07}"}
    if dice.random() < 0.55:
        found |= {
            "album_title": title,
            "upc_or_ean": f"{id:013}",
            "explicit": dice.random() < 0.2,
            "p_line": f"2024 {label}",
            "p_line_for_display": f"℗ 2024 {label}",
            "c_line": f"2024 {label}",
            "c_line_for_display": f"© 2024 {label}",
            "release_title": title,
        }
    if dice.random() < 0.18:
        found |= {
            "writer_composer": " ".join(_first_and_last(owner)),
            "publisher": label,
            "iswc": "T-000.000.001-0",
        }
    return found


def _transcoding(urn: str, at: int, duration: int) -> Json:
    preset, protocol, mime_type, legacy = PRESETS[at]
    return {
        "url": f"https://api-v2.soundcloud.com/media/{urn}/00000000-0000-4000-8000-{at:012}/stream/{protocol}",
        "preset": preset,
        "duration": duration,
        "snipped": False,
        "format": {"protocol": protocol, "mime_type": mime_type},
        "quality": "sq",
        "is_legacy_transcoding": legacy,
    }


# -- playlists ---------------------------------------------------------------------------


def _playlist_title(index: int) -> str:
    if index == 0:
        return "Soulhack"
    return f"{words.NOUNS[index % 22]} & {words.NOUNS[index // 3 % 22]}" + (" 🎧" if index % 13 == 0 else "")


def playlist_permalink(world: World, index: int) -> str:
    """Return the last part of a playlist's address."""
    if index == 0:
        return "soulhack"
    number = index - world.links.playlist_starts[world.links.owner(~index)]
    return f"{words.slug(_playlist_title(index))}-{number}"


def find_playlist(world: World, owner: str, name: str) -> int:
    """Return the position of a playlist given by its owner's permalink and its own, or raise NotFound."""
    own = world.links.playlists_of(find_user(world, owner))
    return _find(own, name, lambda index: playlist_permalink(world, index))


def playlist(world: World, index: int) -> Json:
    """Return a playlist in full: at most five full tracks, always the first ones, the rest as stubs."""
    dice = world.links.dice("playlist text", index)
    album = world.links.is_album(index)
    tracks = world.playlist_tracks(world.playlist_ids.id(index))
    full = (5, 5, 4, 3)[index % 4]
    # A track that is gone is a stub wherever it stands; what follows it is then a stub too.
    full = next((at for at, id in enumerate(tracks[:full]) if not world.has_track(id)), full)
    return partial_playlist(world, index) | {
        "description": dice.choice(words.SENTENCES) if dice.random() < 0.5 else None,
        "embeddable_by": "all",
        "genre": dice.choice(words.GENRES),
        "label_name": dice.choice((*words.LABELS, "")) if album else None,
        "license": "all-rights-reserved",
        "purchase_title": "Buy" if index % 40 == 1 else None,
        "purchase_url": "https://shop.example/set" if index % 40 == 1 else None,
        "tag_list": " ".join(dice.sample(words.TAGS, dice.randint(0, 3))),
        "tracks": [
            *(track(world, world.track_ids.index(id)) for id in tracks[:full]),
            *(track_stub(world, id) for id in tracks[full:]),
        ],
    }


def partial_playlist(world: World, index: int) -> Json:
    """Return a playlist as it is in a list of likes: without its tracks, description and the like."""
    links, dice = world.links, world.links.dice("playlist", index)
    id = world.playlist_ids.id(index)
    owner, album = links.owner(~index), links.is_album(index)
    name, born = playlist_permalink(world, index), world.born("playlists", id)
    return {
        "artwork_url": _picture(dice, "artworks") if dice.random() < 0.8 else None,
        "created_at": iso(born),
        "duration": dice.randint(600_000, 60_000_000),
        "id": id,
        "kind": "playlist",
        "last_modified": _modified(dice, born),
        "likes_count": len(links.likers.get(~index, ())),
        "managed_by_feeds": album and index % 2 == 0,
        "permalink": name,
        "permalink_url": f"{WEB}/{permalink(owner)}/sets/{name}",
        "public": True,
        "reposts_count": len(links.reposters.get(~index, ())),
        "secret_token": None,
        "sharing": "public",
        "title": _playlist_title(index),
        "track_count": len(links.members(index)),
        "uri": _uri(f"soundcloud:playlists:{id}"),
        "user_id": world.user_ids.id(owner),
        "set_type": "album" if album else "",
        "is_album": album,
        "published_at": iso(born) if dice.random() < 0.9 else None,
        "release_date": iso(born)[:10] + "T00:00:00Z" if album else None if index % 5 else "",
        "display_date": iso(born),
        "user": mini_user(world, owner),
    }


# -- likes and reposts -------------------------------------------------------------------


def like(world: World, urn: str, at: int) -> Json:
    """Return a row of a list of likes. Its playlist is in partial form."""
    thing = world.thing(urn)
    row: Json = {"created_at": iso(at), "kind": "like"}
    if thing >= 0:
        return row | {"track": track(world, thing)}
    return row | {"playlist": partial_playlist(world, ~thing)}


def repost_type(urn: str) -> str:
    """Return `track-repost` or `playlist-repost`."""
    return "track-repost" if urn.startswith("soundcloud:tracks:") else "playlist-repost"


def stream_item(world: World, user: int, type: str, urn: str, at: int) -> Json:
    """Return a row of a list of reposts or of a stream: what `user` (an id) posted or reposted."""
    thing = world.thing(urn)
    row: Json = {
        "created_at": iso(at),
        "type": type,
        "caption": words.REMARKS[at % 12] if type.endswith("repost") and at % 9 == 0 else None,
        "user": mini_user(world, world.user_ids.index(user)),
        "uuid": f"{at >> 16:08x}-{at & 0xFFFF:04x}-1000-8000-{user:012x}",
    }
    if thing >= 0:
        return row | {"track": track(world, thing)}
    return row | {"playlist": playlist(world, ~thing)}


def with_full_user(world: World, row: Json) -> Json:
    """Return a track or playlist as /resolve and the searches give it: with its user in full."""
    return row | {"user": world.user(row["user_id"])}
