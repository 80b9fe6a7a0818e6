"""A value that cannot be stored costs one record. If storing itself fails, the crawl stops."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.support.answers import http, user
from tests.support.crawl import Crawl, Crawls
from tests.support.points import FailAt
from tests.support.server import Server

from .pipelines import LosesPages


def listings(crawl: Crawl) -> dict[str, tuple[str, bool]]:
    """How each list of users ended, by subject. Each list has one record."""
    found = [one for one in crawl.records("listing") if one.get("endpoint") == "followings"]
    assert max(Counter(one["subject"] for one in found).values()) == 1
    return {one["subject"]: (one["ended"], one["complete"]) for one in found}


def run(crawls: Crawls, server: Server, *options: str, broken: bool = False, **arguments: Any) -> Crawl:
    given: dict[str, Any] = {"user": "1,2,3,4", "relations": "followings", **arguments}
    return crawls.run("user_graph", *options, settings=server.settings, broken=broken, **given)


@pytest.mark.parametrize("options", [(), ("-s", "JOBDIR=job")])
def test_a_key_that_utf_8_has_not(crawls: Crawls, options: tuple[str, ...]) -> None:
    def script(path: str, turn: int) -> bytes | None:
        rows = [user(5) | {"a\ud800b": 1, "badges": {"\udfff": 1}}]
        return http(200, {"collection": rows, "next_href": None}) if path == "/users/2/followings" else None

    with Server(script) as server:
        crawl = run(crawls, server, *options)

    assert crawl.code == 0
    assert set(listings(crawl).values()) == {("end", True)}
    assert len(crawl.records("edge")) == 7
    assert r"not in the schema: a\ud800b, badges.\udfff" in crawl.log


@pytest.mark.parametrize("point", ["commit.before", "log_seen.after"])
def test_an_acknowledgement_that_fails_stops_the_crawl(crawls: Crawls, point: str) -> None:
    """The crawl ends with the acknowledged pages, and a run without the fault resumes it."""
    options = ("-s", "JOBDIR=job")
    with Server() as server:
        first = run(crawls, server, *options, broken=True, inside=FailAt(point, passes=5))
        last = run(crawls, server, *options)

    assert (first.code, first.log.count("this is a bug in sc_spiders")) == (3, 1)
    assert not first.records("crawl")
    assert last.code == 0
    assert set(listings(last).values()) == {("end", True)}
    assert len(listings(last)) == 4
    assert len(last.records("edge")) == len(last.triples) == 8
    assert Counter(row["urn"] for row in last.records("user")).most_common(1)[0][1] == 1


@pytest.mark.parametrize("point", ["idle.before", "finish.before"])
def test_a_handler_that_fails_makes_no_finished_crawl(crawls: Crawls, point: str) -> None:
    """A page is lost, and the code that should notice it fails."""
    with Server() as server:
        crawl = run(crawls, server, broken=True, inside=LosesPages(FailAt(point)))

    assert crawl.code == 3
    assert "finished (exit code" not in crawl.log
    if point == "idle.before":
        assert listings(crawl)["soundcloud:users:3"] == ("interrupted", False)
        assert crawl.records("crawl")[-1]["finish_reason"] == "shutdown"
