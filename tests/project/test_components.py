"""Components of one's own come beside ours; a crawl without one that it needs is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.spiders.user import UserSpider
from tests.project import parts
from tests.support.crawl import Crawls, crawl
from tests.support.server import Server

PARTS = "tests.project.parts."
OURS = "sc_spiders."

# Settings without a component that a crawl needs, and the component that the line names.
MISSING: dict[str, tuple[dict[str, Any], str]] = {
    "retries": (
        {"DOWNLOADER_MIDDLEWARES": {OURS + "downloader.retry.RetryMiddleware": None}},
        "RetryMiddleware off, but it decides what follows a bad answer",
    ),
    "credentials": (
        {"DOWNLOADER_MIDDLEWARES": {OURS + "downloader.auth.CredentialsMiddleware": None}},
        "CredentialsMiddleware off, but it gets the credentials",
    ),
    "a handler": ({"DOWNLOAD_HANDLERS": {"https": PARTS + "OwnHandler"}}, "https has another component than"),
    "no handler": ({"DOWNLOAD_HANDLERS": {"http": None}}, "http has another component than"),
    "feeds": (
        {"EXTENSIONS": {OURS + "feeds.exporter.PageFeedExporter": None}},
        "PageFeedExporter off, but it writes the output",
    ),
    "the end": ({"EXTENSIONS": {OURS + "extensions.summary.Summary": None}}, "Summary off, but it decides how"),
    "how it ended": ({"EXTENSIONS": {"scrapy.extensions.corestats.CoreStats": None}}, "CoreStats off, but the"),
    "a scheduler": ({"SCHEDULER": "scrapy.core.scheduler.Scheduler"}, "SCHEDULER is another than"),
    "no scheduler": ({"SCHEDULER": "nowhere.Scheduler"}, "SCHEDULER is another than"),
    "not there": ({"EXTENSIONS": {PARTS + "Missing": 1}}, "EXTENSIONS: a component cannot be loaded"),
    "no statistics": ({"STATS_CLASS": "scrapy.statscollectors.DummyStatsCollector"}, "STATS_CLASS"),
}  # fmt: skip


def test_a_crawl_without_what_it_needs_is_refused(crawls: Crawls) -> None:
    command = ("crawl", "user_graph", "-a", "user=1", "-s", "JOBDIR=job")
    commands = [
        [*command, *(word for name, value in given.items() for word in ("-s", f"{name}={_text(value)}"))]
        for given, _ in MISSING.values()
    ]
    with Server() as server:
        refused = crawls.one_by_one(commands, **server.settings)
        assert not server.asked
        crawl = crawls.run("user_graph", "-s", "JOBDIR=job", settings=server.settings, user="1")

    for (name, (_, says)), found in zip(MISSING.items(), refused, strict=True):
        assert (found.code, len(found.log.splitlines())) == (2, 1), f"{name}\n{found.log}"
        assert says in found.log, name
    assert crawl.code == 0, crawl.log  # in the same job


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize("option", ["FORCE_CRAWLER_PROCESS=1", "TWISTED_REACTOR_ENABLED=0"])
def test_a_crawl_works_with_each_of_scrapys_processes(crawls: Crawls, option: str) -> None:
    with Server() as server:
        crawl = crawls.run("user_graph", "-s", option, settings=server.settings, user="1", warned=True)

    assert crawl.code == 0
    assert len(crawl.triples) == 4


# Settings with components of one's own.
BESIDE: dict[str, dict[str, Any]] = {
    "in text": {"DOWNLOADER_MIDDLEWARES": json.dumps({PARTS + "Counting": 100})},
    "a class": {"DOWNLOADER_MIDDLEWARES": {parts.Counting: 100}},
    "extensions": {"EXTENSIONS": {PARTS + "Nothing": 1}},
    "spider middlewares": {"SPIDER_MIDDLEWARES": {PARTS + "Nothing": 1}},
    "a subclass of ours": {
        "DOWNLOADER_MIDDLEWARES": {OURS + "downloader.retry.RetryMiddleware": None, PARTS + "OwnRetry": 540}
    },
    "a scheduler like ours": {"SCHEDULER": PARTS + "OwnScheduler"},
    "a handler": {"DOWNLOAD_HANDLERS": {"demo": PARTS + "OwnHandler"}},
    "another add-on": {"ADDONS": {PARTS + "Nothing": 1}},
    "without our add-on": {"ADDONS": {OURS + "Addon": None}},
    "another place": {"DOWNLOADER_MIDDLEWARES": {OURS + "downloader.auth.CredentialsMiddleware": 561}},
}


@pytest.mark.parametrize("case", BESIDE)
@pytest.mark.parametrize("how", ["on the command line", "by the spider"])
def test_components_of_ones_own_come_beside_ours(tmp_path: Path, case: str, how: str) -> None:
    given = BESIDE[case]
    spider: Any = "user"
    if how == "by the spider":
        spider = type("Own", (UserSpider,), {"name": "own", "custom_settings": given})
        given = {}
    parts.Counting.counted.clear()
    with Server() as server:
        outcome = crawl(spider, tmp_path, settings={**server.settings, **given}, user="1", include="profile,followers")

    assert outcome.code == 0
    assert len(outcome.edges("follows")) == 2
    assert bool(parts.Counting.counted) == ("Counting" in str(BESIDE[case]))
