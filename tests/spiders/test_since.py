"""`since` brings all new rows and no others."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.api import CATALOGUE
from sc_spiders.pages import since
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls, crawl

from .test_recorded import NAMES, answers

TODAY = datetime.now(UTC).date().isoformat()


def dated(records: list[dict[str, Any]], kind: str) -> dict[str, tuple[str, str]]:
    """Both dates of each edge, track or comment, by its identity. If it has only one date, it has it twice."""
    of_kind = [record for record in records if record["kind"] == kind]
    return {r.get("target") or str(r["id"]): (r["created_at"], r.get("display_date", r["created_at"])) for r in of_kind}


@pytest.mark.parametrize(
    ("spider", "arguments", "kind", "stops"),
    [
        ("user_graph", {"user": "forss", "relations": "likes"}, "edge", True),
        ("user", {"user": "forss", "include": "tracks"}, "track", False),
        ("user", {"user": "forss", "include": "comments"}, "comment", False),
        ("track", {"track": "forss/flickermood", "include": "comments"}, "comment", True),
        ("track_comments", {"track": "forss/flickermood", "params": "sort=newest"}, "comment", True),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_nothing_older_comes_and_nothing_newer_is_missing(
    tmp_path: Path,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
    spider: str,
    arguments: dict[str, Any],
    kind: str,
    stops: bool,
) -> None:
    caplog.set_level(logging.INFO)
    small = partial(crawl, spider, tmp_path, sandbox=sandbox, settings={"SC_PAGE_SIZE": 12}, **arguments)
    everything = small()
    dates = dated(everything.records(kind), kind)
    middle = sorted(created for created, _ in dates.values())[len(dates) * 2 // 3]
    newer = small(since=middle)

    assert newer.code == 0
    assert dated(newer.rows, kind) == {name: both for name, both in dates.items() if max(both) >= middle}
    if kind == "track":  # their owners may give them an older date
        assert [1 for created, shown in dates.values() if created >= middle > shown]
    (listing,) = newer.records("listing")
    assert (listing["ended"], listing["error"], listing["complete"]) == ("limit", f"since {middle}", False)
    (before,) = everything.records("listing")
    assert (listing["pages"] < before["pages"]) is stops
    assert " records: " in newer.log
    assert "not got" not in newer.log


def test_lists_that_end_early_do_come_with_the_newest_first(recorded: Path) -> None:
    """In all recordings, these lists are sorted by date. Users' tracks are sorted by `display_date` only."""
    falls = {"created_at": True, "display_date": True}
    seen = set()
    for answer in answers(recorded):
        name = NAMES["v2"].get(answer["endpoint"], answer["endpoint"])
        if answer["api"] != "v2" or name not in {*since.NEWEST_FIRST, "user_tracks", "user_stream"}:
            continue
        data = json.loads((recorded / answer["file"]).read_bytes())
        rows = data if isinstance(data, list) else data["collection"]
        for field in falls if name == "user_tracks" else ["created_at"]:
            dates = [row[field] for row in rows]
            if name == "user_tracks":
                falls[field] &= dates == sorted(dates, reverse=True)
            else:
                assert dates == sorted(dates, reverse=True), answer["file"]
        seen.add(name)
    assert {"user_likes", "user_stream", "user_tracks"} <= seen  # reposts are the stream without the user's own tracks
    assert falls == {"created_at": False, "display_date": True}


def test_a_track_is_new_by_either_date() -> None:
    rows = [
        {"created_at": "2025-08-27T23:56:39Z", "display_date": "2024-11-01T04:00:00Z"},
        {"created_at": "2024-10-22T23:13:50Z", "display_date": "2025-10-23T04:00:00Z"},
        {"created_at": "2024-11-01T00:53:07Z", "display_date": "2024-11-01T04:00:00Z"},
    ]
    assert since.divide(rows, "2025-01-01T00:00:00Z") == (rows[:2], rows[2:], False)


def test_where_dates_do_not_fall_nothing_ends() -> None:
    rows = [{"created_at": f"2026-0{month}-01T00:00:00Z"} for month in (5, 2, 3, 1)]
    assert since.divide(rows, "2026-02-15T00:00:00Z") == ([rows[0], rows[2]], [rows[1], rows[3]], False)
    assert since.divide([rows[0], rows[1]], "2026-02-15T00:00:00Z") == ([rows[0]], [rows[1]], True)


def test_all_bounded_lists_are_known() -> None:
    bounded = set().union(*since.DATED.values())
    assert bounded <= CATALOGUE.keys()
    assert since.NEWEST_FIRST.keys() <= since.DATED["v2"]


def test_a_list_without_dates_comes_whole_beside_one_that_is_bounded(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run(
        "track", sandbox=sandbox, track="forss/flickermood", include="profile,comments,likers", since=TODAY
    )

    ended = {record["endpoint"]: record["ended"] for record in crawl.records("listing")}
    assert ended["track_comments"] == "limit"
    assert ended["track_likers"] == "end"
    assert crawl.records("edge")
    assert not crawl.records("comment")
    (line,) = [line for line in crawl.log.splitlines() if "walked whole" in line]
    assert line.endswith("since does not apply to these lists, which are walked whole: track_likers")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"),
        ("0900-01-31", "0900-01-31T00:00:00Z"),
        (TODAY, f"{TODAY}T00:00:00Z"),
        ("last", "last"),
        ("", ""),
    ],
)
def test_dates(given: str, meant: str) -> None:
    assert since.parse(given) == meant


def test_both_apis_dates_are_compared_alike() -> None:
    rows = [
        {"created_at": "2026/02/01 00:00:00 +0000"},
        {},
        {"created_at": "2026-01-01T00:00:00Z"},
        None,
        {"created_at": "0"},
        {"created_at": 5, "display_date": []},
    ]
    new = [rows[0], {}, None, rows[4], rows[5]]
    assert since.divide(rows, "2026-02-01T00:00:00Z") == (new, [rows[2]], True)
    assert since.divide(rows, "2025-02-01T00:00:00Z") == (rows, [], False)


TO_COME = (datetime.now(UTC) + timedelta(hours=1)).isoformat()


NO_SINCE: list[tuple[str, dict[str, str], str]] = [
    ("user", {"since": "yesterday"}, "yesterday"),
    ("user", {"since": "0001-01-01T00:00:00+14:00"}, "neither a date"),
    ("user", {"since": "9999-12-31T23:59:59-05:00"}, "neither a date"),
    ("user", {"since": TO_COME}, "still to come"),
    ("user", {"include": "followers"}, "it needs v2 and include=tracks or likes or reposts or comments"),
    ("user", {}, "since has no effect on the lists that are asked for"),
    ("user_graph", {}, "it needs v2 and relations=likes or reposts"),
    ("user_graph", {"relations": "likes", "SC_API": "public"}, "it needs v2 and relations=likes or reposts"),
    ("user", {"include": "likes", "SC_API": "public"}, "it needs public and include=tracks"),
    ("track_comments", {"sort": "oldest"}, "newest first: leave sort=oldest out"),
    ("track_comments", {"threaded": "1"}, "newest first: leave threaded=1 out"),
    ("track_comments", {"SC_API": "public"}, "it needs v2"),
    ("track", {"include": "comments", "params": "sort=oldest"}, "newest first: leave sort=oldest out"),
    ("track", {}, "it needs v2 and include=comments"),
    ("track", {"include": "profile,likers,related", "since": "last"}, "it needs v2 and include=comments"),
    ("track", {"include": "comments", "SC_API": "public"}, "it needs v2 and include=comments"),
]
"""For each refused crawl: the spider, its arguments and settings, and words of the error line."""


def test_what_cannot_be_is_refused(crawls: Crawls) -> None:
    commands = []
    for spider, words, _ in NO_SINCE:
        settings = {name: value for name, value in words.items() if name.startswith("SC_")}
        subject = {"track" if spider.startswith("track") else "user": "1"}
        given = {"since": "2026-01-01", **subject, **words}
        pairs = [word for name, value in given.items() if name not in settings for word in ("-a", f"{name}={value}")]
        commands.append([*(f"{name}={value}" for name, value in settings.items()), "crawl", spider, *pairs])

    for (spider, words, named), refused in zip(NO_SINCE, crawls.one_by_one(commands), strict=True):
        assert (refused.code, len(refused.log.splitlines())) == (2, 1), (spider, words, refused.log)
        assert named in refused.log, (spider, words)
