"""`nodes=ids`: followings are read as ids, with the same edges."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, crawl

FORSS = 183
IDS = "/users/*/followings/ids"
OTHERS = f"403json@{IDS}"


def walk(sandbox: Sandbox, folder: Path, *, relations: str = "followings", **settings: Any) -> Crawl:
    settings = {"SC_OAUTH_TOKEN": sandbox.oauth_token, "SC_PAGE_SIZE": 20, **settings}
    return crawl(
        "user_graph", folder, sandbox=sandbox, settings=settings,
        user=str(FORSS), depth="2", relations=relations, nodes="ids",
    )  # fmt: skip


def endpoints(found: Crawl) -> set[str]:
    return {listing["endpoint"] for listing in found.records("listing")}


@pytest.mark.parametrize("relations", ["followings", "followings,followers"])
def test_the_graph_is_the_same_as_with_profiles(tmp_path: Path, relations: str) -> None:
    with Sandbox(users=100, seed=5) as sandbox:
        found = walk(sandbox, tmp_path, relations=relations)
        _, edges = sandbox.world.graph([FORSS], 2, relations.split(","))

    assert found.code == 0
    assert found.triples == edges
    assert len(found.records("edge")) == len(edges)
    assert all(listing["complete"] for listing in found.records("listing"))
    assert not found.records("rejected")


def test_users_that_are_met_only_as_ids_have_no_record(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with Sandbox(users=100, seed=5) as sandbox:
        found = walk(sandbox, tmp_path)

    assert endpoints(found) == {"following_ids"}
    assert found.urns("user") == {f"soundcloud:users:{FORSS}"}
    assert "users who are met only as ids have no record; sc-spiders hydrate brings them" in found.log


def test_a_page_has_five_thousand(tmp_path: Path) -> None:
    with Sandbox(users=500, seed=5) as sandbox:
        found = walk(sandbox, tmp_path, SC_PAGE_SIZE=0)
        asked = [one for one in sandbox.stats._asked if "/followings/ids" in str(one)]
        lists = {user: len(sandbox.world.followings(user)) for user in (FORSS, *sandbox.world.followings(FORSS))}

    assert max(lists.values()) > 200
    assert len(asked) == len(found.records("listing")) == len(lists)  # one page each


@pytest.mark.parametrize("strategy", ["bfs", "random_walk"])
def test_where_the_ids_of_others_are_refused_their_profiles_are_read(
    tmp_path: Path, strategy: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    more = {} if strategy == "bfs" else {"strategy": strategy, "max_users": "20"}
    with Sandbox(users=100, seed=5, faults=f"403json@{IDS}#1+") as sandbox:
        settings = {"SC_OAUTH_TOKEN": sandbox.oauth_token, "SC_PAGE_SIZE": 20}
        words = {"user": str(FORSS), "relations": "followings", **more}
        if strategy == "bfs":
            words["depth"] = "2"
        found = crawl("user_graph", tmp_path / "ids", sandbox=sandbox, settings=settings, **words, nodes="ids")
        with_profiles = crawl("user_graph", tmp_path / "profiles", sandbox=sandbox, settings=settings, **words)

    assert found.code == with_profiles.code == 0
    assert found.triples == with_profiles.triples
    assert endpoints(found) == {"followings"}
    assert "the API refuses ids of other users: their profiles are read instead" in found.log


@pytest.mark.parametrize(
    ("words", "settings", "says"),
    [
        ({"relations": "followers"}, {}, "nodes=ids is for relations=followings; the API gives no ids of others"),
        ({}, {"SC_API": "public"}, "the public API gives no ids; leave nodes=ids out, or use SC_API=v2"),
        ({}, {"SC_OAUTH_TOKEN": ""}, "what is asked for needs a user's token: set SC_OAUTH_TOKEN"),
    ],
)
def test_what_cannot_be_had_is_refused(
    sandbox: Sandbox, tmp_path: Path, words: dict[str, str], settings: dict[str, str], says: str
) -> None:
    given = {"SC_OAUTH_TOKEN": sandbox.oauth_token, **settings}
    words = {"user": "1", "relations": "followings", "nodes": "ids", **words}
    found = crawl("user_graph", tmp_path, sandbox=sandbox, settings=given, **words)

    assert found.code == 2
    assert says in found.log
