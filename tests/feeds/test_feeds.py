"""Each option of FEEDS and each FEED_* setting does what docs/scrapy.md says, by the page or record by record."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pickle
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from scrapy.settings import default_settings

from docs._ext.feed_behaviour import OPTIONS, Option
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, Crawls, crawl
from tests.support.points import KillAt

ONE: dict[str, Any] = {"user": "forss", "include": "profile,tracks"}


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Counter[str]:
    """The number of records of each kind."""
    return crawl("user", tmp_path_factory.mktemp("usual"), sandbox=sandbox, **ONE).kinds


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(name).read_bytes().splitlines()]


def kinds(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(row["kind"] for row in rows)


def cells(name: str, encoding: str, **dialect: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(Path(name).read_text(encoding), newline=""), **dialect))


def load_all(name: str, load: Callable[[io.BufferedReader], Any]) -> Iterator[Any]:
    with Path(name).open("rb") as file:
        while file.peek():
            yield load(file)


def _batches(name: str = "x") -> list[int]:
    return [len(lines(str(path))) for path in sorted(Path().glob(f"{name}*.jsonl")) if "rejected" not in path.name]


# How the output shows that an option works. The keys are the first words of its row in the table.
# `usual`: the number of records of each kind in a crawl without options.
SHOWN: dict[str, Callable[[Counter[str]], bool]] = {
    "format": lambda usual: kinds(lines("x.jsonl")) == usual,
    "`pickle` and": lambda usual: kinds(list(load_all("x.pickle", pickle.load))) == usual,
    "`json` and `xml`": lambda usual: (
        Counter(item.findtext("kind") for item in ElementTree.parse("x.xml").getroot()) == usual
    ),
    "`fields`": lambda usual: kinds(lines("x.jsonl")) == usual and set(lines("x.jsonl")[0]) == {"ID", "kind"},
    "`encoding`": lambda usual: (
        Path("x.csv").read_bytes().startswith(b"\xef\xbb\xbfkind,")
        and len(cells("x.csv", "utf-8-sig")) == usual["user"]
    ),
    "`indent`": lambda usual: (
        kinds(json.loads(Path("x.json").read_text())) == usual and Path("x.json").read_text().startswith('[\n{\n  "')
    ),
    "`item_classes`": lambda usual: kinds(lines("x.jsonl")) == {"user": usual["user"]},
    "`item_filter`": lambda usual: kinds(lines("x.jsonl")) == {"edge": usual["edge"]},
    "`item_export_kwargs`": lambda usual: len(cells("x.csv", "utf-8", delimiter=";")) == usual["user"],
    "`overwrite`": lambda usual: kinds(lines("x.jsonl")) == usual,
    "`store_empty`": lambda usual: not Path("x.jsonl").exists(),
    "`uri_params`": lambda usual: kinds(lines("user-mine.jsonl")) == usual,
    "`postprocessing`": lambda usual: (
        kinds([json.loads(line) for line in gzip.decompress(Path("x.jsonl.gz").read_bytes()).splitlines()]) == usual
    ),
    "`batch_item_count`": lambda usual: _batches()[0] == 30 and sum(_batches()) == usual.total(),
    "`%(time)s` in a name": lambda usual: _batches() == [usual.total()],
    "pipes": lambda usual: True,  # below
    "`FEED_EXPORTERS`": lambda usual: Counter(Path("x.short").read_text().split()) == usual,
    "`FEED_STORAGES`": lambda usual: kinds(lines("x.jsonl.stored")) == usual,
    "`FEED_EXPORT_BATCH_ITEM_COUNT`": lambda usual: _batches()[0] == 30,
    "`FEED_EXPORT_ENCODING`": lambda usual: len(cells("x.csv", "latin-1")) == usual["user"],
    "`FEED_EXPORT_FIELDS`": lambda usual: all(row.keys() <= {"id"} for row in lines("x.jsonl")),
    "`FEED_EXPORT_INDENT`": lambda usual: kinds(json.loads(Path("x.json").read_text())) == usual,
    "`FEED_STORE_EMPTY`": lambda usual: not Path("x.jsonl").exists(),
    "`FEED_URI_PARAMS`": lambda usual: kinds(lines("user-mine.jsonl")) == usual,
}
TRIED = [option for option in OPTIONS if option.tried]


def key(option: Option) -> str:
    (found,) = (name for name in SHOWN if (option.name or option.what).startswith(name))
    return found


def tried(tmp_path: Path, sandbox: Sandbox, option: Option, **further: Any) -> Crawl:
    return crawl("user", tmp_path, sandbox=sandbox, settings={**option.tried, **further}, **ONE)


def test_each_documented_setting_is_told() -> None:
    told = " ".join(option.name for option in OPTIONS)
    for name in default_settings.__all__:
        if name.startswith("FEED_") and not name.endswith("_BASE"):
            assert f"`{name}`" in told, name


@pytest.mark.quick
@pytest.mark.parametrize("option", TRIED, ids=key)
def test_an_option_does_what_is_told(tmp_path: Path, sandbox: Sandbox, usual: Counter[str], option: Option) -> None:
    found = tried(tmp_path, sandbox, option)

    assert found.code == 0
    assert SHOWN[key(option)](usual)


@pytest.mark.quick
@pytest.mark.parametrize("option", [one for one in TRIED if one.with_job], ids=key)
def test_so_it_does_with_a_job_directory(tmp_path: Path, sandbox: Sandbox, usual: Counter[str], option: Option) -> None:
    found = tried(tmp_path, sandbox, option, JOBDIR="job")

    if option.with_job == "refused":
        (line,) = found.errors
        assert found.code == 2
        assert "with JOBDIR or SC_REDIS_URL" in line
        return
    assert found.code == 0
    assert SHOWN[key(option)](usual)
    before = {path: path.read_bytes() for path in tmp_path.glob("*.*") if path.suffix != ".json"}
    assert tried(tmp_path, sandbox, option, JOBDIR="job").code == 0  # it has ended, and nothing changes
    assert all(path.read_bytes() == content for path, content in before.items())


def has_two_pages(listing: Any) -> bool:
    return bool(listing.pages == 2)


CONTINUED = [one for one in TRIED if one.with_job == "works"]


@pytest.mark.parametrize("option", CONTINUED, ids=key)
def test_a_killed_crawl_goes_on_with_it(crawls: Crawls, sandbox: Sandbox, usual: Counter[str], option: Option) -> None:
    words = [word for name, value in option.tried.items() for word in ("-s", f"{name}={_text(value)}")]
    words += ["-s", "JOBDIR=job", "-s", "SC_PAGE_SIZE=10"]
    crawls.ended(
        crawls.start("user", *words, sandbox=sandbox, inside=KillAt("hand_out.before", where=has_two_pages), **ONE)
    )
    os.chdir(crawls.folder)

    assert tried(crawls.folder, sandbox, option, JOBDIR="job", SC_PAGE_SIZE=10).code == 0
    assert SHOWN[key(option)](usual)


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


# -- pipes


@pytest.mark.parametrize("words", [("-o", "-"), ("-o", "-:jsonl"), ("-o", "/dev/stdout:jsonl")], ids="".join)
def test_records_on_standard_output(
    crawls: Crawls, sandbox: Sandbox, usual: Counter[str], words: tuple[str, ...]
) -> None:
    process = crawls.start("user", *words, sandbox=sandbox, **ONE)

    assert process.wait() == 0
    assert kinds([json.loads(line) for line in process.out.splitlines()]) == usual


def test_a_pipe_gets_the_records(crawls: Crawls, sandbox: Sandbox, usual: Counter[str]) -> None:
    pipe = crawls.folder / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    done = crawls.run("user", "-o", "pipe:jsonl", sandbox=sandbox, user="forss", include="profile,tracks")
    reader.join()

    assert done.code == 0
    assert kinds([json.loads(line) for line in read[0].splitlines()]) == usual


def test_a_reader_that_goes_ends_the_crawl_quietly(crawls: Crawls, sandbox: Sandbox) -> None:
    pipe = crawls.folder / "pipe"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: pipe.open("rb").close())
    reader.start()
    done = crawls.run("user", "-o", "pipe:jsonl", sandbox=sandbox, user="forss", include="followers")
    reader.join()

    assert done.code == 3
    assert "The program that read the output has ended: the crawl ends." in done.log
    assert "begins again" not in done.log  # whoever closes it has seen enough
    assert "next:" not in done.log
    assert not done.errors


# -- other places


def test_what_could_not_be_stored_is_kept(crawls: Crawls, sandbox: Sandbox, usual: Counter[str]) -> None:
    done = crawls.run(
        "user",
        *("-s", 'FEED_STORAGES={"mine": "tests.feeds.parts.Broken"}', "-o", "mine://x.jsonl"),
        sandbox=sandbox,
        user="forss",
        include="profile,tracks",
    )

    kept = crawls.folder / "output" / "x.jsonl"
    assert done.code == 3
    assert done.errors == [
        f"mine://x.jsonl could not be stored (OSError: no room there). It is kept as {kept}: upload that."
    ]
    assert kinds(lines(str(kept))) == usual


@pytest.mark.quick
@pytest.mark.parametrize("uri", ["x.short", "mine://x.short"])
def test_a_feed_without_its_end_is_told(tmp_path: Path, sandbox: Sandbox, uri: str) -> None:
    settings = {
        "FEEDS": {uri: {"format": "short"}},
        "FEED_EXPORTERS": {"short": "tests.feeds.parts.Endless"},
        "FEED_STORAGES": {"mine": "tests.feeds.parts.Storage"},
    }
    found = crawl("user", tmp_path, sandbox=sandbox, settings=settings, **ONE)

    assert found.code == 3
    assert found.errors == [f"{uri} could not be closed (RuntimeError: a bug): its end may be missing."]
