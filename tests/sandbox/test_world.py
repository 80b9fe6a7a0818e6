"""The world is the same each time, and its truth is consistent."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest

from sc_spiders.sandbox import World
from sc_spiders.sandbox.ids import NotFound
from sc_spiders.sandbox.objects import like

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


# -- a world on a date

DAYS = ("2025-06-01", "2026-01-01", "2026-03-01", "2026-09-01", "2026-12-31")


@pytest.fixture(scope="module")
def dated() -> list[World]:
    """One world on several days."""
    return [World(users=300, seed=1, date=day) for day in DAYS]


def follows_of(world: World) -> set[tuple[int, int]]:
    return {(user, other) for user in world.users for other in world.followings(user)}


def test_a_date_gives_the_same_world_each_time(dated: list[World]) -> None:
    again = World(users=300, seed=1, date=DAYS[2])

    assert again.graph([183], 1) == dated[2].graph([183], 1)
    assert [again.user(id) for id in again.users] == [dated[2].user(id) for id in dated[2].users]


def test_people_join_and_leave_follow_and_unfollow_and_rename_themselves(dated: list[World]) -> None:
    before, after = dated[1], dated[3]
    there, here = set(before.users), set(after.users)
    both = there & here
    names = {id: (before.user(id)["username"], after.user(id)["username"]) for id in both}
    old, new = ({pair for pair in follows_of(world) if both.issuperset(pair)} for world in (before, after))

    assert there - here
    assert here - there
    assert old - new
    assert new - old
    renamed = [id for id, (first, second) in names.items() if first != second]
    assert 0 < len(renamed) < len(both) / 5
    for id in renamed:
        assert after.resolve(after.user(id)["permalink"]) == ("user", id)
        with pytest.raises(NotFound):
            after.resolve(before.user(id)["permalink"])


def test_who_has_left_is_in_no_list_and_not_found(dated: list[World]) -> None:
    world = dated[3]
    left = set(dated[1].users) - set(world.users)

    lists = [world.followers, world.followings, world.related_artists]
    named = {other for user in world.users for one in lists for other in one(user)}
    assert not left & named
    for user in left:
        with pytest.raises(NotFound):
            world.user(user)
        with pytest.raises(NotFound):
            world.resolve(dated[1].user(user)["permalink"])
        for track in dated[1].tracks(user):
            assert not world.has_track(track)


def test_playlists_keep_the_ids_of_tracks_that_are_gone(dated: list[World]) -> None:
    world = dated[3]
    sets = [id for user in world.users for id in world.albums(user) + world.playlists(user)]
    named = {track for id in sets for track in world.playlist_tracks(id)}
    gone = {track for user in dated[1].users for track in dated[1].tracks(user) if not world.has_track(track)}

    assert gone & named
    for id in sets:
        full = [track for track in world.playlist(id)["tracks"] if "title" in track]
        assert all(world.has_track(track["id"]) for track in full)


def test_lists_are_in_order_of_their_dates_and_nothing_is_from_the_future(dated: list[World]) -> None:
    for day, world in zip(DAYS, dated, strict=True):
        for user in world.users[:60]:
            dates = [at for _, at in world.likes(user)]
            assert dates == sorted(dates, reverse=True)
            assert all(later - earlier > 2 for later, earlier in pairwise(dates))
            for urn, _ in world.likes(user)[:1]:
                assert like(world, urn, dates[0])["created_at"] <= f"{day}T00:00:00Z"
            assert world.user(user)["last_modified"] <= f"{day}T00:00:00Z"


def test_a_relation_that_lasts_keeps_its_date_and_new_ones_come_first(dated: list[World]) -> None:
    before, after = dated[1], dated[2]
    earlier, later = dict(before.likes(183)), dict(after.likes(183))
    first = before.followings(183)
    second = after.followings(183)
    lasting = [id for id in second if id in first]

    assert {urn: later[urn] for urn in earlier if urn in later} == {
        urn: earlier[urn] for urn in later if urn in earlier
    }
    assert lasting == [id for id in first if id in second]
    assert second[: len(second) - len(lasting)] == [id for id in second if id not in first]


def test_counts_grow(dated: list[World]) -> None:
    plays = [world.track(293)["playback_count"] for world in dated]
    comments = [len(world.comments(293)) for world in dated]

    assert plays == sorted(set(plays))
    assert len(set(comments)) > 2
    for world in dated:
        assert world.track(293)["comment_count"] == len(world.comments(293))
        assert world.user(183)["followings_count"] == len(world.followings(183))


def test_both_sides_of_follows_hold_on_each_date(dated: list[World]) -> None:
    for world in dated:
        assert follows_of(world) == {(other, user) for user in world.users for other in world.followers(user)}
