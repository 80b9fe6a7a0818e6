"""Each of Scrapy's settings does to our spiders what docs/scrapy.md says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from scrapy.settings import default_settings

from docs._ext.scrapy_behaviour import BEHAVIOURS, Behaviour
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, crawl

# Another reactor needs a process of its own: a command of docs/refused.md has one.
TRIED = [one for one in BEHAVIOURS if one.tried and one.names != ("TWISTED_REACTOR",)]
# What a setting that works shows, if it does not leave the crawl as it is.
SHOWN: dict[str, Callable[[Crawl], bool]] = {
    "CLOSESPIDER_*": lambda outcome: outcome.code == 3,
    "MEMUSAGE_*": lambda outcome: outcome.code == 3,
    "COMPRESSION_ENABLED": lambda outcome: outcome.code == 0 and "httpcompression/response_count" not in outcome.stats,
    "DOWNLOAD_DELAY": lambda outcome: outcome.code == 0 and outcome.stats["elapsed_time_seconds"] > 0.3,
    "USER_AGENT": lambda outcome: outcome.code == 0 and outcome.stats["downloader/request_bytes"] > 3000,
    "DOWNLOAD_TIMEOUT": lambda outcome: outcome.records("listing")[0]["error"] == "too_large",
}


def test_each_setting_of_scrapy_is_told_once() -> None:
    for name in default_settings.__all__:
        if not name.startswith("FEED"):
            assert [one.is_of(name) for one in BEHAVIOURS].count(True) == 1, name


def content(outcome: Crawl) -> list[tuple[object, ...]]:
    """What is the same in each crawl of this world: of each record its kind, names and ending."""
    return sorted(
        (row["kind"], row.get("urn"), row.get("relation"), row.get("source"), row.get("target"), row.get("ended"))
        for row in outcome.rows
    )  # fmt: skip


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Crawl:
    return crawl("user", tmp_path_factory.mktemp("usual"), sandbox=sandbox, user="forss", include="profile,tracks")


@pytest.mark.parametrize("behaviour", TRIED, ids=lambda one: one.names[0])
def test_each_does_what_is_told(
    tmp_path: Path,
    sandbox: Sandbox,
    usual: Crawl,
    caplog: pytest.LogCaptureFixture,
    behaviour: Behaviour,
) -> None:
    given = dict(behaviour.tried)
    outcome = crawl("user", tmp_path, sandbox=sandbox, settings=given, user="forss", include="profile,tracks")

    errors = [record.getMessage() for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
    if behaviour.effect == "refused":
        (line,) = errors
        assert any(name in line for name in behaviour.tried)
        assert outcome.code == 2
        assert "downloader/request_count" not in outcome.stats
    elif shown := SHOWN.get(behaviour.names[0]):
        assert shown(outcome)
    else:
        assert not errors
        assert outcome.code == 0
        assert content(outcome) == content(usual)
        assert outcome.stats["downloader/request_count"] == usual.stats["downloader/request_count"]
