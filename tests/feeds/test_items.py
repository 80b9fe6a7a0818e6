"""Users' item pipelines work as in any Scrapy project."""

from __future__ import annotations

import json

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls

PIPELINES = json.dumps({"tests.feeds.pipelines.OnlyTheVerified": 300})


def test_an_item_a_record_for_pipelines_of_ones_own(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run(
        "user_graph",
        *("-s", "SC_ITEMS=record", "-s", f"ITEM_PIPELINES={PIPELINES}", "--loglevel", "DEBUG"),
        sandbox=sandbox,
        user="forss",
        relations="followings",
    )

    world = sandbox.world
    people = [world.user(user) for user in (183, *world.followings(183))]
    verified = [user["username"].upper() for user in people if user["verified"]]
    assert crawl.code == 0
    assert sorted(user["username"] for user in crawl.records("user")) == sorted(verified)
    assert len(crawl.records("edge")) == len(world.followings(183))
    assert f"'records/dropped': {len(people) - len(verified)}" in crawl.log


def test_by_default_an_item_is_a_page(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run(
        "user_graph", "-s", f"ITEM_PIPELINES={PIPELINES}", sandbox=sandbox, user="forss", relations="followings"
    )

    assert crawl.code == 0
    assert len(crawl.records("user")) == len(sandbox.world.followings(183)) + 1
