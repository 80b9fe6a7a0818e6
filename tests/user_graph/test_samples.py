"""Samples follow their papers, and depend only on the seed number, in spite of faults."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_spiders.base_spiders import sampling
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, Crawls, crawl

Graph = dict[int, dict[str, list[int]]]
RELATIONS = ("followings", "followers")
FORSS = 183


@pytest.fixture(scope="module")
def small() -> Iterator[Sandbox]:
    with Sandbox(users=60, seed=1) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def graph(small: Sandbox) -> Graph:
    """Followings and followers of each user."""
    _, edges = small.world.graph(list(small.world.users), 1, RELATIONS)
    known: Graph = {user: {relation: [] for relation in RELATIONS} for user in small.world.users}
    for _, source, target in edges:
        one, other = (int(urn.rpartition(":")[2]) for urn in (source, target))
        known[one]["followings"].append(other)
        known[other]["followers"].append(one)
    return known


# -- the choices


@given(st.sets(st.integers(1, 10**6), max_size=40), st.integers(0, 10), st.randoms(use_true_random=False))
def test_a_draw_does_not_depend_on_the_order(candidates: set[int], size: int, shuffle: random.Random) -> None:
    at_once = sampling.draw([], [(one, None) for one in candidates], size, 1, "here")
    by_pages: sampling.Draw = []
    left = [*candidates, *list(candidates)[:5]]
    shuffle.shuffle(left)
    while left:
        page = [left.pop() for _ in range(min(7, len(left)))]
        by_pages = sampling.draw(by_pages, [(one, None) for one in page], size, 1, "here")

    assert [one[1] for one in by_pages] == [one[1] for one in at_once]
    assert len(at_once) == min(size, len(candidates))


def test_each_candidate_is_as_likely() -> None:
    drawn = Counter(
        one[1] for i in range(6000) for one in sampling.draw([], [(c, None) for c in range(10)], 3, 7, f"place {i}")
    )
    assert sum(drawn.values()) == 18_000
    for count in drawn.values():
        assert abs(count - 1800) < 5 * 36  # five standard deviations


@pytest.mark.parametrize("p", [0.2, 0.5, 0.7, 0.9])
def test_a_fire_spreads_geometrically(p: float) -> None:
    many = 20_000
    found = Counter(sampling.burning(p, 1, f"user {i}") for i in range(many))

    mean, expected = sum(k * n for k, n in found.items()) / many, p / (1 - p)
    assert abs(mean - expected) < 5 * (p**0.5 / (1 - p)) / many**0.5
    for k in range(4):
        likely = (1 - p) * p**k
        assert abs(found[k] / many - likely) < 5 * (likely * (1 - likely) / many) ** 0.5
    assert sampling.burning(0, 1, "x") == 0


def walk(graph: Graph, home: int, visits: int, seed: int) -> list[int]:
    """The random walk that a crawl should make, computed from the whole graph."""
    way = [home]
    candidates = {
        user: [(one, None) for one in {one for relation in RELATIONS for one in lists[relation]}]
        for user, lists in graph.items()
    }
    while len(way) < visits:
        drawn = sampling.draw([], candidates[way[-1]], 1, seed, f"{home}:{len(way) - 1}")
        way.append(drawn[0][1] if drawn else home)
    return way


def test_a_random_walk_visits_in_proportion_to_degree(graph: Graph) -> None:
    many = 15_000
    visits = Counter(walk(graph, FORSS, many, 1))

    degree = {user: len({n for relation in RELATIONS for n in lists[relation]}) for user, lists in graph.items()}
    whole = sum(degree.values())
    for user, count in degree.items():
        likely = count / whole
        # The visits of a walk depend on each other: allow three times the spread of independent ones.
        assert abs(visits[user] / many - likely) < 5 * 3 * (likely / many) ** 0.5 + 1 / many
    # Weighted by 1 / degree, all users count the same: the mean degree is the graph's.
    mean = many / sum(count / degree[user] for user, count in visits.items())
    assert abs(mean - whole / len(degree)) < 0.05 * whole / len(degree)


@dataclass
class Fire:
    """`burnt`: users, in order. `spread`: for each list, how many neighbours had not burnt, and how many it lit."""

    burnt: list[int]
    spread: list[tuple[int, int]]


def fire(graph: Graph, user: int, most: int, seed: int, p: float) -> Fire:
    """The forest fire that a crawl should make, computed from the whole graph."""
    found = Fire([user], [])
    queue = [(user, relation) for relation in RELATIONS]
    for one, relation in queue:
        place = f"{one}:{relation}"
        fresh = [(other, None) for other in graph[one][relation] if other not in found.burnt]
        drawn = sampling.draw([], fresh, sampling.burning(p, seed, place), seed, place)[: most - len(found.burnt)]
        found.spread.append((len(fresh), len(drawn)))
        for _, other, _ in drawn:
            found.burnt.append(other)
            queue += [(other, relation) for relation in RELATIONS]
    return found


@pytest.mark.parametrize("p", [0.3, 0.6])
def test_fires_spread_over_the_graph_as_the_paper_says(graph: Graph, p: float) -> None:
    """From a list with n neighbours that have not burnt, min(k, n) burn, where P(k) = (1 - p) p^k."""
    spread = [one for seed in range(500) for one in fire(graph, FORSS, 10**6, seed, p).spread if one[0]]
    many = len(spread)
    assert many > 1000

    expected = sum(p * (1 - p**n) / (1 - p) for n, _ in spread)
    assert abs(sum(k for _, k in spread) - expected) < 5 * (many * p) ** 0.5 / (1 - p)
    nothing = sum(k == 0 for _, k in spread)
    assert abs(nothing - (1 - p) * many) < 5 * (many * p * (1 - p)) ** 0.5


def test_a_fire_takes_each_neighbour_as_often(graph: Graph) -> None:
    neighbours = graph[FORSS]["followings"]
    first = Counter(burnt[1] for seed in range(4000) if len(burnt := fire(graph, FORSS, 2, seed, 0.9).burnt) > 1)
    many = sum(first[one] for one in neighbours)
    for one in neighbours:
        likely = 1 / len(neighbours)
        assert abs(first[one] / many - likely) < 5 * (likely / many) ** 0.5


# -- the crawls


def subjects(crawl: Crawl, endpoint: str) -> list[int]:
    return [
        int(listing["subject"].rpartition(":")[2])
        for listing in crawl.records("listing")
        if listing["endpoint"] == endpoint
    ]


def test_a_crawl_walks_that_way(tmp_path: Path, small: Sandbox, graph: Graph) -> None:
    found = crawl("user_graph", tmp_path, sandbox=small, user="forss", strategy="random_walk", max_users=30, seed=3)

    assert found.code == 0
    assert subjects(found, "followings") == subjects(found, "followers") == walk(graph, FORSS, 30, 3)
    arguments = found.last["arguments"]
    assert (arguments["strategy"], arguments["seed"], arguments["max_users"]) == ("random_walk", "3", "30")
    assert not {"p", "depth"} & arguments.keys()


@pytest.mark.parametrize("most", [12, 1000])
def test_a_crawl_burns_that_way(tmp_path: Path, small: Sandbox, graph: Graph, most: int) -> None:
    found = crawl(
        "user_graph", tmp_path, sandbox=small, user="forss", strategy="forest_fire", max_users=most, seed=3, p="0.6"
    )

    expected = fire(graph, FORSS, most, 3, 0.6).burnt
    assert len(expected) >= 12
    assert subjects(found, "followings") == expected
    assert found.last["arguments"]["p"] == "0.6"


@pytest.mark.parametrize("seed", range(10, 14))
def test_crawls_burn_that_way_whatever_the_seed_number(tmp_path: Path, small: Sandbox, graph: Graph, seed: int) -> None:
    arguments: dict[str, Any] = {"strategy": "forest_fire", "max_users": 40, "p": "0.5", "seed": seed}
    found = crawl("user_graph", tmp_path, sandbox=small, user=FORSS, **arguments)

    walked = [int(one["subject"].rpartition(":")[2]) for one in found.listings("followings")]
    assert walked == fire(graph, FORSS, 40, seed, 0.5).burnt


@pytest.mark.parametrize("strategy", ["random_walk", "forest_fire"])
def test_the_same_after_kills_and_with_other_pages(crawls: Crawls, graph: Graph, strategy: str) -> None:
    arguments: dict[str, Any] = {"user": "forss", "strategy": strategy, "max_users": 10, "seed": 3}
    with Sandbox(users=60, seed=1, latency=20, faults="reset@/users/*/followers#9") as sandbox:
        options = ("-s", "JOBDIR=job", "-s", "SC_PAGE_SIZE=7")
        process = crawls.start("user_graph", *options, sandbox=sandbox, **arguments)
        while sandbox.stats.requests.total() < 15 and process.code is None:
            time.sleep(0.01)
        process.kill()
        crawl = crawls.run("user_graph", *options, sandbox=sandbox, **arguments)

    assert process.code == -signal.SIGKILL
    assert crawl.code == 0, crawl.log
    expected = walk(graph, FORSS, 10, 3) if strategy == "random_walk" else fire(graph, FORSS, 10, 3, 0.7).burnt
    assert subjects(crawl, "followings") == expected
    assert all(listing["complete"] for listing in crawl.records("listing"))


def test_each_seed_has_its_share_of_a_walk(tmp_path: Path, small: Sandbox) -> None:
    other = next(user for user in small.world.users if user != FORSS)
    found = crawl(
        "user_graph",
        tmp_path,
        sandbox=small,
        user=f"{FORSS},{other}",
        strategy="random_walk",
        max_users=7,
        relations="followers",
    )

    visited = subjects(found, "followers")
    assert len(visited) == 7
    assert {FORSS, other} <= set(visited)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"strategy": "random_walk"}, "max_users"),
        ({"strategy": "forest_fire", "max_users": "9", "depth": "2"}, "depth"),
        ({"strategy": "forest_fire", "p": "1"}, "p=1: not a number"),
        ({"strategy": "random_walk", "max_users": "9", "p": "0.5"}, "takes no p"),
        ({"seed": "4"}, "takes no seed"),
    ],
    ids=str,
)
def test_what_makes_no_sample_is_refused(crawls: Crawls, words: dict[str, Any], named: str) -> None:
    crawl = crawls.run("user_graph", user="forss", **words)

    assert crawl.code == 2
    (line,) = crawl.log.splitlines()
    assert named in line
