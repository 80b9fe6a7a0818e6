"""Users' pipelines and exporters drop, fail and change records: the crawl still ends, and reports what is missing."""

from __future__ import annotations

import json

import pytest

from tests.support.crawl import Crawl, Crawls
from tests.support.points import FailAt
from tests.support.server import Server

from .pipelines import FaultyHooks, LosesPages, is_of_user_2

EXPORTERS = "sc_spiders.feeds.formats.JsonLinesPageExporter"


def run(crawls: Crawls, *options: str, broken: bool = True, inside: FailAt | FaultyHooks | None = None) -> Crawl:
    with Server() as server:
        return crawls.run(
            *("user_graph", *options),
            settings=server.settings,
            broken=broken,
            inside=inside,
            user="1,2,3,4",
            relations="followings",
        )


def test_a_pipeline_that_drops_fails_and_changes_records(crawls: Crawls) -> None:
    crawl = run(crawls, "-s", 'ITEM_PIPELINES={"tests.faults.pipelines.Faulty": 1}')

    assert crawl.code == 1
    ends = {one["subject"]: (one["ended"], one["error"]) for one in crawl.records("listing")}
    assert ends.pop("soundcloud:users:2") == ("error", "pipeline")
    assert set(ends.values()) == {("end", None)}
    assert len(ends) == 3
    edges = crawl.records("edge")
    assert {edge.get("source") for edge in edges} == {None, "soundcloud:users:4"}
    assert [edge for edge in edges if "source" not in edge] == [{"something": "else"}] * 2
    assert "followings of user-2: error (pipeline)" in crawl.log


def test_a_lost_page_keeps_nothing_waiting(crawls: Crawls) -> None:
    """It delays neither the users who are walked after it nor a user who is walked alone."""
    with Server() as server:
        crawl = crawls.run(
            "user_graph",
            settings=server.settings,
            broken=True,
            inside=LosesPages(),
            user="3,4",
            depth=2,
            relations="followings",
        )

    assert crawl.code == 1
    ends = {one["subject"]: (one["ended"], one["error"]) for one in crawl.records("listing")}
    assert ends.pop("soundcloud:users:3") == ("error", "internal")
    assert set(ends.values()) == {("end", None)}
    assert len(ends) == 3


def test_a_fault_of_ours_ends_the_listing_even_where_ending_it_fails(crawls: Crawls) -> None:
    crawl = run(crawls, inside=FaultyHooks())

    assert crawl.code == 1
    ends = {one["subject"]: (one["ended"], one["error"]) for one in crawl.records("listing")}
    assert ends.pop("soundcloud:users:1") == ("error", "internal")
    assert set(ends.values()) == {("end", None)}
    assert len(ends) == 3


@pytest.mark.parametrize(
    "fails",
    [
        FailAt("hand_out.before", where=is_of_user_2),
        FailAt("save.before", where=is_of_user_2),
        FailAt("idle.before"),
    ],
    ids=["handing out", "storing an attempt", "idle"],
)
def test_a_fault_of_ours_ends_the_crawl_where_it_cannot_go_on(crawls: Crawls, fails: FailAt) -> None:
    crawl = run(crawls, "-s", "JOBDIR=job", inside=fails)
    assert crawl.code == 3
    assert "this is a bug in sc_spiders" in crawl.log

    again = run(crawls, "-s", "JOBDIR=job", broken=False)
    assert again.code == 0
    assert len(again.records("listing")) == 4


def test_an_exporter_that_fails(crawls: Crawls) -> None:
    exporter = 'FEED_EXPORTERS={"jsonlines": "tests.faults.pipelines.FaultyExporter"}'
    crawl = run(crawls, "-s", exporter, "-o", "all.jsonl:jsonlines", "-s", "JOBDIR=job")

    assert crawl.code == 1
    lines = [json.loads(line) for line in (crawls.folder / "all.jsonl").read_text().splitlines()]
    assert not [line for line in lines if line["kind"] == "edge" and line["source"] == "soundcloud:users:1"]
    assert len([line for line in lines if line["kind"] == "edge"]) == 6
    assert "followings of user-1: error (exporter)" in crawl.log


def test_an_exporter_that_always_fails(crawls: Crawls) -> None:
    exporter = 'FEED_EXPORTERS={"jsonlines": "tests.faults.pipelines.DeadExporter"}'
    crawl = run(crawls, "-s", exporter, "-o", "all.jsonl:jsonlines")

    assert crawl.code == 1
    (line,) = (crawls.folder / "all.jsonl").read_text().splitlines()
    assert json.loads(line)["finish_reason"] == "incomplete"
