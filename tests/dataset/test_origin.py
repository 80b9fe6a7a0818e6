"""Reports and exports tell their data's origin: data of another server is never shown as SoundCloud's."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
from lxml import html  # type: ignore[import-untyped]

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.origin import Origin
from sc_spiders.report.page import render
from tests.support.crawl import Crawls

from . import readers, worlds
from .make import Row, crawl, node, write
from .run import Runner

SANDBOX = "sandbox of 3000 users, seed 1"
ELSEWHERE = {
    SANDBOX: ("Invented data: a crawl of the sandbox of 3000 users, seed 1, and not of SoundCloud", "invented data"),
    "http://127.0.0.1:8000": ("A crawl of http://127.0.0.1:8000, and not of SoundCloud", "not SoundCloud's data"),
}


def everything(server: str | None) -> list[Row]:
    """A data set for every part of a report, with links in each."""
    rows = [*worlds.graph(60, 200), *worlds.comments(200), *worlds.ranks(), *worlds.playlists()]
    for row in rows:
        if row["kind"] == "crawl" and server:
            row["versions"] = {**row["versions"], "api": server}
    return [*rows, node("track", 999, permalink_url="https://soundcloud.com/person-1/track-999")]


def page_of(folder: Path, rows: list[Row]) -> tuple[str, html.HtmlElement]:
    with Dataset([write(folder / "in.jsonl", rows)]) as data:
        text = render(data)
    return text, html.fromstring(text)


@pytest.mark.parametrize(("server", "said"), ELSEWHERE.items())
def test_a_report_of_another_server_says_so_and_leads_nowhere(
    tmp_path: Path, server: str, said: tuple[str, str]
) -> None:
    text, page = page_of(tmp_path, everything(server))

    words, mark = said
    assert page.xpath("//header/p")[0].text_content() == words
    assert mark in page.xpath("//title")[0].text
    assert mark in page.xpath("//h1")[0].text_content()
    assert page.xpath("//a[not(starts-with(@href, '#'))]") == []
    data = "".join(page.xpath("//script[@type='application/json']/text()"))
    assert "person-1" not in data.partition('"links":')[2].partition("]")[0]
    assert "A crawl of SoundCloud" not in text


def test_a_report_of_soundcloud_says_that_and_has_its_links(tmp_path: Path) -> None:
    _, page = page_of(tmp_path, everything(None))

    assert page.xpath("//header/p")[0].text_content() == "A crawl of SoundCloud"
    assert page.xpath("//a[starts-with(@href, 'https://soundcloud.com/')]")
    assert not Origin.of([crawl("user", {})]).mark


@pytest.mark.parametrize("command", [("report",), ("export", "sqlite"), ("merge", "-o", "out.jsonl")])
def test_crawls_of_different_servers_are_refused(tmp_path: Path, scrapy: Runner, command: tuple[str, ...]) -> None:
    write(tmp_path / "a.jsonl", [crawl("user", {"user": "x"}), crawl("user", {"user": "x"}, versions={"api": SANDBOX})])

    name, *options = command
    done = scrapy(name, "a.jsonl", *options)

    assert done.code == 2
    assert "crawls of different servers cannot be one data set: SoundCloud and sandbox of 3000 users" in done.err


@pytest.mark.parametrize("other", [{}, {"pseudonyms": "b"}], ids=["without", "by another key"])
def test_so_are_crawls_with_other_pseudonyms(tmp_path: Path, scrapy: Runner, other: dict[str, str]) -> None:
    rows = [crawl("user", {"user": "x"}, versions=versions) for versions in ({"pseudonyms": "a"}, other)]

    done = scrapy("merge", write(tmp_path / "a.jsonl", rows), "-o", "out.jsonl")

    assert done.code == 2
    assert "crawls with and without pseudonyms, or by different keys, cannot be one data set" in done.err


def test_the_two_apis_of_a_server_are_one_server(tmp_path: Path) -> None:
    both = {"v2": "http://127.0.0.1:8000", "public": "http://127.0.0.1:8000/public"}
    rows = [crawl("user", {"user": "x"}, api=api, versions={"api": server}) for api, server in both.items()]

    with Dataset([write(tmp_path / "a.jsonl", rows)]) as data:
        assert data.origin.servers == tuple(both.values())


def test_without_a_crawl_record_nothing_is_claimed(tmp_path: Path) -> None:
    text, page = page_of(tmp_path, [row for row in everything(None) if row["kind"] != "crawl"])

    assert "not known" in page.xpath("//header/p")[0].text_content()
    assert "A crawl of SoundCloud" not in text


def test_a_crawl_of_the_embedded_sandbox_is_told_as_invented(tmp_path: Path, crawls: Crawls, scrapy: Runner) -> None:
    done = crawls.run("user", settings={"SC_SANDBOX": 1, "SC_SANDBOX_USERS": 30}, user="forss", include="tracks")
    assert done.code == 0

    told = scrapy("report", done.folder, "-o", tmp_path / "report.html")

    assert "Invented data: a crawl of the sandbox of 30 users, seed 1, and not of SoundCloud." in told.out
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    (title,) = html.fromstring(text).xpath("//head/title/text()")
    assert re.fullmatch(r"forss: tracks, \d+ \w+ \d{4} \(invented data\)", title)
    assert 'href="https://' not in text


def _gexf(path: Path) -> list[str]:
    found = ElementTree.parse(path).getroot().iter("{http://www.gexf.net/1.2draft}description")
    return [str(one.text) for one in found]


def _graphml(path: Path) -> list[str]:
    return [str(one.text) for one in ElementTree.parse(path).getroot().findall("{*}desc")]


def _parquet(path: Path) -> list[str]:
    return [readers.parquet(file).schema.metadata[b"description"].decode() for file in path.glob("*.parquet")]


def _duckdb(path: Path) -> list[str]:
    with duckdb.connect(str(path), read_only=True) as db:
        return [str(row[0]) for row in db.execute("SELECT comment FROM duckdb_tables()").fetchall()]


def _sqlite(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%fts%'").fetchall()
    return [sql.partition("/* ")[2].partition(" */")[0] for (sql,) in rows]


EXPORTS: dict[str, Callable[[Path], list[str]]] = {
    "gexf": _gexf,
    "graphml": _graphml,
    "parquet": _parquet,
    "duckdb": _duckdb,
    "sqlite": _sqlite,
}


@pytest.mark.parametrize(
    ("form", "server"),
    [*((form, "it's /* a */ server") for form in EXPORTS), *(("sqlite", server) for server in (None, *ELSEWHERE))],
)
def test_an_export_says_whose_data_it_is(tmp_path: Path, scrapy: Runner, form: str, server: str | None) -> None:
    rows = list(worlds.graph(10, 20))
    rows[-1]["versions"] = {"api": server} if server else {}
    out = tmp_path / "out"

    done = scrapy("export", write(tmp_path / "in.jsonl", rows), form, "-o", out)

    words = Origin.of([rows[-1]]).words
    assert done.code == 0
    expected = words.replace("*/", "") if form == "sqlite" else words
    assert set(EXPORTS[form](out)) == {expected}
    assert (f"{words}." in done.out) is bool(server)
