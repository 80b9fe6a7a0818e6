"""The sandbox's objects have exactly the fields of the real ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.sandbox import World, public_objects, shelves

Json = dict[str, Any]


def form(row: Json) -> str | None:
    """Return kind and form of a value if it is an object."""
    match row:
        case {"kind": "user"}:
            return "user" if "comments_count" in row else "mini user"
        case {"kind": "track"}:
            return "track" if "title" in row else "stub"
        case {"kind": "playlist"}:
            return "playlist" if "tracks" in row else "partial playlist"
        case {"kind": "comment" | "system-playlist" | "selection"}:
            return str(row["kind"])
    return None


def objects_in(data: Any) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the form and the fields of each object in an answer."""
    if isinstance(data, dict):
        if name := form(data):
            yield name, frozenset(data)
        data = list(data.values())
    if isinstance(data, list):
        for part in data:
            yield from objects_in(part)


@pytest.fixture(scope="module")
def real(recorded: Path) -> dict[tuple[str, str], set[frozenset[str]]]:
    """The fields of each form of each API's objects, from recent recordings."""
    found: dict[tuple[str, str], set[frozenset[str]]] = {}
    for line in (recorded / "INDEX.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        # Shelves were last recorded in 2021.
        late = entry["date"][:4] >= "2025" or entry["endpoint"] == "mixed_selections"
        if late and entry["api"] in ("v2", "public") and not entry["error"]:
            answer = json.loads((recorded / entry["file"]).read_text(encoding="utf-8"))
            for name, fields in objects_in(answer):
                found.setdefault((entry["api"], name), set()).add(fields)
    return found


def test_v2(real: dict[tuple[str, str], set[frozenset[str]]]) -> None:
    world = World(users=60)
    ours: list[Any] = [world.user(183), world.playlist(1), world.track(293), shelves.selections(world)]
    ours += [world.playlist(id) for user in world.users for id in world.playlists(user)]
    ours += [world.comment(world.comments(293)[0])]
    for name, fields in set(objects_in(ours)):
        assert name == "comment" or fields in real["v2", name], (name, [fields ^ other for other in real["v2", name]])


# Fields that the public API added after the last recording.
NEW = {"station_urn"}


def test_public(real: dict[tuple[str, str], set[frozenset[str]]]) -> None:
    world = World(users=60)
    ours = [public_objects.track(world, 293), public_objects.playlist(world, 1), public_objects.me(world, 183)]
    for name, fields in set(objects_in(ours)):
        known = real["public", name]
        assert fields - NEW in known, (name, [fields ^ other for other in known])
