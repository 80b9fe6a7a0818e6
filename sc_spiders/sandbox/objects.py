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
    from sc_spiders.sandbox.relations import Relations

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


def find_user(world: Relations, name: str) -> int:
    """Return the position of the user with this permalink (in any case), or raise NotFound."""
    name = name.lower()
    number = name.rpartition("-")[2]
    index = 0 if name == "forss" else int(number) if number.isdecimal() else -1
    if not 0 <= index < world.links.users or permalink(index) != name:
        raise NotFound(name)
    return index


@lru_cache(maxsize=4096)
def user(world: Relations, index: int) -> Json:
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


def mini_user(world: Relations, index: int) -> Json:
    """Return a user as it is within a track, playlist or comment."""
    whole = user(world, index)
    return {name: whole[name] for name in MINI}


# -- tracks ------------------------------------------------------------------------------


def title(index: int) -> str:
    """Return a track's title."""
    if index == 0:
        return "Flickermood"
    mixed = index * 2_654_435_761 % 2**32
    adjective = words.ADJECTIVES[(mixed >> 5) % len(words.ADJECTIVES)]
    noun = words.NOUNS[(mixed >> 12) % len(words.NOUNS)]
    return f"{adjective} {noun}{words.SUFFIXES[(mixed >> 20) % len(words.SUFFIXES)]}"


def genre(index: int) -> str | None:
    """Return a track's genre: empty or null for a few."""
    return words.GENRES[index * 29 // 5 % len(words.GENRES)] if index % 170 else None


def tags(index: int) -> list[str]:
    """Return a track's tags, without quotes."""
    return [tag for at, tag in enumerate(words.TAGS) if (index * 7919 + at * 31) % 11 < 2]


def duration(index: int) -> int:
    """Return how long a track is, in milliseconds: now and then it is a mix of hours."""
    return 3_000_000 + index * 104_729 % 6_000_000 if index % 29 == 0 else 20_000 + index * 104_729 % 460_000


def tag_list(tags: list[str]) -> str:
    """Write tags as both APIs do: with spaces between them, in quotes where they have spaces of their own."""
    return " ".join(f'"{tag}"' if " " in tag else tag for tag in tags)


def license(index: int) -> str:
    """Return a track's licence: most are not free."""
    return ("cc-by", "cc-by-nc-sa", "cc-by-sa")[index // 40 % 3] if index % 40 == 0 else "all-rights-reserved"


def track_permalink(world: Relations, index: int) -> str:
    """Return the last part of a track's address: its slug and its number among its owner's tracks."""
    if index == 0:
        return "flickermood"
    number = index - world.links.track_starts[world.links.owner(index)]
    return f"{words.slug(title(index))}-{number}"


def find_track(world: Relations, owner: str, name: str) -> int:
    """Return the position of a track given by its owner's permalink and its own, or raise NotFound."""
    own = world.links.tracks_of(find_user(world, owner))
    return _find(own, name, lambda index: track_permalink(world, index))


def _find(own: range, name: str, name_of: Callable[[int], str]) -> int:
    number = name.rpartition("-")[2]
    at = int(number) if number.isdecimal() else 0
    if at >= len(own) or name_of(own[at]) != name.lower():
        raise NotFound(name)
    return own[at]


def plays(world: Relations, index: int) -> int:
    """Return how often a track was played: about as its likes go."""
    return 40 * len(world.links.likers.get(index, ())) + index * 7919 % 523


def policy(id: int) -> tuple[str, str]:
    """Return monetization model and policy of a track by its id: also that of a track that is gone."""
    pairs = (("AD_SUPPORTED", "MONETIZE"), ("BLACKBOX", "MONETIZE"), ("NOT_APPLICABLE", "ALLOW"))
    if id % 53 == 9:
        return "NOT_APPLICABLE", "BLOCK"
    return ("SUB_HIGH_TIER", "SNIP") if id % 17 == 9 else pairs[id % 3]


def gone(playlist: int, index: int) -> int:
    """Return 1 where a playlist's track was deleted since: added to the id, it gives one that is nowhere."""
    return int(playlist > 0 and (playlist * 31 + index) % 43 == 7)


def track_stub(world: Relations, id: int) -> Json:
    """Return what stands for a track in a playlist after the first few."""
    model, rule = policy(id)
    return {"id": id, "kind": "track", "monetization_model": model, "policy": rule}


@lru_cache(maxsize=4096)
def track(world: Relations, index: int) -> Json:
    """Return a track in full, with its user in short form."""
    links, dice = world.links, world.links.dice("track", index)
    id = world.track_ids.id(index)
    owner = links.owner(index)
    urn = f"soundcloud:tracks:{id}"
    born = world.born("tracks", id)
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
        "duration": duration(index),
        "full_duration": duration(index) + dice.randint(-30, 360),
        "embeddable_by": "all",
        "genre": genre(index),
        "has_downloads_left": index % 12 == 0,
        "id": id,
        "kind": "track",
        "label_name": dice.choice((*words.LABELS, "")) if dice.random() < 0.57 else None,
        "last_modified": _modified(dice, born),
        "license": license(index),
        "likes_count": None if hidden else len(links.likers.get(index, ())) + (5 if index % 83 == 82 else 0),
        "permalink": name,
        "permalink_url": f"{WEB}/{permalink(owner)}/{name}",
        "playback_count": None if hidden else plays(world, index),
        "public": True,
        "publisher_metadata": _publisher(dice, id, urn, title(index), owner) if dice.random() < 0.89 else None,
        "purchase_title": dice.choice(("Free Download", "Buy", "Download")) if index % 4 == 1 else None,
        "purchase_url": f"https://shop.example/{id}" if index % 4 == 1 else None,
        "release_date": release if dice.random() < 0.41 else None,
        "reposts_count": len(links.reposters.get(index, ())),
        "secret_token": None,
        "sharing": "public",
        "state": "finished",
        "streamable": True,
        "tag_list": tag_list(tags(index)),
        "title": title(index),
        "uri": _uri(urn),
        "urn": urn,
        "user_id": world.user_ids.id(owner),
        "visuals": _visuals(dice, urn) if index % 57 == 3 else None,
        "waveform_url": f"https://wave.sndcdn.com/{dice.getrandbits(48):012x}_m.json",
        "display_date": iso(born),
        "media": {"transcodings": [_transcoding(urn, at, duration(index)) for at in range(len(PRESETS))]},
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


def playlist_title(index: int) -> str:
    """Return a playlist's title."""
    if index == 0:
        return "Soulhack"
    return f"{words.NOUNS[index % 22]} & {words.NOUNS[index // 3 % 22]}" + (" 🎧" if index % 13 == 0 else "")


def playlist_permalink(world: Relations, index: int) -> str:
    """Return the last part of a playlist's address."""
    if index == 0:
        return "soulhack"
    number = index - world.links.playlist_starts[world.links.owner(~index)]
    return f"{words.slug(playlist_title(index))}-{number}"


def find_playlist(world: Relations, owner: str, name: str) -> int:
    """Return the position of a playlist given by its owner's permalink and its own, or raise NotFound."""
    own = world.links.playlists_of(find_user(world, owner))
    return _find(own, name, lambda index: playlist_permalink(world, index))


def playlist(world: Relations, index: int) -> Json:
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
        "tag_list": tag_list(tags(index * 3)),
        "tracks": [
            *(track(world, world.track_ids.index(id)) for id in tracks[:full]),
            *(track_stub(world, id) for id in tracks[full:]),
        ],
    }


def partial_playlist(world: Relations, index: int) -> Json:
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
        "title": playlist_title(index),
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


# -- comments -----------------------------------------------------------------------------


def comment(world: Relations, index: int) -> Json:
    """Return a comment as it is in the list of its track's."""
    links, id = world.links, world.comment_ids.id(index)
    track_index = links.commented(index)
    author = links.commenter(index)
    body = words.REMARKS[index * 7 % len(words.REMARKS)]
    # A reply has no other mark than whom it speaks to, and the moment of what it answers.
    moment = links.thread(index)
    return {
        "body": f"@{permalink(links.commenter(index - 1))} {body}" if links.is_reply(index) else body,
        "created_at": iso(world.born("comments", id)),
        "id": id,
        "kind": "comment",
        "self": {"urn": f"soundcloud:comments:{id}"},
        "timestamp": None if moment % 50 == 6 else moment * 977 % duration(track_index),
        "track_id": world.track_ids.id(track_index),
        "user": mini_user(world, author),
        "user_id": world.user_ids.id(author),
    }


COMMENTED = (
    "artwork_url", "caption", "id", "kind", "last_modified", "permalink", "permalink_url", "public", "secret_token",
    "sharing", "title", "uri", "urn", "user_id", "full_duration", "duration", "display_date", "media", "station_urn",
    "station_permalink", "track_authorization", "monetization_model", "policy", "user",
)  # fmt: skip


def comment_with_track(world: Relations, index: int) -> Json:
    """Return a comment as it is in the list of its author's: most with the track in partial form."""
    row = comment(world, index)
    if index % 7 == 3:
        return row
    whole = track(world, world.links.commented(index))
    return row | {"track": {name: whole[name] for name in COMMENTED}}


def web_profiles(world: Relations, index: int) -> list[Json]:
    """Return a user's addresses elsewhere, as /users/{urn}/web-profiles gives them."""
    dice, name = world.links.dice("web profiles", index), permalink(index)
    networks = dice.sample(words.NETWORKS, dice.randint(0, 4))
    return [
        {
            "network": network,
            "title": network.title() if at % 2 else "",
            "url": f"https://{network}.example/{name}",
            "username": None if network == "personal" else name,
        }
        for at, network in enumerate(networks)
    ]


# -- likes and reposts -------------------------------------------------------------------


def like(world: Relations, urn: str, at: int) -> Json:
    """Return a row of a list of likes. Its playlist is in partial form."""
    thing = world.thing(urn)
    row: Json = {"created_at": iso(at), "kind": "like"}
    if thing >= 0:
        return row | {"track": track(world, thing)}
    return row | {"playlist": partial_playlist(world, ~thing)}


def repost_type(urn: str) -> str:
    """Return `track-repost` or `playlist-repost`."""
    return "track-repost" if urn.startswith("soundcloud:tracks:") else "playlist-repost"


def stream_item(world: Relations, user: int, type: str, urn: str, at: int) -> Json:
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


def with_full_user(world: Relations, row: Json) -> Json:
    """Return a track or playlist as /resolve and the searches give it: with its user in full."""
    return row | {"user": world.user(row["user_id"])}
