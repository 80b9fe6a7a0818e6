"""Playlists as the v2 API writes them, in full and in part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sc_spiders.sandbox import words
from sc_spiders.sandbox.dates import iso
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.objects.common import WEB, Json, modified, picture, uri, when
from sc_spiders.sandbox.objects.tracks import find, tag_list, tags, track, track_stub
from sc_spiders.sandbox.objects.users import find_user, mini_user, permalink

if TYPE_CHECKING:
    from sc_spiders.sandbox.objects.links import Links


def playlist_title(index: int) -> str:
    """Return a playlist's title."""
    if index == 0:
        return "Soulhack"
    title = f"{words.NOUNS[index % 22]} & {words.NOUNS[index // 3 % 22]}"
    if index % 13 == 0:
        title += " 🎧"
    return title


def playlist_permalink(world: Links, index: int) -> str:
    """Return the last part of a playlist's address."""
    if index == 0:
        return "soulhack"
    number = index - world.links.playlist_starts[world.links.owner(~index)]
    return f"{words.slug(playlist_title(index))}-{number}"


def find_playlist(world: Links, owner: str, name: str) -> int:
    """Return the position of a playlist by its owner's permalink and its own, or raise NotFound."""
    own = world.links.playlists_of(find_user(world, owner))
    found = find(own, name, lambda index: playlist_permalink(world, index))
    if not world.links.has_playlist(found):
        raise NotFound(name)
    return found


def playlist(world: Links, index: int) -> Json:
    """Return a playlist in full: at most the first five tracks are full, the rest are stubs."""
    dice = world.links.dice("playlist text", index)
    album, sold = world.links.is_album(index), index % 40 == 1
    tracks = world.playlist_tracks(world.playlist_ids.id(index))
    full = (5, 5, 4, 3)[index % 4]
    # A deleted track is always a stub, and all tracks after it are stubs too.
    full = next((at for at, id in enumerate(tracks[:full]) if not world.has_track(id)), full)
    return partial_playlist(world, index) | {
        "description": when(dice.random() < 0.5, dice.choice, words.SENTENCES),
        "embeddable_by": "all",
        "genre": dice.choice(words.GENRES),
        "label_name": when(album, dice.choice, (*words.LABELS, "")),
        "license": "all-rights-reserved",
        "purchase_title": when(sold, str, "Buy"),
        "purchase_url": when(sold, str, "https://shop.example/set"),
        "tag_list": tag_list(tags(index * 3)),
        "tracks": [
            *(track(world, world.track_ids.index(id)) for id in tracks[:full]),
            *(track_stub(world, id) for id in tracks[full:]),
        ],
    }


def partial_playlist(world: Links, index: int) -> Json:
    """Return a playlist as a list of likes has it: without tracks, description and other fields."""
    links, dice = world.links, world.links.dice("playlist", index)
    id = world.playlist_ids.id(index)
    owner, album = links.owner(~index), links.is_album(index)
    name, born = playlist_permalink(world, index), world.born("playlists", id)
    return {
        "artwork_url": when(dice.random() < 0.8, picture, dice, "artworks"),
        "created_at": iso(born),
        "duration": dice.randint(600_000, 60_000_000),
        "id": id,
        "kind": "playlist",
        "last_modified": modified(world, dice, born),
        "likes_count": len(links.likers.get(~index, ())),
        "managed_by_feeds": album and index % 2 == 0,
        "permalink": name,
        "permalink_url": f"{WEB}/{permalink(world, owner)}/sets/{name}",
        "public": True,
        "reposts_count": len(links.reposters.get(~index, ())),
        "secret_token": None,
        "sharing": "public",
        "title": playlist_title(index),
        "track_count": len(links.members(index)),
        "uri": uri(f"soundcloud:playlists:{id}"),
        "user_id": world.user_ids.id(owner),
        "set_type": "album" if album else "",
        "is_album": album,
        "published_at": when(dice.random() < 0.9, iso, born),
        "release_date": _release(index, album, born),
        "display_date": iso(born),
        "user": mini_user(world, owner),
    }


def _release(index: int, album: bool, born: int) -> str | None:
    if album:
        return iso(born)[:10] + "T00:00:00Z"
    if index % 5:
        return None
    return ""


def deleted(playlist: int, index: int) -> int:
    """Return 1 if a playlist's track was deleted, else 0. Added to its id, 1 gives an id without an object."""
    return int(playlist > 0 and (playlist * 31 + index) % 43 == 7)
