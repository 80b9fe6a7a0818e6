"""Crawls of a world that changes, read together: what is left is the world as the last crawl found it."""

from __future__ import annotations

from typing import Any

from sc_spiders import read
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls
from tests.support.patience import wait_for_next_second

WORDS: dict[str, Any] = {
    "user": "forss",
    "include": "profile,followings,followers,likes,reposts,tracks,albums,playlists,comments",
}


def test_what_is_left_is_what_the_last_crawl_found(crawls: Crawls) -> None:
    with Sandbox(users=150, date="2026-01-01") as sandbox:
        first = crawls.run("user", settings=sandbox.urls, **WORDS)
        sandbox.go_to("2026-07-01")
        wait_for_next_second()
        second = crawls.run("user", settings=sandbox.urls, **WORDS)
    assert (first.code, second.code) == (0, 0)

    with read(first.folder, second.folder) as data:
        edges = set(data["edge"].project("relation, source, target").fetchall())
        found = {kind: {row["urn"] for row in data.records(kind)} for kind in ("comment", "user")}
        (forss,) = [row for row in data.records("user") if row["permalink"] == "forss"]

    before, now = (
        {(row["relation"], row["source"], row["target"]) for row in one.records("edge")} for one in (first, second)
    )
    assert edges == now
    assert {relation for relation, _, _ in before - now} >= {"follows", "likes"}
    assert found["comment"] == {row["urn"] for row in second.records("comment")}
    assert found["user"] == {row["urn"] for one in (first, second) for row in one.records("user")}
    assert forss == next(row for row in second.records("user") if row["permalink"] == "forss")
