"""Our spiders in a project that `scrapy startproject` has made: two lines of its settings are enough."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest

from tests.support.answers import http
from tests.support.crawl import Crawl, Crawls
from tests.support.patience import PATIENCE
from tests.support.server import HANG, Server

from .conftest import Demo

NO_DELAY = ("-s", "DOWNLOAD_DELAY=0")  # the template has a second


def content(crawl: Crawl) -> dict[str, list[Any]]:
    """The records of each file, without their times."""
    return {
        kind: sorted(
            str(sorted((k, v) for k, v in row.items() if not k.endswith("_at"))) for row in crawl.records(kind)
        )
        for kind in crawl.files
        if kind != "crawl"
    }


def test_a_crawl_is_like_one_of_ours(demo: Demo, crawls: Crawls) -> None:
    with Server() as server:
        theirs = demo.run("user_graph", *NO_DELAY, settings=server.settings, user="1,2", warned=True)
        asked = dict(server.asked)
        ours = crawls.run("user_graph", settings=server.settings, user="1,2")

    assert (theirs.code, ours.code) == (0, 0)
    assert "user_graph: finished (exit code 0)" in theirs.log
    assert content(theirs) == content(ours)
    assert theirs.files.keys() == ours.files.keys() == {"user", "edge", "listing", "crawl"}
    assert "/robots.txt" not in asked
    assert all(count == 1 for count in asked.values())  # nothing of Scrapy's retries


@pytest.mark.parametrize(
    ("arguments", "code"), [({"user": "1"}, 1), ({}, 2), ({"user": "1", "depth": "x"}, 2)], ids=str
)
def test_the_exit_code_is_what_the_log_says(demo: Demo, arguments: dict[str, Any], code: int) -> None:
    with Server(lambda path, turn: http(404, {})) as server:
        crawl = demo.run("user_graph", *NO_DELAY, settings=server.settings, **arguments)

    assert crawl.code == code
    assert ("(exit code 1)" in crawl.log) == (code == 1)


def test_a_second_ctrl_c_gives_the_exit_code_of_a_stop(demo: Demo) -> None:
    with Server(lambda path, turn: HANG) as server:
        process = demo.start("user_graph", *NO_DELAY, settings=server.settings, user="1")
        until = time.monotonic() + PATIENCE
        while not server.asked and time.monotonic() < until:
            time.sleep(0.01)
        for _ in range(2):
            process.send(signal.SIGINT)
            time.sleep(0.1)
        assert process.wait() == 3


def test_our_settings_come_from_the_environment(demo: Demo) -> None:
    with Server() as server:
        settings = {**server.settings, "SC_KINDS": "edge"}
        crawl = demo.run("user_graph", *NO_DELAY, settings=settings, user="1", warned=True)

    assert crawl.files.keys() == {"edge"}


def test_explicit_settings_of_the_project_win(demo: Demo) -> None:
    with (demo.folder / "demo" / "settings.py").open("a") as file:
        file.write("\nSC_KINDS = 'user'\nDOWNLOAD_DELAY = 0\nUSER_AGENT = 'demo'\n")
        file.write("RETRY_ENABLED = REDIRECT_ENABLED = True\n")
        file.write("DOWNLOADER_MIDDLEWARES = {'tests.project.parts.Counting': 100}\n")
    with Server(lambda path, turn: http(500, {}) if turn == 1 else None) as server:
        crawl = demo.run("user_graph", settings={**server.settings, "SC_KINDS": "edge"}, user="1", warned=True)

    assert crawl.code == 0
    assert crawl.files.keys() == {"user"}
    assert set(server.asked.values()) == {2}


def test_their_commands_are_ours_with_one_line_more(demo: Demo) -> None:
    with (demo.folder / "demo" / "settings.py").open("a") as file:
        file.write("\nCOMMANDS_MODULE = 'sc_spiders.commands'\n")

    assert "All is well" in demo.command("doctor").printed
    assert "there is no spider 'users'" in demo.command("crawl", "users").printed
