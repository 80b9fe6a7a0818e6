"""Spidermon sees a crawl as it was, and its failing monitors are shown as failing."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.items import Edge, User
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, crawl

# Spidermon logs by it.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:Spider.log\(\) is deprecated:scrapy.exceptions.ScrapyDeprecationWarning"
)

PEOPLE = {"user": "forss", "include": "followings"}
FOLLOWED = 230
SUITE = "tests.feeds.monitors.Suite"
SETTINGS: dict[str, Any] = {
    "SPIDERMON_ENABLED": True,
    "EXTENSIONS": {"spidermon.contrib.scrapy.extensions.Spidermon": 500},
    "ITEM_PIPELINES": {"spidermon.contrib.scrapy.pipelines.ItemValidationPipeline": 800},
    "SPIDERMON_VALIDATION_SCHEMAS": {User: User.jsonschema, Edge: Edge.jsonschema},
    "SPIDERMON_SPIDER_CLOSE_MONITORS": (SUITE,),
    "SPIDERMON_ADD_FIELD_COVERAGE": True,
    "STATS_DUMP": False,
    "SPIDERMON_MIN_ITEMS": 2 * FOLLOWED + 1,
    "SPIDERMON_MAX_ERRORS": 0,
    "SPIDERMON_MAX_ITEM_VALIDATION_ERRORS": 0,
    "SPIDERMON_FIELD_COVERAGE_RULES": {"User/urn": 1.0, "Edge/target": 1.0},
}
NO_EDGES = {Edge: {"type": "object", "properties": {"relation": {"const": "married"}}}}
"""A schema that no edge fits."""


def results(log: str) -> dict[str, str]:
    """What Spidermon logs of each monitor."""
    return dict(re.findall(r"\[Spidermon\] (.+) Monitor/.+\.\.\. (\w+)", log))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.INFO)


def judged(folder: Path, sandbox: Sandbox, **settings: Any) -> Crawl:
    return crawl("user", folder, sandbox=sandbox, settings={**SETTINGS, **settings}, broken=True, warned=True, **PEOPLE)


@pytest.mark.quick
def test_a_good_crawl_passes(tmp_path: Path, sandbox: Sandbox) -> None:
    found = judged(tmp_path, sandbox)

    assert set(results(found.log).values()) == {"OK", "SKIPPED"}, found.log  # there is no stat of errors
    assert found.stats["item_scraped_count"] == found.stats["spidermon_item_scraped_count"] == 2 * FOLLOWED + 1
    assert found.stats["spidermon_item_scraped_count/User"] == FOLLOWED == len(found.records("user"))
    assert found.stats["spidermon/validation/items"] == 2 * FOLLOWED
    assert "spidermon/validation/fields/errors" not in found.stats
    assert found.stats["spidermon_field_coverage/User/username"] == 1


# What fails, the settings, and the words of the failure.
FAILING: dict[str, tuple[dict[str, Any], str]] = {
    "Extracted Items": (
        {"SPIDERMON_MIN_ITEMS": 2 * FOLLOWED + 2},
        "Expecting 'item_scraped_count' to be '>=' to '462.0'. Current value: '461.0'",
    ),
    "Finish Reason": (
        {"CLOSESPIDER_ITEMCOUNT": 10, "SPIDERMON_MIN_ITEMS": 10},
        'Finished with "closespider_itemcount"',
    ),
    "Item Validation": (
        {"SPIDERMON_VALIDATION_SCHEMAS": NO_EDGES},
        "Expecting 'spidermon/validation/fields/errors' to be '<=' to '0.0'. Current value: '230.0'",
    ),
    "Field Coverage": (
        {"SPIDERMON_FIELD_COVERAGE_RULES": {"User/city": 1.0}},
        "User/city (expected 1.0, got",
    ),
}


@pytest.mark.quick
@pytest.mark.parametrize("monitor", FAILING)
def test_a_failing_monitor_is_shown(tmp_path: Path, sandbox: Sandbox, monitor: str) -> None:
    settings, words = FAILING[monitor]
    found = judged(tmp_path, sandbox, **settings)

    failed = {name for name, result in results(found.log).items() if result not in {"OK", "SKIPPED"}}
    assert failed == {monitor}, found.log
    assert words in found.log


@pytest.mark.quick
def test_errors_are_counted(tmp_path: Path, sandbox: Sandbox) -> None:
    """An exception of a pipeline leaves the crawl incomplete."""
    pipelines = {**SETTINGS["ITEM_PIPELINES"], "tests.feeds.pipelines.Raises": 300}
    found = judged(tmp_path, sandbox, ITEM_PIPELINES=pipelines)

    assert found.code == 1
    assert results(found.log)["Error Count"] == "FAIL"
    assert 'Finished with "incomplete"' in found.log


@pytest.mark.quick
def test_invalid_items_can_be_dropped(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = {"SPIDERMON_VALIDATION_DROP_ITEMS_WITH_ERRORS": True, "SPIDERMON_VALIDATION_SCHEMAS": NO_EDGES}
    found = judged(tmp_path, sandbox, **settings)

    assert not found.records("edge")
    assert found.stats["item_dropped_count"] == found.stats["spidermon/validation/items/dropped"] == FOLLOWED
    assert found.stats["item_scraped_count"] == FOLLOWED + 1


@pytest.mark.quick
def test_errors_can_be_written_into_items(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = {"SPIDERMON_VALIDATION_ADD_ERRORS_TO_ITEMS": True, "SPIDERMON_VALIDATION_SCHEMAS": NO_EDGES}
    found = judged(tmp_path, sandbox, **settings)

    errors = [edge["_validation"] for edge in found.records("edge")]
    assert errors == [{"relation": ["'married' was expected"]}] * FOLLOWED


@pytest.mark.quick
def test_monitors_at_the_end_see_the_final_reason(tmp_path: Path, sandbox: Sandbox) -> None:
    """What goes wrong while the output is closed is known after `spider_closed`."""
    settings = {
        "SPIDERMON_ENGINE_STOP_MONITORS": (SUITE,),
        "SPIDERMON_SPIDER_CLOSE_MONITORS": (),
        "FEED_STORAGES": {"mine": "tests.feeds.parts.Broken"},
        "FEEDS": {"mine://x.jsonl": {"format": "jsonlines"}},
    }
    found = judged(tmp_path, sandbox, **settings)

    assert found.code == 3
    assert results(found.log)["Finish Reason"] == "FAIL"
    assert 'Finished with "disk"' in found.log
