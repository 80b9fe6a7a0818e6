"""The examples in Scrapy's documentation of feed exports, carried out with our items."""

from __future__ import annotations

import csv
import gzip
import io
import json
import pathlib
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from sc_spiders.dataset.card import NAME
from sc_spiders.items import User
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls, crawl

from .parts import OnlyUsers, Upper
from .spiders import Fans

PEOPLE: dict[str, Any] = {"user": "forss", "include": "followings"}
FOLLOWED = 230
ALL = {"user": FOLLOWED, "edge": FOLLOWED, "listing": 1, "crawl": 1}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def kinds(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(row["kind"] for row in rows)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def upper(text: str | None) -> str:
    return (text or "").encode().upper().decode()  # of ASCII only, as the plugin has it


@pytest.mark.quick
def test_three_feeds_with_options_of_their_own(tmp_path: Path, sandbox: Sandbox) -> None:
    xml = tmp_path / "home" / "documents" / "items.xml"
    feeds = {
        "items.json": {
            "format": "json",
            "encoding": "utf8",
            "store_empty": False,
            "item_classes": [User, "sc_spiders.items.Edge"],
            "fields": None,
            "indent": 4,
            "item_export_kwargs": {"export_empty_fields": True},
        },
        str(xml): {
            "format": "xml",
            "fields": ["username", "city"],
            "item_filter": OnlyUsers,
            "encoding": "latin1",
            "indent": 8,
        },
        pathlib.Path("items.csv.gz"): {
            "format": "csv",
            "fields": ["city", "username"],
            "item_filter": "tests.feeds.parts.OnlyUsers",
            "postprocessing": [Upper, "scrapy.extensions.postprocessing.GzipPlugin"],
            "gzip_compresslevel": 5,
        },
    }
    found = crawl("user", tmp_path, sandbox=sandbox, settings={"FEEDS": feeds}, **PEOPLE)

    text = Path("items.json").read_text("utf-8")
    users = [row for row in json.loads(text) if row["kind"] == "user"]
    names = [(user["username"], str(user["city"])) for user in users]  # Scrapy writes None so
    items = ElementTree.parse(xml).getroot()
    table = csv.reader(io.StringIO(gzip.decompress(Path("items.csv.gz").read_bytes()).decode(), newline=""))
    assert found.code == 0
    assert text.startswith('[\n{\n    "kind": ')
    assert kinds(json.loads(text)) == {"user": FOLLOWED, "edge": FOLLOWED}
    assert xml.read_bytes().startswith(b'<?xml version="1.0" encoding="latin1"?>\n<items>\n        <item>\n')
    assert [(item.findtext("username"), item.findtext("city")) for item in items] == names
    assert list(table) == [["CITY", "USERNAME"], *([upper(user["city"]), upper(user["username"])] for user in users)]
    assert {path.name for path in tmp_path.iterdir() if path.suffix != ".json"} == {"home", "items.csv.gz"}


def test_a_batch_is_a_file(crawls: Crawls, sandbox: Sandbox) -> None:
    name = "dirname/%(batch_id)d-filename%(batch_time)s.json"
    options = ("-s", "FEED_EXPORT_BATCH_ITEM_COUNT=100", "-o", name)
    done = crawls.run("user", *options, sandbox=sandbox, **PEOPLE)

    paths = sorted(path for path in (crawls.folder / "dirname").iterdir() if not path.name.endswith(NAME))
    rows = [json.loads(path.read_text()) for path in paths]
    assert done.code == 0
    assert [path.name.partition("-filename")[0] for path in paths] == ["1", "2", "3", "4", "5"]
    assert [len(batch) for batch in rows] == [100, 100, 100, 100, 62]
    assert kinds([row for batch in rows for row in batch]) == ALL
    assert len({path.name.partition("-filename")[2] for path in paths}) == 5


# What is typed, and how the file is read whose name is the first word.
TYPED: dict[str, tuple[str, tuple[str, ...]]] = {
    "by :FORMAT": ("items.txt", ("-o", "items.txt:jsonlines")),
    "a file URI": ("items.jl", ("-O", "file://{folder}/items.jl")),
    "its folder by the spider's name": ("feeds/user/items.jsonl", ("-o", "feeds/%(name)s/items.jsonl")),
    "an attribute of the spider": ("v2.jsonl", ("-o", "%(api)s.jsonl")),
    "with a percent sign": ("100%25 of it.jsonl", ("-o", "100%25 of it.jsonl")),
}


@pytest.mark.parametrize("case", TYPED)
def test_an_output_is_named(crawls: Crawls, sandbox: Sandbox, case: str) -> None:
    name, options = TYPED[case]
    words = [word.format(folder=crawls.folder) if "{" in word else word for word in options]
    done = crawls.run("user", *words, sandbox=sandbox, **PEOPLE)

    assert done.code == 0
    assert kinds(lines(crawls.folder / name)) == ALL


@pytest.mark.parametrize(("option", "before"), [("-o", {"old": 1}), ("-O", {})])
def test_the_small_letter_appends_and_the_capital_overwrites(
    crawls: Crawls, sandbox: Sandbox, option: str, before: dict[str, int]
) -> None:
    (crawls.folder / "items.jsonl").write_text('{"kind": "old"}\n')
    assert crawls.run("user", option, "items.jsonl", sandbox=sandbox, **PEOPLE).code == 0

    assert kinds(lines(crawls.folder / "items.jsonl")) == {**before, **ALL}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("-s", 'FEED_EXPORTERS={"csv": null}', "-o", "x.csv", "-s", "SC_KINDS=user"), "no known format"),
        (("-s", 'FEED_STORAGES={"ftp": null}', "-o", "ftp://host/x.jsonl"), "there is no storage for ftp://"),
    ],
    ids=["format", "storage"],
)
def test_what_is_switched_off_is_refused(crawls: Crawls, options: tuple[str, ...], says: str) -> None:
    done = crawls.run("user", *options, user=1)

    assert done.code == 2
    (line,) = done.log.splitlines()
    assert says in line


@pytest.mark.quick
def test_a_feed_for_items_of_ones_own_has_their_fields(tmp_path: Path, sandbox: Sandbox) -> None:
    feeds = {"own.csv": {"format": "csv", "item_classes": ["builtins.dict"], "fields": ["asked"]}}
    found = crawl(Fans, tmp_path, sandbox=sandbox, settings={"FEEDS": feeds}, **PEOPLE)

    assert found.code == 0
    assert set(Path("own.csv").read_text().split()) == {"asked", "resolve", "followings"}
