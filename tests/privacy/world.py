"""What names somebody or something in a sandbox's world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sc_spiders.sandbox import World
from sc_spiders.sandbox.ids import LOWEST

_FIELDS = ("permalink", "username", "full_name", "title", "description", "body")
_SHORTEST = 5  # characters; a shorter word may be anything
# Titles and names that are also words of the records.
_COMMON = frozenset({"likes", "Station", "stream"})


def named_in(world: World) -> set[str]:
    """Ids, permalinks, names, titles and texts of all users and of their tracks, playlists and comments."""
    return {word for object_ in _objects(world) for word in _words(object_)} - _COMMON


def _objects(world: World) -> Iterator[dict[str, Any]]:
    for user in world.users:
        yield world.user(user)
        for track in world.tracks(user):
            yield world.track(track)
            yield from (world.comment(comment) for comment in world.comments(track))
        for playlist in (*world.albums(user), *world.playlists(user)):
            yield world.playlist(playlist)


def _words(object_: dict[str, Any]) -> Iterator[str]:
    if object_["id"] >= LOWEST:  # smaller ones may be any number
        yield str(object_["id"])
    for name in _FIELDS:
        word = object_.get(name)
        if word and len(word) >= _SHORTEST:
            yield word
