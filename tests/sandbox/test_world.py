"""The world is the same each time, and its truth is consistent."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sc_spiders.sandbox import World

FINGERPRINT = """
from zlib import crc32
from sc_spiders.sandbox import World
world = World(users=80, seed=7)
nodes, edges = world.graph([183], 2, ("followings", "followers", "likes", "reposts"))
print(crc32(repr((sorted(nodes), sorted(edges), [world.user(id) for id in world.users])).encode()))
"""


@pytest.fixture(scope="module")
def world() -> World:
    return World(users=300, seed=1)


def test_the_same_seed_gives_the_same_world_in_every_process() -> None:
    def run(hash_seed: str) -> str:
        environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(filter(None, sys.path))}
        command = [sys.executable, "-c", FINGERPRINT]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    assert run("1") == run("2")


def test_another_seed_gives_another_world(world: World) -> None:
    assert World(users=300, seed=2).followers(183) != world.followers(183)


def test_followers_and_followings_are_two_sides_of_one_thing(world: World) -> None:
    follows = {(user, other) for user in world.users for other in world.followings(user)}

    assert follows == {(other, user) for user in world.users for other in world.followers(user)}
    assert not any(user == other for user, other in follows)


def test_likers_and_reposters_are_the_other_side_of_likes_and_reposts(world: World) -> None:
    for back, forth in ((world.likers, world.likes), (world.reposters, world.reposts)):
        pairs = {(user, urn) for user in world.users for urn, _ in forth(user)}
        urns = {urn for _, urn in pairs}
        assert pairs == {(user, urn) for urn in urns for user in back(urn)}


def test_every_page_of_the_web_site_leads_to_its_object(world: World) -> None:
    assert world.resolve("forss") == ("user", 183)
    assert world.resolve("forss/flickermood") == ("track", 293)
    assert world.resolve("forss/sets/soulhack") == ("playlist", 1)
    for user in world.users:
        assert world.resolve(world.user(user)["permalink"]) == ("user", user)
        for track in world.tracks(user)[:3]:
            assert world.resolve(world.track(track)["permalink_url"][23:]) == ("track", track)
        for playlist in (world.albums(user) + world.playlists(user))[:3]:
            path = world.playlist(playlist)["permalink_url"][23:]
            assert world.resolve(path) == ("playlist", playlist)


def test_depth_one_walks_the_seeds_and_depth_two_whom_they_lead_to(world: World) -> None:
    nodes, edges = world.graph([183], 1, ["followings"])
    deeper, more = world.graph([183], 2, ["followings"])

    found = world.followings(183)
    assert nodes == {"soundcloud:users:183", *(f"soundcloud:users:{id}" for id in found)}
    assert edges == {("follows", "soundcloud:users:183", f"soundcloud:users:{id}") for id in found}
    assert len(more) == len(found) + sum(len(world.followings(id)) for id in found)
    assert nodes < deeper


def test_ids_go_beyond_32_bits(world: World) -> None:
    tracks = [track for user in world.users for track in world.tracks(user)]

    assert max(tracks) > 2**32
    assert max(world.users) > 2**31
    assert len(set(tracks)) == len(tracks)


def test_counts_mostly_hold_and_sometimes_lie(world: World) -> None:
    wrong = [id for id in world.users if world.user(id)["followers_count"] != len(world.followers(id))]

    assert 0 < len(wrong) < 20
    assert any(world.user(id)["followers_count"] == 0 for id in wrong)


def test_a_large_world_is_made_at_once() -> None:
    assert World(users=20_000).user(183)["permalink"] == "forss"
