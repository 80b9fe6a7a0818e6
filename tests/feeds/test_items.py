"""Items are records: for pipelines, for receivers of signals, for stats."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.records import FIELDS
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, Crawls, crawl

from .spiders import Fans

HERE = "tests.feeds.pipelines"
PEOPLE = {"user": "forss", "include": "followings"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox in which forss follows 79 users."""
    with Sandbox(users=120, seed=1) as sandbox:
        yield sandbox


def piped(folder: Path, sandbox: Sandbox, name: str, **settings: Any) -> Crawl:
    """A crawl of forss's followings through that pipeline."""
    return crawl(
        "user",
        folder,
        sandbox=sandbox,
        settings={"ITEM_PIPELINES": {f"{HERE}.{name}": 300}, "EXTENSIONS": {f"{HERE}.Counts": 500}, **settings},
        broken=True,
        warned=True,
        **PEOPLE,
    )


@pytest.mark.quick
@pytest.mark.filterwarnings("ignore:OldSignature:scrapy.exceptions.ScrapyDeprecationWarning")
@pytest.mark.parametrize("name", ["OldSignature", "WithoutSpider", "Awaiting"])
def test_added_changed_and_removed_fields_come_out_so(tmp_path: Path, sandbox: Sandbox, name: str) -> None:
    found = piped(tmp_path, sandbox, name)

    users = found.records("user")
    assert found.code == 0
    assert len(users) == len(sandbox.world.followings(183))
    for user in users:
        assert user["score"] == user["id"] / 2
        assert user["city"] == "x"
        assert "avatar_url" not in user


@pytest.mark.quick
def test_a_pipeline_that_waits_has_several_items_at_once(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = {"ITEM_PIPELINES": {f"{HERE}.Together": 300}}
    found = crawl("user", tmp_path, sandbox=sandbox, settings=settings, **PEOPLE)

    assert found.code == 0
    assert len(found.records("user")) == len(sandbox.world.followings(183))


@pytest.mark.quick
@pytest.mark.parametrize("name", ["WithoutSpider", "Awaiting"])
def test_also_in_csv(tmp_path: Path, sandbox: Sandbox, name: str) -> None:
    out = tmp_path / "user.csv"
    found = piped(tmp_path, sandbox, name, FEEDS={str(out): {"format": "csv"}}, SC_KINDS="user")

    rows = list(csv.DictReader(io.StringIO(out.read_text(), newline="")))
    assert found.code == 0
    assert len(rows) == len(sandbox.world.followings(183))
    assert set(rows[0]) == {*FIELDS["user"], "score"} - {"avatar_url"}
    assert all(float(row["score"]) == int(row["id"]) / 2 for row in rows)


@pytest.mark.quick
def test_a_field_without_a_column_ends_the_crawl_before_it_is_lost(tmp_path: Path, sandbox: Sandbox) -> None:
    """Its page is not acknowledged, so nothing is missing that nobody would ask for again."""
    out = tmp_path / "user.csv"
    settings = {"FEEDS": {str(out): {"format": "csv"}}, "SC_KINDS": "user", "SC_PAGE_SIZE": "20"}
    found = piped(tmp_path, sandbox, "Late", **settings)

    assert found.code == 2
    (line,) = found.errors
    assert line.startswith(f"{out} has no column for late, and would lose it: ")
    written = list(csv.DictReader(io.StringIO(out.read_text(), newline="")))
    assert 40 <= len(written) <= 60
    assert found.stats["records/user"] == len(written)


@pytest.mark.quick
def test_dropped_records_are_left_out_and_counted_as_scrapy_counts(tmp_path: Path, sandbox: Sandbox) -> None:
    found = piped(tmp_path, sandbox, "OnlyTheVerified")

    people = [sandbox.world.user(user) for user in sandbox.world.followings(183)]
    verified = [user["username"].upper() for user in people if user["verified"]]
    dropped = len(people) - len(verified)
    assert found.code == 0
    assert sorted(user["username"] for user in found.records("user")) == sorted(verified)
    assert found.stats["item_dropped_count"] == found.stats["counted/dropped/user"] == dropped
    assert found.stats["item_scraped_count"] == len(verified) + len(people) + 1
    assert found.log.count("Dropped: not verified") == dropped


@pytest.mark.quick
def test_a_pipeline_that_raises_ends_the_list_with_an_error(tmp_path: Path, sandbox: Sandbox) -> None:
    found = piped(tmp_path, sandbox, "Raises")

    listing = found.listing("followings")
    assert found.code == 1
    assert (listing["ended"], listing["error"], listing["complete"]) == ("error", "pipeline", False)
    assert not found.records("user")
    assert found.stats["counted/error/user"] > 0


@pytest.mark.quick
def test_a_pipeline_that_forgets_to_return_the_item_is_told(tmp_path: Path, sandbox: Sandbox) -> None:
    found = piped(tmp_path, sandbox, "Forgets")

    assert found.code == 1
    assert "a pipeline returned None instead of the item" in found.log
    assert found.listing("followings")["error"] == "pipeline"


@pytest.mark.quick
def test_receivers_of_signals_get_records(tmp_path: Path, sandbox: Sandbox) -> None:
    found = crawl("user", tmp_path, sandbox=sandbox, settings={"EXTENSIONS": {f"{HERE}.Counts": 500}}, **PEOPLE)

    counted = {name.rpartition("/")[2]: n for name, n in found.stats.items() if name.startswith("counted/scraped")}
    assert counted == {kind: number for kind, number in found.kinds.items() if kind != "crawl"}
    assert found.stats["item_scraped_count"] == sum(counted.values())


@pytest.mark.quick
def test_records_are_counted_without_receivers_too(tmp_path: Path, sandbox: Sandbox) -> None:
    found = crawl("user", tmp_path, sandbox=sandbox, **PEOPLE)

    assert found.stats["item_scraped_count"] == len(found.rows) - 1


@pytest.mark.quick
def test_a_number_of_items_ends_the_crawl(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = {"CLOSESPIDER_ITEMCOUNT": 30, "SC_PAGE_SIZE": "10"}
    found = crawl("user", tmp_path, sandbox=sandbox, settings=settings, **PEOPLE)

    assert found.reason == "closespider_itemcount"
    assert 30 <= found.stats["item_scraped_count"] < len(sandbox.world.followings(183))


@pytest.mark.quick
def test_items_beside_pages_go_where_records_go(tmp_path: Path, sandbox: Sandbox) -> None:
    found = crawl(Fans, tmp_path, sandbox=sandbox, **PEOPLE)

    assert found.code == 0
    assert {row["asked"] for row in found.rows if "asked" in row} == {"resolve", "followings"}
    assert len([row for row in found.rows if row.get("kind") == "user"]) == len(sandbox.world.followings(183))


@pytest.mark.parametrize("options", [(), ("-s", "JOBDIR=job")], ids=["without a job", "with a job"])
def test_by_default_they_get_a_file_of_their_own(crawls: Crawls, sandbox: Sandbox, options: tuple[str, ...]) -> None:
    words = ("-s", "SPIDER_MODULES=tests.feeds.spiders", *options)
    done = crawls.run("fans", *words, sandbox=sandbox, user="forss", include="followings")

    assert done.code == 0
    kinds = ("user", "edge", "listing", "crawl", "item")
    written = {path.name for path in done.folder.iterdir()}
    assert written == {"datapackage.json", *(f"{kind}.jsonl" for kind in kinds)}
    assert {row["asked"] for row in done.records("item")} == {"resolve", "followings"}
