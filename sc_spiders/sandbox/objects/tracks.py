"""Tracks as the v2 API writes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING

from sc_spiders.sandbox import words
from sc_spiders.sandbox.dates import iso
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.objects.common import CACHED, WEB, Json, modified, picture, uri, visuals, when
from sc_spiders.sandbox.objects.users import find_user, first_and_last, first_username, mini_user, permalink

if TYPE_CHECKING:
    from sc_spiders.sandbox.objects.links import Links


PRESETS = (
    ("aac_160k", "hls", 'audio/mp4; codecs="mp4a.40.2"', False),
    ("abr_sq", "hls", "audio/mpegurl", False),
    ("mp3_1_0", "hls", "audio/mpeg", True),
    ("mp3_1_0", "progressive", "audio/mpeg", True),
    ("opus_0_0", "hls", 'audio/ogg; codecs="opus"', True),
)


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
    if index % 170 == 0:
        return None
    return words.GENRES[index * 29 // 5 % len(words.GENRES)]


def tags(index: int) -> list[str]:
    """Return a track's tags, without quotes."""
    return [tag for at, tag in enumerate(words.TAGS) if (index * 7919 + at * 31) % 11 < 2]


def duration(index: int) -> int:
    """Return the length of a track in milliseconds. A few tracks are mixes of some hours."""
    if index % 29 == 0:
        return 3_000_000 + index * 104_729 % 6_000_000
    return 20_000 + index * 104_729 % 460_000


def tag_list(tags: list[str]) -> str:
    """Write tags as both APIs do: separated by spaces, and in quotes if a tag has spaces."""
    return " ".join(map(_tag, tags))


def _tag(tag: str) -> str:
    if " " in tag:
        return f'"{tag}"'
    return tag


def license(index: int) -> str:
    """Return a track's licence. Most are not free."""
    if index % 40:
        return "all-rights-reserved"
    return ("cc-by", "cc-by-nc-sa", "cc-by-sa")[index // 40 % 3]


def track_permalink(world: Links, index: int) -> str:
    """Return the last part of a track's address: its slug and its number among its owner's tracks."""
    if index == 0:
        return "flickermood"
    number = index - world.links.track_starts[world.links.owner(index)]
    return f"{words.slug(title(index))}-{number}"


def find_track(world: Links, owner: str, name: str) -> int:
    """Return the position of a track by its owner's permalink and its own, or raise NotFound."""
    own = world.links.tracks_of(find_user(world, owner))
    found = find(own, name, lambda index: track_permalink(world, index))
    if not world.links.has_track(found):
        raise NotFound(name)
    return found


def find(own: range, name: str, name_of: Callable[[int], str]) -> int:
    """Return the user's track or playlist with this permalink, which ends with its number, or raise NotFound."""
    number = name.rpartition("-")[2]
    at = 0
    if number.isdecimal():
        at = int(number)
    if at >= len(own) or name_of(own[at]) != name.lower():
        raise NotFound(name)
    return own[at]


def policy(id: int) -> tuple[str, str]:
    """Return monetization model and policy of a track by its id. Deleted tracks have them too."""
    pairs = (("AD_SUPPORTED", "MONETIZE"), ("BLACKBOX", "MONETIZE"), ("NOT_APPLICABLE", "ALLOW"))
    if id % 53 == 9:
        return "NOT_APPLICABLE", "BLOCK"
    if id % 17 == 9:
        return "SUB_HIGH_TIER", "SNIP"
    return pairs[id % 3]


def track_stub(world: Links, id: int) -> Json:
    """Return a stub, as playlists have it for all but the first tracks."""
    model, rule = policy(id)
    return {"id": id, "kind": "track", "monetization_model": model, "policy": rule}


@lru_cache(maxsize=CACHED)
def track(world: Links, index: int) -> Json:
    """Return a track in full, with its user in short form."""
    links, dice = world.links, world.links.dice("track", index)
    id = world.track_ids.id(index)
    owner = links.owner(index)
    urn = f"soundcloud:tracks:{id}"
    born = world.born("tracks", id)
    hidden = index % 331 == 330  # the owner hides all counts
    shown = world.display_date(id)
    sold = index % 4 == 1
    name = track_permalink(world, index)
    model, rule = policy(id)
    found = {
        "artwork_url": when(dice.random() < 0.96, picture, dice, "artworks"),
        "caption": when(index % 300 == 7, dice.choice, words.REMARKS),
        "commentable": True,
        "comment_count": len(links.comments_of(index)),
        "created_at": iso(born),
        "description": when(dice.random() < 0.72, dice.choice, (*words.SENTENCES, "")),
        "downloadable": index % 6 == 0,
        "download_count": when(index % 6 == 0 and not hidden, dice.randint, 0, 900) or 0,
        "duration": duration(index),
        "full_duration": duration(index) + dice.randint(-30, 360),
        "embeddable_by": "all",
        "genre": genre(index),
        "has_downloads_left": index % 12 == 0,
        "id": id,
        "kind": "track",
        "label_name": when(dice.random() < 0.57, dice.choice, (*words.LABELS, "")),
        "last_modified": modified(world, dice, born),
        "license": license(index),
        "likes_count": len(links.likers.get(index, ())) + 5 * (index % 83 == 82),
        "permalink": name,
        "permalink_url": f"{WEB}/{permalink(world, owner)}/{name}",
        "playback_count": links.plays(index),
        "public": True,
        "publisher_metadata": when(dice.random() < 0.89, _publisher, dice, id, urn, title(index), owner),
        "purchase_title": when(sold, dice.choice, ("Free Download", "Buy", "Download")),
        "purchase_url": when(sold, str, f"https://shop.example/{id}"),
        "release_date": when(dice.random() < 0.41 or shown != born, str, iso(shown)[:10] + "T00:00:00Z"),
        "reposts_count": len(links.reposters.get(index, ())),
        "secret_token": None,
        "sharing": "public",
        "state": "finished",
        "streamable": True,
        "tag_list": tag_list(tags(index)),
        "title": title(index),
        "uri": uri(urn),
        "urn": urn,
        "user_id": world.user_ids.id(owner),
        "visuals": when(index % 57 == 3, visuals, dice, urn),
        "waveform_url": f"https://wave.sndcdn.com/{dice.getrandbits(48):012x}_m.json",
        "display_date": iso(shown),
        "media": {"transcodings": [_transcoding(urn, at, duration(index)) for at in range(len(PRESETS))]},
        "station_urn": f"soundcloud:system-playlists:track-stations:{id}",
        "station_permalink": f"track-stations:{id}",
        "track_authorization": f"sandbox.track-{id}.{dice.getrandbits(96):024x}",
        "monetization_model": model,
        "policy": rule,
        "user": mini_user(world, owner),
    }
    if hidden:
        found |= dict.fromkeys(("comment_count", "download_count", "likes_count", "playback_count"))
    return found


def _publisher(dice: Random, id: int, urn: str, title: str, owner: int) -> Json:
    label = dice.choice(words.LABELS)
    found: Json = {"id": id, "urn": urn}
    if dice.random() < 0.84:
        found |= {"artist": first_username(owner), "contains_music": True, "isrc": f"QZSBX{id % 10_000_000:07}"}
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
            "writer_composer": " ".join(first_and_last(owner)),
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
