"""The fast and the plain code make the same records and rejections from all objects of the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from sc_spiders import records
from sc_spiders.sandbox import World

from . import plain

NOW = "2026-01-02T03:04:05Z"
# Values that a fault or a change of the API may put into a field.
NONSENSE: tuple[Any, ...] = ("text", -1, 1.5, [], {}, True, "2014/13/45", 2**70)


@pytest.fixture(scope="module")
def world() -> dict[str, list[dict[str, Any]]]:
    """The objects of a small world by kind, in v2's form."""
    made = World(users=150, seed=5)
    users = list(made.users)
    tracks = [track for user in users for track in made.tracks(user)][:400]
    playlists = [playlist for user in users for playlist in (*made.albums(user), *made.playlists(user))][:200]
    comments = [comment for track in tracks for comment in made.comments(track)][:400]
    return {
        "user": [made.user(user) for user in users],
        "track": [made.track(track) for track in tracks],
        "playlist": [made.playlist(playlist) for playlist in playlists],
        "comment": [made.comment(comment) for comment in comments],
        "selection": made.selections(),
    }


@pytest.mark.parametrize("kind", ["user", "track", "playlist", "comment", "selection"])
def test_the_world_as_it_is(world: dict[str, list[dict[str, Any]]], kind: str) -> None:
    objects = world[kind]
    rows, rejected = records.kind(kind, "v2").project(objects, NOW)

    assert objects
    assert (rows, rejected) == (plain.project(kind, "v2", objects, NOW)[0], [])
    assert len(rows) == len(objects)


@pytest.mark.parametrize("kind", ["user", "track", "playlist", "comment", "selection"])
def test_the_world_with_nonsense_in_every_field(world: dict[str, list[dict[str, Any]]], kind: str) -> None:
    (model,) = world[kind][:1]
    objects = [{**model, name: value} for name in model for value in NONSENSE]
    rows, rejected = records.kind(kind, "v2").project(objects, NOW)
    expected, refused = plain.project(kind, "v2", objects, NOW)

    assert rows == expected
    assert len(rejected) == len(refused) > 0
    assert len(rows) + len(rejected) == len(objects)
