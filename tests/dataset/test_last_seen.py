"""The state last seen: what is left when crawls that follow each other are read together."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.merge import merge

from .make import Row, comment_on, crawl, edge, elsewhere, follows, listing, node, record, user, write
from .run import Runner

Edges = set[tuple[str, str, str]]
ONE, TWO, THREE = (f"soundcloud:users:{number}" for number in (1, 2, 3))
TRACK = "soundcloud:tracks:7"


def moment(day: int, minute: int = 0) -> str:
    return f"2026-01-{day:02}T{minute // 60:02}:{minute % 60:02}:00Z"


def crawled(day: int, lists: Iterable[Row], found: Iterable[Row], **fields: Any) -> list[Row]:
    """A crawl on a day of January: its listings, all ended at one o'clock, and what it found half an hour earlier."""
    times = {"started_at": moment(day), "finished_at": moment(day, 60), "fetched_at": moment(day, 60)}
    walked = {"started_at": moment(day, 10), "crawl_started_at": moment(day), "fetched_at": moment(day, 60)}
    return [
        *(row | walked for row in lists),
        *(row | {"fetched_at": moment(day, 30)} for row in found),
        crawl("user", {"user": "one"}, **times) | fields,
    ]


def left(folder: Path, *crawls: Sequence[Row], kind: str = "edge") -> list[str]:
    """The targets of the edges, or the URNs of the nodes, that are left of these crawls."""
    files = [write(folder / f"{number}.jsonl", rows) for number, rows in enumerate(crawls)]
    with Dataset(files, folder) as data:
        rows = list(data.records(kind))
    return sorted(row["target"] if kind == "edge" else row["urn"] for row in rows)


def test_who_was_unfollowed_is_gone_and_the_node_stays(tmp_path: Path, scrapy: Runner) -> None:
    whole = listing("followings", ONE)
    write(tmp_path / "first.jsonl", crawled(1, [whole], [follows(1, n) for n in range(2, 68)] + [user(2)]))
    write(tmp_path / "second.jsonl", crawled(2, [whole], [follows(1, n) for n in range(3, 68)]))

    done = scrapy("merge", "first.jsonl", "second.jsonl", "-o", "all.jsonl")

    assert "1 that later walks no longer had" in done.out
    assert "\ncomplete: 1 of 1 listings are complete" in done.out
    rows = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert {row["target"] for row in rows if row["kind"] == "edge"} == {f"soundcloud:users:{n}" for n in range(3, 68)}
    assert [row["urn"] for row in rows if row["kind"] == "user"] == [TWO]


BEFORE = crawled(1, [listing("followings", ONE)], [follows(1, 2), follows(1, 3)])
NOT_TWO = [follows(1, 3)]
AFTER = crawled(2, [listing("followings", ONE)], NOT_TWO)
VOUCHES = {
    "complete": (listing("followings", ONE), True),
    "interrupted": (listing("followings", ONE, "interrupted"), False),
    "bounded by since": (listing("followings", ONE, "limit", error="since 2026-01-01T00:00:00Z"), False),
    "limited": (listing("followings", ONE, "limit"), False),
    "with objects missing": (listing("followings", ONE, complete=False, missing=[TWO]), False),
    "not found": (listing("followings", ONE, "not_found"), False),
    "of another user": (listing("followings", THREE), False),
    "of another relation": (listing("user_likes", ONE), False),
    "of the other end": (listing("followers", TWO, fetched=0), True),
    "of the other end of others": (listing("followers", THREE), False),
    "by a crawl that wrote no edges of it": (listing("followings", ONE, fetched=5), False),
    "by the other API": (listing("followings", ONE, api="public"), False),
}


def test_only_a_complete_walk_of_one_of_its_lists_vouches_for_an_edge(tmp_path: Path) -> None:
    before, walks, found = [], [], []
    for number, (case, (walk, _)) in enumerate(VOUCHES.items(), 1):
        before += elsewhere(number, BEFORE[:-1])
        walks += elsewhere(number, [walk])
        found += elsewhere(number, [] if "no edges" in case else NOT_TWO)
    crawls = [*before, BEFORE[-1]], crawled(2, walks, found)
    for order in (crawls, crawls[::-1]):
        there = left(tmp_path, *order)
        assert {case: f"{ONE[:-1]}{number}2" not in there for number, case in enumerate(VOUCHES, 1)} == {
            case: vouches for case, (_, vouches) in VOUCHES.items()
        }
        assert {f"{ONE[:-1]}{number}3" for number in range(1, len(VOUCHES) + 1)} < set(there)


def test_what_the_other_list_has_later_is_not_gone(tmp_path: Path) -> None:
    followings = crawled(2, [listing("followings", ONE)], NOT_TWO)
    followers = crawled(3, [listing("followers", TWO)], [follows(1, 2)])
    assert left(tmp_path, BEFORE, followings, followers) == [TWO, THREE]
    again = crawled(4, [listing("followings", ONE)], NOT_TWO)
    assert left(tmp_path, BEFORE, followings, followers, again) == [THREE]


def test_a_crawl_that_met_an_edge_in_one_list_had_it_in_the_other_too(tmp_path: Path) -> None:
    """It writes the edge once, long before it begins the other list, which has the edge as well."""
    rows = crawled(2, [listing("followers", TWO), listing("followings", ONE)], [follows(1, 2)])
    assert left(tmp_path, BEFORE, rows) == [TWO]


def test_a_crawl_is_complete_in_itself_though_its_clock_was_set_back(tmp_path: Path) -> None:
    late = [row | {"crawl_started_at": moment(9)} for row in BEFORE if row["kind"] == "listing"]
    rows = [*late, *(row for row in BEFORE if row["kind"] == "edge"), crawl("user", {}, started_at=moment(9))]
    assert left(tmp_path, rows) == [TWO, THREE]


def test_records_of_older_versions_vouch_by_their_crawl(tmp_path: Path) -> None:
    after = [{name: value for name, value in row.items() if name != "crawl_started_at"} for row in AFTER]
    assert left(tmp_path, BEFORE, after) == [THREE]
    assert left(tmp_path, BEFORE, [row for row in after if row["kind"] != "crawl"]) == [TWO, THREE]


def test_a_list_of_a_part_vouches_for_nothing_beside_whole_ones(tmp_path: Path) -> None:
    part = crawled(2, [listing("followings", ONE)], NOT_TWO, arguments={"user": "one", "params": "a=b"})
    assert left(tmp_path, BEFORE, part) == [TWO, THREE]
    parts = [[*BEFORE[:-1], BEFORE[-1] | {"arguments": {"user": "one", "params": "a=b"}}], part]
    assert left(tmp_path, *parts) == [THREE]


def test_albums_and_other_playlists_vouch_together(tmp_path: Path) -> None:
    before = crawled(1, [], [edge("posts", ONE, "soundcloud:playlists:1"), edge("posts", ONE, "soundcloud:tracks:1")])
    albums, playlists = (listing(name, ONE, fetched=0) for name in ("user_albums", "user_playlists"))
    assert left(tmp_path, before, crawled(2, [playlists], [])) == ["soundcloud:playlists:1", "soundcloud:tracks:1"]
    assert left(tmp_path, before, crawled(2, [albums, playlists], [])) == ["soundcloud:tracks:1"]
    assert left(tmp_path, before, crawled(2, [playlists], []), crawled(3, [albums], [])) == ["soundcloud:tracks:1"]
    public = [row | {"api": "public"} for row in before]  # this API has one list of both
    rows = crawled(2, [playlists | {"api": "public"}], [], api="public")
    assert left(tmp_path, public, rows) == ["soundcloud:tracks:1"]


@pytest.mark.parametrize("endpoint", ["user_top_tracks", "user_stream"])
def test_a_selection_vouches_for_nothing(tmp_path: Path, endpoint: str) -> None:
    before = crawled(1, [listing("user_tracks", ONE)], [edge("posts", ONE, TRACK)])
    assert left(tmp_path, before, crawled(2, [listing(endpoint, ONE)], [])) == [TRACK]


def test_a_chart_and_a_playlist_are_as_they_were_last(tmp_path: Path) -> None:
    chart, playlist = "charts:top:techno", "soundcloud:playlists:5"
    lists = [listing("charts", chart), listing("playlist", playlist)]
    both = [edge("ranks", chart, TRACK, position=0), edge("contains", playlist, TRACK, position=0)]
    before = crawled(1, lists, both)
    lists[1] |= {"fetched": 0}
    after = crawled(2, lists, [edge("ranks", chart, "soundcloud:tracks:8", position=0)])
    assert left(tmp_path, before, after) == ["soundcloud:tracks:8"]


@pytest.mark.parametrize("walk", [listing("track_comments", TRACK), listing("user_comments", ONE)])
def test_a_comment_that_was_deleted_is_gone(tmp_path: Path, walk: Row) -> None:
    before = crawled(1, [listing("track_comments", TRACK)], [comment_on(7, 1, 10), comment_on(7, 2, 20)])
    after = crawled(2, [walk], [comment_on(7, 2, 20)])
    assert left(tmp_path, before, after, kind="comment") == ["soundcloud:comments:2"]


def test_a_link_that_was_taken_off_a_profile_is_gone(tmp_path: Path) -> None:
    links = [record("web_profile", user_urn=ONE, url=f"https://{name}.example") for name in "ab"]
    walk = [listing("web_profiles", ONE)]
    files = [write(tmp_path / f"{n}.jsonl", crawled(n, walk, links[n - 1 :])) for n in (1, 2)]
    with Dataset(files) as data:
        assert [row["url"] for row in data.records("web_profile")] == ["https://b.example"]


def test_a_list_that_was_updated_does_not_drop_what_its_whole_walk_had(tmp_path: Path) -> None:
    liked = [edge("likes", ONE, f"soundcloud:tracks:{n}") for n in (7, 8)]
    whole = listing("user_likes", ONE, known_until=moment(1, 10))
    update = listing("user_likes", ONE, "limit", error=f"since {moment(1, 5)}", known_until=moment(2, 10))
    files = [
        write(tmp_path / "1.jsonl", crawled(1, [whole], liked[:1])),
        write(tmp_path / "2.jsonl", crawled(2, [update], liked[1:])),
    ]
    for _ in range(2):  # the second time from what was merged
        with Dataset(files, tmp_path) as data:
            assert data["likes"].count("*").fetchall() == [(2,)]
            (row,) = data.records("listing")
            assert (row["complete"], row["crawl_started_at"]) == (True, moment(1))
            merge(data, tmp_path / "all.jsonl")
        files = [tmp_path / "all.jsonl"]


def test_of_two_nodes_the_newer_counts_if_both_are_full(tmp_path: Path) -> None:
    names = [node("user", 1, username=name) for name in ("old", "new")]
    assert left(tmp_path, crawled(1, [], names[:1]), crawled(2, [], names[1:]), kind="user") == [ONE]
    with Dataset([tmp_path / "1.jsonl", tmp_path / "0.jsonl"]) as data:
        assert [row["username"] for row in data.records("user")] == ["new"]


# Random worlds. Who follows whom changes between crawls; each crawl walks some lists, some of them in part.

People = range(1, 8)
Walks = dict[tuple[str, int], tuple[bool, Edges]]  # by endpoint and user: whether the walk is complete, and what it had


def of_list(endpoint: str, person: int, world: Edges) -> Edges:
    end = {"followings": 1, "followers": 2}[endpoint]
    return {one for one in world if one[end] == f"soundcloud:users:{person}"}


def random_walks(chance: Random, world: Edges) -> Walks:
    walks: Walks = {}
    for endpoint, person in itertools.product(("followings", "followers"), People):
        had = of_list(endpoint, person, world)
        match chance.choice(("complete", "complete", "part", "no")):
            case "complete":
                walks[endpoint, person] = True, had
            case "part":
                walks[endpoint, person] = False, {one for one in had if chance.random() < 0.5}
    return walks


def rows_of(day: int, walks: Walks, chance: Random) -> list[Row]:
    """What a crawl writes: each edge once, when the first of its lists is walked."""
    rows: list[Row] = []
    written: Edges = set()
    order = list(walks.items())
    chance.shuffle(order)
    for minute, ((endpoint, person), (complete, had)) in enumerate(order, 1):
        at = {"fetched_at": moment(day, minute)}
        for one in sorted(had - written):
            rows.append(edge(*one, **at, created_at=chance.choice((None, "2020-01-01T00:00:00Z"))))
        written |= had
        ended = "end" if complete else chance.choice(("interrupted", "limit", "error"))
        times = {"started_at": moment(day, minute), "crawl_started_at": moment(day)}
        rows.append(listing(endpoint, f"soundcloud:users:{person}", ended, fetched=len(had), **at, **times))
    return [*rows, crawl("user_graph", {"user": "1"}, started_at=moment(day), finished_at=moment(day, 120))]


def expected(crawls: Sequence[Walks]) -> Edges:
    """The rule, in words of the documentation, edge by edge."""

    def is_gone(one: tuple[str, str, str]) -> bool:
        for lists in (("followings", one[1]), ("followers", one[2])):
            key = lists[0], int(lists[1].rpartition(":")[2])
            complete = [number for number, walks in enumerate(crawls) if walks.get(key, (False,))[0]]
            if not complete or one in crawls[complete[-1]][key][1]:
                continue
            later = [had for walks in crawls[complete[-1] :] for _, had in walks.values()]
            if not any(one in had for had in later):
                return True
        return False

    every = {one for walks in crawls for _, had in walks.values() for one in had}
    return {one for one in every if not is_gone(one)}


def edges_of(files: Sequence[Path], merged: Path | None = None) -> Edges:
    with Dataset(files, files[0].parent) as data:
        if merged:
            merge(data, merged)
        return set(data["edge"].project("relation, source, target").fetchall())


@settings(max_examples=5, deadline=None, phases=[Phase.generate])  # a smaller world takes minutes to find
@given(chance=st.randoms(use_true_random=False), count=st.integers(2, 4))
def test_the_state_last_seen_is_what_the_rule_says(
    tmp_path_factory: pytest.TempPathFactory, chance: Random, count: int
) -> None:
    pairs = [("follows", f"soundcloud:users:{a}", f"soundcloud:users:{b}") for a in People for b in People if a != b]
    crawls = [random_walks(chance, {one for one in pairs if chance.random() < 0.4}) for _ in range(count)]
    folder = tmp_path_factory.mktemp("world")
    files = [write(folder / f"{day}.jsonl", rows_of(day, walks, chance)) for day, walks in enumerate(crawls, 1)]
    merged, last = folder / "merged.jsonl", files[-1]
    shuffled = chance.sample(files, count)

    assert edges_of(shuffled) == expected(crawls)
    assert edges_of(files[:-1], merged) == expected(crawls[:-1])
    assert edges_of([last, merged]) == expected(crawls)
