"""Each output has a card beside it, which is true: by frictionless, and at every moment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scrapy.crawler import Crawler

from sc_spiders.dataset.card import NAME
from sc_spiders.pages.page import PAGE_WRITTEN
from sc_spiders.sandbox import Sandbox
from tests.dataset.frictionless_package import load, read, resource, rows
from tests.support.crawl import Crawl, Crawls, crawl
from tests.support.points import KillAt

ALL = "profile,tracks,playlists,likes,reposts,comments,followers,web_profiles"
OWN: dict[str, Any] = {"FEEDS": {}}  # the default output


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox in which forss follows somewhat more than 100 users."""
    with Sandbox(users=200, seed=1) as sandbox:
        yield sandbox


def only(folder: Path) -> Path:
    (found,) = folder.rglob(f"*{NAME}")
    return found


@pytest.fixture(scope="module", params=["jsonl", "csv"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Path:
    """The card of a crawl with the default output."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        found = crawl(
            "user", folder, sandbox=sandbox, settings={**OWN, "SC_FORMAT": request.param}, user="forss", include=ALL
        )
    assert found.code == 0
    return only(folder)


def test_the_card_of_a_crawl_is_valid_and_complete(made: Path) -> None:
    card = read(made)
    files = {path.name for path in made.parent.iterdir()} - {NAME}

    assert {one["path"] for one in card["resources"]} == files
    assert {one["name"] for one in card["resources"]} >= {"user", "track", "playlist", "edge", "listing", "crawl"}
    assert card["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert card["licenses"][0]["path"] == "https://developers.soundcloud.com/docs/api/terms-of-use"
    assert "sc_spiders (version " in card["bibliographicCitation"]
    (crawl,) = card["crawls"]
    assert (crawl["spider"], crawl["arguments"]["user"], crawl["finish_reason"]) == ("user", "forss", "finished")
    for one in card["resources"]:
        assert one["rows"] == crawl["counts"].get(one["name"], 1)
    lists = card["completeness"]
    assert lists["complete"]
    assert lists["listings"] == lists["complete_listings"] == crawl["counts"]["listing"]


def test_fields_have_the_types_and_words_of_their_schemas(made: Path) -> None:
    users = resource(load(made), "user")["schema"]
    fields = {field["name"]: field for field in users["fields"]}

    assert fields["followers_count"]["type"] == "integer"
    assert fields["created_at"]["type"] == "datetime"
    assert fields["verified"]["type"] == "boolean"
    assert fields["urn"]["constraints"]["required"]
    assert all(field["description"] for field in users["fields"])
    assert users["primaryKey"] == ["urn", "partial"]
    assert resource(load(made), "edge")["schema"]["primaryKey"] == ["relation", "source", "target"]


def test_its_rows_are_the_records(made: Path) -> None:
    by_urn = {row["urn"]: row for row in rows(made, "track")}
    file = made.parent / "track.jsonl"

    assert len(by_urn) == resource(load(made), "track")["rows"]
    if file.exists():
        for line in file.read_text().splitlines():
            record = json.loads(line)
            row = by_urn[record["urn"]]
            assert {name: row[name] for name in ("title", "description", "duration")} == {
                name: record[name] for name in ("title", "description", "duration")
            }


def test_a_file_of_several_kinds_and_crawls_has_its_own(tmp_path: Path, sandbox: Sandbox) -> None:
    output = tmp_path / "all.jsonl"
    settings = {"FEEDS": {str(output): {"format": "jsonlines"}}}
    crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="forss", include="tracks")
    first = read(tmp_path / f"all.jsonl.{NAME}")
    crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="forss", include="likes")
    second = read(only(tmp_path))

    (alone,) = first["resources"]
    (both,) = second["resources"]
    kinds = [json.loads(line)["kind"] for line in output.read_text().splitlines()]
    assert alone["kinds"]["track"]["rows"] == first["crawls"][0]["counts"]["track"]
    assert alone["rows"] == sum(of_kind["rows"] for of_kind in alone["kinds"].values())
    assert alone["kinds"]["track"]["schema"]["primaryKey"] == ["urn", "partial"]
    assert both["rows"] == len(kinds) > alone["rows"]
    assert "rows" not in both["kinds"]["track"]
    assert "primaryKey" not in both["kinds"]["track"]["schema"]


class Adds:
    """An item pipeline that adds a field, and makes another one a text."""

    def process_item(self, item: Any) -> Any:
        if item["kind"] == "user":
            item["score"] = 1.5
            item["followers_count"] = "many"
        return item


OUTPUTS: dict[str, dict[str, Any]] = {
    "x.csv": {"format": "csv"},
    "x.jsonl.gz": {"format": "jsonlines", "postprocessing": ["scrapy.extensions.postprocessing.GzipPlugin"]},
    "x.json": {"format": "json"},
    "x.xml": {"format": "xml"},
    "semicolons.csv": {
        "format": "csv",
        "item_classes": ["sc_spiders.items.User"],
        "item_export_kwargs": {"delimiter": ";"},
    },
    "renamed.jsonl": {"format": "jsonlines", "fields": {"urn": "id"}, "item_classes": ["sc_spiders.items.User"]},
    "latin.csv": {"format": "csv", "encoding": "latin1", "fields": ["urn"], "item_classes": ["sc_spiders.items.User"]},
    "%(batch_id)d.jsonl": {"format": "jsonlines", "batch_item_count": 100},
}


@pytest.fixture(scope="module")
def various(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Path:
    """A folder with outputs of all sorts."""
    folder = tmp_path_factory.mktemp("various")
    feeds = {str(folder / name).replace("%25", "%"): options for name, options in OUTPUTS.items()}
    found = crawl(
        "user", folder, sandbox=sandbox, settings={"FEEDS": feeds}, user="forss", include="profile,followings"
    )
    assert found.code == 0
    return folder


def test_each_output_has_a_card(various: Path) -> None:
    files = {path.name for path in various.iterdir() if not path.name.endswith(NAME)} - {"home"}
    cards = {path.name for path in various.iterdir() if path.name.endswith(NAME)}

    assert {"1.jsonl", "2.jsonl"} < files
    assert cards == {f"{name}.{NAME}" for name in files}


@pytest.mark.parametrize("name", ["x.csv", "semicolons.csv", "renamed.jsonl", "latin.csv", "1.jsonl"])
def test_each_is_valid(various: Path, name: str) -> None:
    (found,) = read(various / f"{name}.{NAME}")["resources"]

    assert found["path"] == name


def test_what_is_known_of_a_format_is_told(various: Path) -> None:
    described = {
        path.name.removesuffix(f".{NAME}"): json.loads(path.read_bytes())["resources"][0]
        for path in various.glob(f"*{NAME}")
    }
    followed = described["x.csv"]["rows"]

    assert described["x.jsonl.gz"]["compression"] == "gz"
    assert described["x.json"]["format"] == "json"
    assert described["semicolons.csv"]["dialect"] == {"delimiter": ";"}
    assert "kinds" not in described["renamed.jsonl"]
    assert described["latin.csv"]["encoding"] == "latin1"
    assert described["1.jsonl"]["rows"] == 100
    assert followed > 100
    assert "schema" not in described["x.xml"]


def test_it_vouches_for_nothing_that_pipelines_change(tmp_path: Path, sandbox: Sandbox, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    settings = {**OWN, "ITEM_PIPELINES": {Adds: 1}}
    crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="forss")
    users = resource(read(only(tmp_path)), "user")

    assert {"name": "score", "type": "any"} in users["schema"]["fields"]
    assert {"name": "followers_count", "type": "any"} in users["schema"]["fields"]


def test_raw_objects_are_a_field(tmp_path: Path, sandbox: Sandbox, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    crawl("user", tmp_path, sandbox=sandbox, settings={**OWN, "SC_RAW": "1"}, user="forss")

    raw = resource(read(only(tmp_path)), "user")["schema"]["fields"][-1]
    assert (raw["name"], raw["type"]) == ("raw", "object")


def test_completeness_is_told_without_listing_records(tmp_path: Path, sandbox: Sandbox, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    settings = {**OWN, "SC_KINDS": "edge"}
    found = crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="forss,nobody-at-all", include="likes")
    card = read(only(tmp_path))

    assert found.code == 1
    assert [one["name"] for one in card["resources"]] == ["edge"]
    assert not card["completeness"]["complete"]
    assert card["completeness"]["incomplete"] == {"not_found": 1}
    assert "nobody-at-all" in card["completeness"]["incomplete_named"][0]


def test_a_crawl_that_goes_on_has_none_until_its_end(tmp_path: Path, sandbox: Sandbox, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    there: list[bool] = []

    def look(crawler: Crawler) -> None:
        crawler.signals.connect(lambda: there.append(bool(list(tmp_path.rglob(NAME)))), PAGE_WRITTEN, weak=False)

    def run(**settings: Any) -> Crawl:
        return crawl(
            "user_graph",
            tmp_path,
            sandbox=sandbox,
            settings={**OWN, "SC_PAGE_SIZE": "20", **settings},
            before=look,
            user="forss",
        )

    stopped = run(CLOSESPIDER_PAGECOUNT=3)
    first = read(only(tmp_path))
    ended = run()
    second = read(only(tmp_path))

    assert (stopped.code, ended.code) == (3, 0)
    assert len(there) > 6
    assert not any(there)
    assert not first["completeness"]["complete"]
    assert "interrupted" in first["completeness"]["incomplete"]
    assert first["completeness"]["unfinished"]
    assert second["completeness"]["complete"]
    assert second["id"] != first["id"]


@pytest.mark.parametrize(
    ("point", "is_there"), [("finish.after", False), ("write_cards.after", True)], ids=["before", "after"]
)
def test_a_killed_crawl_leaves_no_untrue_one(crawls: Crawls, sandbox: Sandbox, point: str, is_there: bool) -> None:
    crawls.ended(crawls.start("user", sandbox=sandbox, inside=KillAt(point), user="forss"))
    left = list(crawls.folder.rglob(NAME))
    assert bool(left) == is_there
    for card in left:
        read(card)

    assert crawls.run("user", sandbox=sandbox, user="forss").code == 0
    assert read(only(crawls.folder))["completeness"]["complete"]


def test_a_refused_crawl_leaves_an_older_card(tmp_path: Path, sandbox: Sandbox) -> None:
    output = tmp_path / "out.jsonl"
    settings = {"FEEDS": {str(output): {"format": "jsonlines"}}}
    crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="forss")
    before = only(tmp_path).read_bytes()

    assert crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="0").code == 2
    assert only(tmp_path).read_bytes() == before


@pytest.mark.parametrize("output", ["stdout:", ".hidden.jsonl"])
def test_what_no_package_can_name_has_none(tmp_path: Path, sandbox: Sandbox, output: str, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    settings = {"FEEDS": {output: {"format": "jsonlines"}}}
    found = crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="forss")

    assert found.code == 0
    assert not list(tmp_path.rglob(f"*{NAME}"))
