"""The CrawlSpec that a spider gives to the frontier."""

from __future__ import annotations

from typing import Any

import pytest

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.context import context
from sc_spiders.errors import ArgumentError
from sc_spiders.frontier.base import CrawlSpec
from sc_spiders.spiders.track import TrackSpider
from sc_spiders.spiders.user_graph import UserGraphSpider
from tests.support.crawl import crawler_of

pytestmark = pytest.mark.quick


def made(spider: type[ApiSpider], **arguments: str) -> ApiSpider:
    return spider.from_crawler(crawler_of(spider), **arguments)


def spec(**arguments: str) -> CrawlSpec:
    return made(UserGraphSpider, user="183,184", **arguments).crawl_spec()


def test_breadth_first_waits_for_all_levels_but_the_last() -> None:
    found = spec(depth="3", max_users="7")
    assert (found.unordered_from, found.sequential, found.limit) == (2, False, 7)


@pytest.mark.parametrize("strategy", ["random_walk", "forest_fire"])
def test_a_sample_walks_one_list_at_a_time(strategy: str) -> None:
    found = spec(strategy=strategy, max_users="5")
    assert found.sequential
    assert found.unordered_from > 10**6
    assert "depth" not in found.identity["arguments"]
    assert found.identity["arguments"]["max_users"] == "5"


def test_the_fingerprint_is_of_the_seeds_too() -> None:
    assert [seed.seed for seed in spec().seeds] == ["183", "184"]
    other = made(UserGraphSpider, user="183").crawl_spec()
    assert spec().fingerprint == spec().fingerprint
    assert {name for name, value in spec().fingerprint.items() if other.fingerprint[name] != value} == {"seeds"}


def test_edges_that_are_walked_from_both_ends_are_told() -> None:
    assert spec().bidirectional
    assert not spec(relations="followers").bidirectional
    assert not made(TrackSpider, track="1", include="likers").crawl_spec().bidirectional


def test_a_problem_of_the_settings_refuses_the_crawl() -> None:
    spider = made(UserGraphSpider, user="183")
    context(spider.crawler).problems += ["SC_RATE is wrong", "and so is another"]
    with pytest.raises(ArgumentError, match=r"\ASC_RATE is wrong\Z"):
        spider.crawl_spec()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"user": "0"}, "user_graph: user=0: not a valid id"),
        ({"user": "a b"}, "user_graph: user=a b: names no user; give an id, URN, permalink"),
        ({"user": "1", "depth": "x" * 500}, f"user_graph: depth={'x' * 200}…: not a whole number from 1"),
        ({"user": "1", "relations": "a\nb"}, "user_graph: relations=a\\nb: unknown; it takes followings"),
        ({"user": "1", "p": "1"}, "user_graph: p=1: not a number from 0 to below 1"),
        ({"user": "1", "seed": "2"}, "user_graph: strategy=bfs takes no seed"),
    ],
)
def test_a_refusal_names_the_argument_and_its_value(arguments: dict[str, Any], line: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        made(UserGraphSpider, **arguments).crawl_spec()
    assert str(refused.value).startswith(line)
