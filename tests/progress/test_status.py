"""`status`: how the crawls of this machine stand, once and while somebody watches."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.process import Process
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls
from tests.support.patience import PATIENCE

from .terminal import Terminal

SINCE = r"since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture
def slow() -> Iterator[Sandbox]:
    """A slow sandbox that asks for one long wait, and fails otherwise."""
    with Sandbox(users=100, seed=1, latency=60, faults="429seconds@/users/*/followers#12,wait=20,503=0.05") as sandbox:
        yield sandbox


@pytest.fixture
def crawl(crawls: Crawls, slow: Sandbox) -> Iterator[Process]:
    """A crawl that waits for the API."""
    process = crawls.start("user_graph", sandbox=slow, user="forss", depth=2)
    try:
        until(lambda: state(crawls.folder).get("held"))
        yield process
    finally:
        process.kill()


def state(folder: Path) -> dict[str, Any]:
    found = list(folder.glob("output/*/*/progress.json"))
    return dict(json.loads(found[0].read_bytes())) if found else {}


def until(is_reached: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_reached():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_it_tells_the_share_the_rate_the_faults_and_who_waits_for_what(crawls: Crawls, crawl: Process) -> None:
    told = crawls.command("status")

    assert told.code == 0
    assert re.search(rf"^output/user_graph/[\dT-]+: running, {SINCE}$", told.out, re.M)
    assert "\n  crawl: user_graph forss (v2)\n" in told.out
    assert re.search(r"^  pages: [\d,]+, [\d.]+ a second$", told.out, re.M)
    assert re.search(r"^  share: \d+%", told.out, re.M)
    assert re.search(r"^  faults: .*1 http_429", told.out, re.M)
    assert re.search(r"^  waiting: everything waits for the API: 0:00:\d\d left$", told.out, re.M)
    seen = json.loads(crawls.command("status", "--json").out)
    assert (seen["state"], seen["pid"]) == ("running", crawl.pid)
    assert seen["faults"]["http_429"] == 1

    crawl.send(signal.SIGKILL)
    crawl.wait()
    killed = crawls.command("status", seen["name"])
    assert f"{seen['name']}: stopped, since" in killed.out
    assert "The same command goes on." in killed.out


def test_who_watches_sees_it_until_it_has_ended(crawls: Crawls, crawl: Process) -> None:
    terminal = Terminal(80, 24, crawls, "--watch", command="status")
    try:
        held = terminal.until(lambda lines: any("everything waits" in line for line in lines))
        assert sum("share: " in line for line in held) == 1
        crawl.send(signal.SIGINT)
        assert terminal.finish() == 0
    finally:
        terminal.close()
    assert [line.partition(": ")[2] for line in terminal.screen] == ["ended"]
    assert terminal.raw.rstrip().endswith(b"\x1b[?25h")  # the cursor is back


def test_ctrl_c_ends_the_watching_and_not_the_crawl(crawls: Crawls, crawl: Process) -> None:
    terminal = Terminal(80, 24, crawls, "--watch", command="status")
    try:
        terminal.until(lambda lines: any("everything waits" in line for line in lines))
        terminal.interrupt()
        assert terminal.finish() == 130
    finally:
        terminal.close()
    assert b"\x1b[?25h" in terminal.raw
    assert b"Traceback" not in terminal.raw
    os.kill(crawl.pid, 0)


def test_without_a_terminal_each_look_is_printed(crawls: Crawls, crawl: Process) -> None:
    process = crawls.begin("status", "--watch", "--json", "--seconds", "0.2")
    until(lambda: process.out.count("\n") >= 2)
    process.send(signal.SIGINT)
    assert process.wait() == 130
    assert {json.loads(line)["state"] for line in process.out.splitlines()} == {"running"}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 0, "no crawl runs in output/ here; for crawls that workers share, set SC_REDIS_URL"),
        (("nowhere",), 2, "status: nowhere is no folder; name the output folder of a crawl"),
        (("here",), 0, "here: ended"),
        (("broken",), 2, "status: broken/progress.json cannot be read: "),
        (("older",), 2, "status: older/progress.json is of another version of the project, or damaged"),
        (("null",), 2, "status: null/progress.json is of another version of the project, or damaged"),
        (("--forget", "x"), 2, "--forget removes crawls from Redis: set SC_REDIS_URL"),
    ],
    ids=str,
)
def test_bad_input_is_told_in_a_line(crawls: Crawls, words: tuple[str, ...], code: int, says: str) -> None:
    for name, text in {"here": None, "broken": "{", "older": '{"pid": 1}', "null": "null"}.items():
        folder = crawls.folder / name
        folder.mkdir()
        if text:
            (folder / "progress.json").write_text(text)
    told = crawls.command("status", *words)

    assert told.code == code
    assert says in told.out + told.err
    assert "Traceback" not in told.err
