"""The crawled graph equals the sandbox's graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import crawl as run

FORSS = 183
ALL = ("followings", "followers", "likes", "reposts")


@pytest.mark.parametrize("relation", ALL)
def test_one_relation_at_depth_1(tmp_path: Path, sandbox: Sandbox, relation: str) -> None:
    crawl = run("user_graph", tmp_path, sandbox=sandbox, user="forss", relations=relation)

    nodes, edges = sandbox.world.graph([FORSS], 1, [relation])
    assert crawl.code == 0
    assert crawl.triples == edges
    assert len(crawl.records("edge")) == len(edges)
    assert crawl.urns() == nodes
    (listing,) = crawl.records("listing")
    assert (listing["complete"], listing["ended"], listing["fetched"]) == (True, "end", len(edges))
    assert not crawl.records("rejected")


@pytest.mark.parametrize("relations", [ALL, ("followers",), ("followings",)], ids="+".join)
def test_depth_2_while_the_client_id_expires(tmp_path: Path, relations: tuple[str, ...]) -> None:
    with Sandbox(users=50, seed=2, expire_after=20) as sandbox:
        (seed,) = [user for user in sandbox.world.users if sandbox.world.user(user)["permalink"] == "forss"]
        crawl = run("user_graph", tmp_path, sandbox=sandbox, user=seed, depth=2, relations=",".join(relations))
        renewed = sandbox.stats.statuses["401"]

        nodes, edges = sandbox.world.graph([seed], 2, relations)
    assert renewed
    assert crawl.code == 0
    assert crawl.triples == edges
    assert len(crawl.records("edge")) == len(edges)
    assert crawl.urns() == nodes
    assert all(listing["complete"] for listing in crawl.records("listing"))


def test_depth_3_gives_every_user_the_level_of_the_shortest_way(tmp_path: Path) -> None:
    with Sandbox(users=120, seed=3) as sandbox:
        seeds = list(sandbox.world.users)[:2]
        words = {"user": ",".join(map(str, seeds)), "depth": 3, "relations": "followings"}
        crawl = run("user_graph", tmp_path, sandbox=sandbox, **words)
        nodes, edges = sandbox.world.graph(seeds, 3, ["followings"])

    assert crawl.triples == edges
    assert crawl.urns() == nodes


def test_max_users_bounds_who_is_walked(tmp_path: Path, sandbox: Sandbox) -> None:
    crawl = run("user_graph", tmp_path, sandbox=sandbox, user="forss", depth=2, relations="followings", max_users=5)

    subjects = {listing["subject"] for listing in crawl.records("listing")}
    assert len(subjects) == 5
    assert f"soundcloud:users:{FORSS}" in subjects


def test_nothing_is_asked_twice(tmp_path: Path) -> None:
    with Sandbox(users=100, seed=4) as sandbox:
        seed = next(iter(sandbox.world.users))
        run("user_graph", tmp_path, sandbox=sandbox, user=seed, depth=2)
        assert len(sandbox.stats._asked) == sandbox.stats._asked.total()
