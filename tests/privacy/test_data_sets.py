"""Pseudonyms of data that is there: by merge and export, the same as while crawling."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox

from ..dataset.make import node, track, write
from ..dataset.run import Runner
from ..support.crawl import crawl
from .test_pseudonyms import KEY, text_of, told

MERGED = ("plain.jsonl", "covered.jsonl", "merged.jsonl")


@pytest.fixture(scope="module")
def crawled(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same crawl three times: plain, with pseudonyms, and with those of another key."""
    folder = tmp_path_factory.mktemp("data_sets")
    (folder / "key").write_text(KEY)
    linked = max(sandbox.world.users, key=lambda user: len(sandbox.world.web_profiles(user)))
    asked = {"user": f"forss,{linked}", "include": "followings,likes,web_profiles"}
    for name, key in (("plain", ""), ("covered", str(folder / "key")), ("other", str(folder / "other_key"))):
        assert crawl("user", folder, sandbox=sandbox, settings={"SC_PSEUDONYMS": key}, **asked).code == 0
        (folder / "out.jsonl").rename(folder / f"{name}.jsonl")
    return folder


@pytest.fixture
def place(crawled: Path, scrapy: Runner, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That folder, in which commands run."""
    monkeypatch.chdir(crawled)
    return crawled


def test_merging_makes_the_pseudonyms_of_the_crawl(place: Path, names: set[str], scrapy: Runner) -> None:
    done = scrapy("merge", "plain.jsonl", "-o", "merged.jsonl", "--pseudonyms", "key")
    assert done.code == 0
    assert scrapy("merge", "covered.jsonl", "-o", "expected.jsonl").code == 0

    assert _rows(place / "merged.jsonl") == _rows(place / "expected.jsonl")
    links = [[row for row in _rows(place / name) if row["kind"] == "web_profile"] for name in MERGED]
    assert [len(one) for one in links] == [len(links[0])] * len(MERGED)
    assert len(links[0]) > 1
    written = (place / "merged.jsonl").read_text() + text_of(place / "merged.jsonl.datapackage.json")
    assert told(names, written) == set()


def test_texts_are_kept_where_asked_without_what_leads_to_anybody(tmp_path: Path, scrapy: Runner) -> None:
    (tmp_path / "key").write_text(KEY)
    text = (
        "Nice! thanks @forss, (https://soundcloud.com/forss) SoundCloud.com/Forss\nforss.bandcamp.com me@forss.example "
        "soundcloud:users:183 e.g. 10.5 Deep House..."
    )
    kept = "Nice! thanks [left out] [left out] [left out]\n[left out] [left out] [left out] e.g. 10.5 Deep House..."
    rows = [
        node("comment", 1, body=text),
        track(1, title="So slow", tag_list="deep @forss", permalink="so-slow"),
    ]
    write(tmp_path / "a.jsonl", rows)
    assert scrapy("merge", "a.jsonl", "-o", "texts.jsonl", "--pseudonyms", "key", "--texts").code == 0
    assert scrapy("merge", "a.jsonl", "-o", "none.jsonl", "--pseudonyms", "key").code == 0
    with_texts, without = (
        {row["kind"]: row for row in _rows(tmp_path / f"{name}.jsonl")} for name in ("texts", "none")
    )

    assert with_texts["comment"]["body"] == kept
    assert with_texts["track"]["title"] == "So slow"
    assert with_texts["track"]["tag_list"] == "deep [left out]"
    assert with_texts["track"]["permalink"] is None
    assert without["comment"]["body"] is without["track"]["title"] is without["track"]["tag_list"] is None
    assert with_texts["comment"]["urn"] == without["comment"]["urn"] != rows[0]["urn"]
    refused = scrapy("merge", "a.jsonl", "-o", "x.jsonl", "--texts")
    assert refused.code == 2
    assert "--texts is for --pseudonyms KEY" in refused.err


def test_a_crawl_keeps_texts_where_asked(tmp_path: Path, sandbox: Sandbox) -> None:
    (tmp_path / "key").write_text(KEY)
    asked = {"track": "forss/flickermood"}
    settings = {"SC_PSEUDONYMS": str(tmp_path / "key"), "SC_PSEUDONYM_TEXTS": "1"}
    plain = crawl("track_comments", tmp_path / "plain", sandbox=sandbox, **asked)
    done = crawl("track_comments", tmp_path / "covered", sandbox=sandbox, settings=settings, **asked)
    alone = crawl("track_comments", tmp_path / "alone", sandbox=sandbox, settings={"SC_PSEUDONYM_TEXTS": "1"}, **asked)
    bodies = [[row["body"] for row in one.records("comment")] for one in (plain, done)]

    assert (done.code, alone.code) == (0, 2)
    assert len(bodies[1]) > 5
    assert [text for text in bodies[0] if "@" not in text and "." not in text] == [
        text for text in bodies[1] if "[left out]" not in text and "." not in text
    ]
    assert not any("@" in text or "://" in text for text in bodies[1])
    assert not any(row["user_username"] or row["user_permalink"] for row in done.records("comment"))


def _rows(file: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    for row in rows:
        for name in [name for name in row if name.endswith("_at") and name != "created_at"] + ["known_until"]:
            row.pop(name, None)
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


@pytest.mark.parametrize("form", ["csv", "sqlite", "graphml", "neo4j"])
def test_exports_name_nobody(place: Path, names: set[str], scrapy: Runner, form: str) -> None:
    output = place / f"public.{form}"
    done = scrapy("export", "plain.jsonl", form, "-o", output.name, "--pseudonyms", "key")

    assert done.code == 0
    files = [path for path in [output, *output.rglob("*")] if path.is_file()]
    assert files
    text = "".join(path.read_bytes().decode("utf-8", "replace") for path in files if path.suffix != ".json")
    assert told(names, text + done.printed) == set()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["merge", "covered.jsonl", "-o", "x.jsonl", "--pseudonyms", "key"], "has pseudonyms already"),
        (
            ["merge", "covered.jsonl", "plain.jsonl", "-o", "x.jsonl"],
            "crawls with and without pseudonyms, or by different keys, cannot be one data set",
        ),
        (
            ["merge", "covered.jsonl", "other.jsonl", "-o", "x.jsonl"],
            "crawls with and without pseudonyms, or by different keys, cannot be one data set",
        ),
        (
            ["merge", "plain.jsonl", "-o", "x.jsonl", "--pseudonyms", "plain.jsonl"],
            "plain.jsonl is no key",
        ),
        (["export", "plain.jsonl", "croissant", "--pseudonyms", "key"], "leave --pseudonyms out"),
    ],
)
def test_what_does_not_go_together_is_refused(place: Path, scrapy: Runner, words: list[str], message: str) -> None:
    done = scrapy(*words)

    assert done.code == 2
    assert message in done.printed
    assert not (place / "x.jsonl").exists()
