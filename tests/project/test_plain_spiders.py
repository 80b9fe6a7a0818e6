"""Spiders that are not ours, in our project and beside ours in another: they work as anywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.answers import http
from tests.support.crawl import Crawl, Crawls
from tests.support.server import Server

from .conftest import Demo

SPIDER = """
import os
import scrapy

class Plain(scrapy.Spider):
    name = "plain"
    start_urls = [os.environ["DEMO_URL"] + path for path in ("/users/1", "/users/2/followers")]

    def parse(self, response):
        yield {"path": response.url.removeprefix(os.environ["DEMO_URL"]), "status": response.status}
"""
ITEMS = [{"path": "/users/1", "status": 200}, {"path": "/users/2/followers", "status": 200}]
OURS = ("-s", "SPIDER_MODULES=plain")


def items(file: Path) -> list[object]:
    return sorted((json.loads(line) for line in file.read_text().splitlines()), key=lambda item: item["path"])


def run(crawls: Crawls, server: Server, *words: str) -> Crawl:
    (crawls.folder / "plain.py").write_text(SPIDER)
    process = crawls.command(*words, DEMO_URL=server.url)
    return Crawl(process.code or 0, process.printed, crawls.folder)


@pytest.mark.parametrize("words", [("crawl", "plain", *OURS), ("runspider", "plain.py")], ids=["crawl", "runspider"])
def test_its_items_go_to_one_file(crawls: Crawls, words: tuple[str, ...]) -> None:
    with Server() as server:
        crawl = run(crawls, server, *words)

    assert crawl.code == 0, crawl.log
    assert "plain: finished (exit code 0)" in crawl.log
    (file,) = [path for path in (crawls.folder / "output").rglob("*") if path.is_file()]
    assert file.name == "items.jsonl"
    assert file.parent.parent == crawls.folder / "output" / "plain"
    assert items(file) == ITEMS


def test_with_an_output_of_its_own_there_is_no_other(crawls: Crawls) -> None:
    with Server() as server:
        for _ in range(2):
            crawl = run(crawls, server, "crawl", "plain", *OURS, "-O", "one.jsonl")
            assert crawl.code == 0, crawl.log

    assert items(crawls.folder / "one.jsonl") == ITEMS
    assert {path.name for path in crawls.folder.iterdir()} - {"__pycache__"} == {"plain.py", "one.jsonl"}


def test_scrapys_own_parts_are_at_work(crawls: Crawls) -> None:
    def script(path: str, turn: int) -> bytes | None:
        if path == "/users/1":
            return http(500) if turn < 3 else http(302, Location="/users/3")
        return http(404) if path == "/users/2/followers" else None

    with Server(script) as server:
        crawl = run(crawls, server, "crawl", "plain", *OURS, "-s", "JOBDIR=job", "-O", "one.jsonl")

    assert crawl.code == 0, crawl.log
    assert items(crawls.folder / "one.jsonl") == [{"path": "/users/3", "status": 200}]
    assert dict(server.asked) == {"/users/1": 3, "/users/3": 1, "/users/2/followers": 1}
    assert {"requests.seen", "spider.state"} <= {path.name for path in (crawls.folder / "job").iterdir()}


def test_its_end_gives_the_exit_code(crawls: Crawls) -> None:
    with Server() as server:
        crawl = run(crawls, server, "crawl", "plain", *OURS, "-s", "CLOSESPIDER_PAGECOUNT=1")

    assert crawl.code == 3
    assert "plain: closespider_pagecount (exit code 3)" in crawl.log


def test_scrapys_tools_ask_any_host(crawls: Crawls) -> None:
    with Server() as server:
        process = crawls.command("fetch", "--nolog", f"{server.url}/users/1")

    assert process.code == 0
    assert json.loads(process.out)["id"] == 1
    assert not list(crawls.folder.iterdir())


def test_in_another_project_it_is_left_alone(demo: Demo) -> None:
    with Server() as server:
        crawl = run(demo, server, "crawl", "plain", *OURS, "-s", "CLOSESPIDER_PAGECOUNT=1", "-s", "DOWNLOAD_DELAY=0")

    assert crawl.code == 0
    assert server.asked["/robots.txt"] == 1  # as the template asks for
    assert "sc_spiders." not in crawl.log.replace("sc_spiders.config.addon.Addon", "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "runspider takes one file with a spider, not 0"),
        (("nowhere.py",), "there is no file nowhere.py"),
        (("empty.py",), "empty.py defines no spider"),
        (("broken.py",), "broken.py cannot be loaded: "),
        (("words.txt",), "words.txt cannot be loaded: "),
    ],
    ids=str,
)
def test_a_file_that_cannot_be_run_is_refused_in_a_line(crawls: Crawls, words: tuple[str, ...], says: str) -> None:
    (crawls.folder / "empty.py").write_text("import scrapy\n")
    (crawls.folder / "broken.py").write_text("import nowhere\n")
    (crawls.folder / "words.txt").write_text("")

    process = crawls.command("runspider", *words)

    assert process.code == 2
    (line,) = process.printed.splitlines()
    assert says in line
