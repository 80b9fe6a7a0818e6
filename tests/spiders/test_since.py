"""A data set is kept up to date: `since` stops at what is older, `since=last` at when the last crawl began."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from sc_spiders import since
from sc_spiders.sandbox import Sandbox

from ..crawling import Crawl, Crawls

SMALL = ("-s", "SC_PAGE_SIZE=20")


def dated(crawl: Crawl, kind: str) -> dict[str, str]:
    """Date of each edge, or of each track or comment, by what it is."""
    return {record.get("target") or str(record["id"]): record["created_at"] for record in crawl.records(kind)}


@pytest.mark.parametrize(
    ("spider", "arguments", "kind"),
    [
        ("user_graph", {"user": "forss", "relations": "likes"}, "edge"),
        ("user", {"user": "forss", "include": "tracks"}, "track"),
        ("user", {"user": "forss", "include": "comments"}, "comment"),
        ("track", {"track": "forss/flickermood", "include": "comments"}, "comment"),
        ("track_comments", {"track": "forss/flickermood"}, "comment"),
    ],
    ids=lambda value: value if isinstance(value, str) else "".join(list(value.values())[1:]),
)
def test_nothing_older_comes_and_nothing_newer_is_missing(
    crawls: Crawls, sandbox: Sandbox, spider: str, arguments: dict[str, Any], kind: str
) -> None:
    everything = crawls.run(spider, *SMALL, sandbox=sandbox, **arguments)
    dates = dated(everything, kind)
    middle = sorted(dates.values())[len(dates) // 2]
    asked = sum(sandbox.stats.statuses.values())
    crawl = crawls.run(spider, *SMALL, "-O", "new.jsonl", sandbox=sandbox, since=middle, **arguments)
    asked = sum(sandbox.stats.statuses.values()) - asked

    assert crawl.code == 0
    records = [json.loads(line) for line in (crawls.folder / "new.jsonl").read_text(encoding="utf-8").splitlines()]
    new = {r.get("target") or str(r["id"]): r["created_at"] for r in records if r["kind"] == kind}
    assert new == {name: date for name, date in dates.items() if date >= middle}
    (listing,) = [record for record in records if record["kind"] == "listing"]
    assert (listing["ended"], listing["complete"]) == ("limit", False)
    (before,) = everything.records("listing")
    assert listing["pages"] <= before["pages"]
    assert "not got" not in crawl.log


@pytest.mark.parametrize(
    ("spider", "arguments", "kind"),
    [
        ("user_graph", {"user": "forss", "relations": "likes"}, "edge"),
        ("track", {"track": "forss/flickermood", "include": "comments"}, "comment"),
    ],
    ids=["user_graph", "track"],
)
def test_since_the_last_crawl(
    crawls: Crawls, sandbox: Sandbox, spider: str, arguments: dict[str, Any], kind: str
) -> None:
    first = crawls.run(spider, sandbox=sandbox, since="last", **arguments)
    time.sleep(1)  # crawls that begin within a second cannot be told apart
    second = crawls.run(spider, "-O", "second.jsonl", sandbox=sandbox, since="last", **arguments)

    assert "there is no earlier crawl" in first.log
    assert first.records(kind)
    assert f"newer than {first.last['started_at']}" in second.log
    kinds = [json.loads(line)["kind"] for line in (crawls.folder / "second.jsonl").read_text().splitlines()]
    assert kind not in kinds


def test_a_list_without_dates_comes_whole_beside_one_that_is_bounded(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run(
        "track", sandbox=sandbox, track="forss/flickermood", include="comments,likers", since="2100-01-01"
    )

    ended = {record["endpoint"]: record["ended"] for record in crawl.records("listing")}
    assert ended["track_comments"] == "limit"
    assert ended["track_likers"] == "end"
    assert crawl.records("edge")
    assert not crawl.records("comment")


def test_which_crawl_was_the_last(tmp_path: Path) -> None:
    now = {"spider": "user", "api": "v2", "arguments": {"user": "1", "include": "tracks", "since": "last"}}
    earlier = [
        ("2026-01-01T00:00:00Z", "finished", {"user": "1", "include": "tracks"}),
        ("2026-02-01T00:00:00Z", "incomplete", {"user": "1", "include": "tracks", "since": "last"}),
        ("2026-03-01T00:00:00Z", "shutdown", {"user": "1", "include": "tracks"}),
        ("2026-03-02T00:00:00Z", "finished", {"user": "2", "include": "tracks"}),
        ("2026-03-03T00:00:00Z", "finished", {"user": "1", "include": "likes"}),
        ("2026-05-01T00:00:00Z", "finished", {"user": "1", "include": "tracks"}),
    ]
    for at, reason, arguments in earlier:
        folder = tmp_path / "user" / at
        folder.mkdir(parents=True)
        record = {"spider": "user", "api": "v2", "arguments": arguments, "started_at": at, "finish_reason": reason}
        (folder / "crawl.jsonl").write_text(json.dumps(record) + '\n{"spider": "us')

    assert since.last(tmp_path, now, "2026-04-01T00:00:00Z") == "2026-02-01T00:00:00Z"
    assert since.last(tmp_path, {**now, "api": "public"}, "2026-04-01T00:00:00Z") == ""


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"),
        ("last", "last"),
        ("", ""),
    ],
)
def test_dates(given: str, meant: str) -> None:
    assert since.parse(given) == meant


def test_both_apis_dates_are_compared_alike() -> None:
    rows = [{"created_at": "2026/02/01 00:00:00 +0000"}, {}, {"created_at": "2026-01-01T00:00:00Z"}, None]
    assert since.newer(rows, "2026-02-01T00:00:00Z") == ([rows[0], {}, None], True)
    assert since.newer(rows, "2025-02-01T00:00:00Z") == (rows, False)


@pytest.mark.parametrize(
    ("spider", "words", "named"),
    [
        ("user", {"user": "forss", "since": "yesterday"}, "yesterday"),
        ("track_comments", {"track": "1", "since": "2026-01-01", "sort": "oldest"}, "newest first"),
        ("track", {"track": "1", "since": "2026-01-01"}, "include=comments"),
        ("track", {"track": "1", "since": "last", "include": "profile,likers,related"}, "include=comments"),
    ],
)
def test_what_cannot_be_is_refused(crawls: Crawls, spider: str, words: dict[str, Any], named: str) -> None:
    crawl = crawls.run(spider, **words)

    assert crawl.code == 2
    assert named in crawl.log


def test_the_public_api_has_no_order_to_go_by(crawls: Crawls) -> None:
    crawl = crawls.run("track", settings={"SC_API": "public"}, track="1", include="comments", since="2026-01-01")

    assert crawl.code == 2
    assert "it needs v2" in crawl.log
