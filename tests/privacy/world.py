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


def named_in(world: World, *users: int) -> set[str]:
    """Ids, permalinks, names, titles and texts of these users, or of all, and of their tracks, playlists, comments."""
    found = _objects(world, users or tuple(world.users))
    return {word for object_ in found for word in _words(object_)} - _COMMON


def of_user(world: World, user: int) -> set[str]:
    """Ids and names of one user and of what is theirs, without titles and texts, which others may have, too."""
    words = {world.user(user)["permalink"], world.user(user)["username"]}
    for object_ in _objects(world, (user,)):
        words.add(str(object_["id"]))
    words |= {str(comment) for comment in world.comments_by(user)}
    return words


def _objects(world: World, users: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    for user in users:
        yield world.user(user)
        for track in world.tracks(user):
            yield world.track(track)
            yield from (world.comment(comment) for comment in world.comments(track))
        for playlist in (*world.albums(user), *world.playlists(user)):
            yield world.playlist(playlist)


def _words(object_: dict[str, Any]) -> Iterator[str]:
    if object_["id"] >= LOWEST:  # a smaller number may stand for anything, such as a count
        yield str(object_["id"])
    for name in _FIELDS:
        word = object_.get(name)
        if word and len(word) >= _SHORTEST:
            yield word
