"""A CSV file holds one kind of record: the kind that the crawl is about, unless the user chooses another."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.feeds.kinds import choose_kinds, main_kind
from sc_spiders.records import FIELDS
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls, crawl, crawler_of

KINDS: list[tuple[str, dict[str, str], str]] = [
    ("user_graph", {"user": "1", "relations": "likes"}, "edge"),
    ("user", {"user": "1"}, "user"),
    ("user", {"user": "1", "include": "profile,tracks"}, "track"),
    ("user", {"user": "1", "include": "comments,followers"}, "comment"),
    ("user", {"user": "1", "include": "followers,comments"}, "user"),
    ("user", {"user": "1", "include": "web_profiles"}, "web_profile"),
    ("track", {"track": "1"}, "track"),
    ("track", {"track": "1", "include": "likers"}, "user"),
    ("track_comments", {"track": "1"}, "comment"),
    ("playlist", {"playlist": "1"}, "track"),
    ("playlist", {"playlist": "1", "include": "profile"}, "playlist"),
    ("search", {"q": "cat"}, "track"),
    ("search", {"q": "cat", "type": "users"}, "user"),
    ("search", {"q": "cat", "type": "albums"}, "playlist"),
    ("charts", {}, "track"),
    ("discover", {}, "selection"),
    ("featured", {}, "track"),
    ("tag", {"tag": "house"}, "track"),
    ("me", {"include": "conversations"}, "conversation"),
    ("resolve", {"url": "https://soundcloud.com/forss"}, ""),
    ("resource", {"path": "/users/1"}, ""),
]


@pytest.mark.quick
@pytest.mark.parametrize(("name", "given", "kind"), KINDS, ids=[f"{one[0]} {one[1]}" for one in KINDS])
def test_each_crawl_is_about_one_kind(name: str, given: dict[str, str], kind: str) -> None:
    crawler = crawler_of(name)
    spider = crawler.spidercls.from_crawler(crawler, **given)
    assert isinstance(spider, ApiSpider)
    assert main_kind(spider) == kind


@pytest.mark.quick
def test_only_kinds_that_the_crawl_brings_are_named(caplog: pytest.LogCaptureFixture) -> None:
    crawler = crawler_of("user_graph")
    spider = crawler.spidercls.from_crawler(crawler, user="1", relations="likes")
    assert isinstance(spider, ApiSpider)
    with caplog.at_level("INFO"):
        choose_kinds({"x.jsonl": {"format": "jsonlines", "fields": ["urn", "title"], "kinds": tuple(FIELDS)}}, spider)
    (line,) = caplog.messages
    assert line == "x.jsonl: `fields` has no field of crawl, edge, listing, so these are not written."


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("settings", "kind"),
    [({}, "edge"), ({"SC_KINDS": "user,edge"}, "edge"), ({"SC_KINDS": "listing,user"}, "listing")],
    ids=str,
)
def test_a_csv_of_several_kinds_gets_that_one(
    tmp_path: Path, sandbox: Sandbox, settings: dict[str, Any], kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    out = tmp_path / "x.csv"
    whole = tmp_path / "whole.jsonl"
    feeds = {str(out): {"format": "csv"}, str(whole): {"format": "jsonlines"}}
    with caplog.at_level("INFO"):
        found = crawl(
            "user_graph",
            tmp_path,
            sandbox=sandbox,
            settings={"FEEDS": feeds, **settings},
            user="forss",
            relations="followings",
        )

    assert found.code == 0
    written = rows(out)
    assert {row["kind"] for row in written} == {kind}
    assert len(written) == len(found.records(kind)) > 0
    (line,) = [record.getMessage() for record in caplog.records if "a CSV file holds one kind" in record.getMessage()]
    assert line.startswith(f"{out}: ")
    assert f"this one gets {kind}. Left out: " in line
    assert "SC_FORMAT=csv" in line


def test_it_is_said_before_the_first_request_and_continued_by_the_same_command(
    crawls: Crawls, sandbox: Sandbox
) -> None:
    command = ("user", "-o", "x.csv", "-s", "JOBDIR=job")
    first = crawls.run(*command, "-s", "CLOSESPIDER_PAGECOUNT=2", sandbox=sandbox, user="forss", include="followers")
    second = crawls.run(*command, sandbox=sandbox, user="forss", include="followers")

    assert (first.code, second.code) == (3, 0)
    for run in (first, second):
        assert "x.csv: a CSV file holds one kind of record, and this one gets user. Left out: crawl, edge" in run.log
    assert {row["kind"] for row in rows(crawls.folder / "x.csv")} == {"user"}
    assert len(rows(crawls.folder / "x.csv")) == len(sandbox.world.followers(183))


def test_booleans_are_those_of_other_tools(tmp_path: Path, sandbox: Sandbox) -> None:
    by_page, by_item = tmp_path / "page.csv", tmp_path / "item.csv"
    feeds = {str(by_page): {"format": "csv"}, str(by_item): {"format": "csv", "encoding": "utf-8-sig"}}
    settings = {"FEEDS": feeds, "SC_KINDS": "user"}
    found = crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="forss", include="followings")

    assert found.code == 0
    for path in (by_page, by_item):
        cells = {cell for row in rows(path) for cell in row.values()}
        assert {"true", "false"} <= cells
        assert cells.isdisjoint({"True", "False"})


def test_other_columns_in_the_file_are_refused_before_the_first_request(crawls: Crawls, sandbox: Sandbox) -> None:
    (crawls.folder / "x.csv").write_text("kind,urn\r\n")
    found = crawls.run("user_graph", "-o", "x.csv", sandbox=sandbox, user="forss")

    assert found.code == 2
    assert "x.csv: has no columns for fetched_at, api, relation" in found.errors[0]
    assert (crawls.folder / "x.csv").read_text() == "kind,urn\n"


def test_columns_saved_by_excel_and_two_of_one_name(tmp_path: Path, sandbox: Sandbox) -> None:
    for more, code, lines in (("", 0, 2), (",id", 2, 1)):
        (tmp_path / "x.csv").write_text(f"{','.join(FIELDS['user'])}{more}\n", "utf-8-sig")
        settings = {"FEEDS": {str(tmp_path / "x.csv"): {"format": "csv"}}, "SC_KINDS": "user"}
        found = crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="forss")
        assert (found.code, len((tmp_path / "x.csv").read_text().splitlines())) == (code, lines)
