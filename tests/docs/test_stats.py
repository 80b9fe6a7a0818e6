"""docs/stats.md names the stats that crawls have, and no others."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request

from sc_spiders.sandbox import Sandbox
from sc_spiders.spiders.user import UserSpider
from tests.apply.applying import Applier
from tests.support.answers import http, page, user
from tests.support.crawl import ROOT, calling, crawl
from tests.support.server import Server

TOLD = re.findall(r"^\| `([^`]+)`", (ROOT / "docs" / "stats.md").read_text(encoding="utf-8"), re.MULTILINE)
# Their names, or how they begin.
SCRAPYS = (
    "downloader/",
    "elapsed_time_seconds",
    "feedexport/",
    "finish_time",
    "httpcompression/",
    "item_",
    "log_count/",
    "memusage/",
    "response_received_count",
    "start_time",
)


class StraySpider(UserSpider):
    name = "stray"

    async def start(self) -> AsyncIterator[Request]:
        yield Request("http://elsewhere.invalid/")


def test_the_page_names_the_stats_of_crawls(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)  # a dry run logs its digest
    monkeypatch.chdir(tmp_path)
    crawls = (_refused(tmp_path), _odd(tmp_path), _stray(tmp_path), _applied(tmp_path), _known(tmp_path))
    found = {name for stats in crawls for name in stats}
    ours = {name for name in found if not name.startswith(SCRAPYS)}

    assert {name for name in ours if not any(_is_named(name, told) for told in TOLD)} == set()
    assert {told for told in TOLD if not any(_is_named(name, told) for name in ours)} == set()


def _is_named(stat: str, told: str) -> bool:
    """Whether this is the stat that the page names; variable parts are written as <name> there."""
    return re.fullmatch(re.sub(r"<\w+>", "[^/]+", told), stat) is not None


def _refused(folder: Path) -> dict[str, Any]:
    """The stats of a crawl with an expired credential, a failure, and records that a pipeline drops."""
    settings = {"ITEM_PIPELINES": {"tests.feeds.pipelines.OnlyTheVerified": 300}}
    with Sandbox(users=60, faults="401@/users/*#1,404@/users/*/followers#1+") as sandbox:
        return crawl("user_graph", folder, sandbox=sandbox, settings=settings, warned=True, user=183).stats


def _odd(folder: Path) -> dict[str, Any]:
    """The stats of a crawl that meets a field that no schema has, missing fields, and one with a wrong type."""
    answers = {
        # With likes_count it is a whole user. Fields of others are not missed.
        "/users/1": http(200, user(1, likes_count=1, horoscope="virgo")),
        "/users/1/followers": page(user(2, followers_count={})),
    }
    with Server(lambda path, turn: answers.get(path)) as server:
        return crawl("user_graph", folder, settings=server.settings, user=1).stats


def _stray(folder: Path) -> dict[str, Any]:
    """The stats of a crawl with a request of its own to a host that the settings do not name."""
    with Sandbox(users=60) as sandbox:
        return crawl(StraySpider, folder, sandbox=sandbox, broken=True, user=183).stats


def _applied(folder: Path) -> dict[str, Any]:
    """The stats of a crawl that changes an account."""
    with Sandbox(users=60) as sandbox:
        one = Applier(sandbox, folder)
        return one.both({"do": "unlike", "target": sandbox.account()["likes"][0]}).stats


def _known(folder: Path) -> dict[str, Any]:
    """The stats of a crawl that knows its seed from an earlier one."""
    with Sandbox(users=60) as sandbox:
        asyncio.run(calling("user", folder, sandbox=sandbox, user="183"))
        return crawl("user", folder, sandbox=sandbox, settings={"SC_MAX_AGE": "1d"}, user=183).stats
