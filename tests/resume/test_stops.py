"""Crawls that are stopped by signals, by a full disk or by an output folder that disappears."""

from __future__ import annotations

import atexit
import json
import logging
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from bench.process import Process
from tests.support.crawl import Crawl, Crawls
from tests.support.patience import PATIENCE
from tests.support.server import Server

USERS = ",".join(map(str, range(1, 7)))
JOB = ("-s", "JOBDIR=job", "-s", "CONCURRENT_REQUESTS=4")


_INTERRUPTED = """
import os, signal, sys
from importlib.abc import MetaPathFinder
from scrapy.cmdline import execute

class Interrupt(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "sc_spiders.commands.login":
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
execute(["scrapy", *sys.argv[1:]])
"""


def finish(crawls: Crawls, server: Server, *options: str) -> Crawl:
    """Resume a job, and check all its output."""
    crawl = crawls.run("user_graph", *JOB, *options, settings=server.settings, user=USERS)
    assert crawl.code == 0, crawl.log
    assert len(crawl.records("listing")) == 12
    assert all(listing["complete"] for listing in crawl.records("listing"))
    assert len(crawl.records("edge")) == len(crawl.triples) == 24
    assert len(crawl.records("user")) == len(crawl.urns()) == 18
    assert crawl.last["finish_reason"] == "finished"
    return crawl


def started(crawls: Crawls, server: Server, *options: str) -> Process:
    """A crawl that has begun to write."""
    crawl = crawls.start("user_graph", *JOB, *options, settings=server.settings, user=USERS)
    until = time.monotonic() + PATIENCE
    while server.asked.total() < 15 and time.monotonic() < until:
        time.sleep(0.01)
    return crawl


@pytest.mark.parametrize(
    "signals",
    [(signal.SIGTERM,), (signal.SIGINT,), (signal.SIGINT, signal.SIGINT)],
    ids=["SIGTERM", "Ctrl-C", "Ctrl-C twice"],
)
def test_a_signal_stops_it_and_the_same_command_goes_on(crawls: Crawls, signals: tuple[signal.Signals, ...]) -> None:
    with Server(latency=0.1) as server:
        crawl = started(crawls, server)
        for number in signals:
            crawl.send(number)
            time.sleep(0.02)
        stopped = crawls.ended(crawl, "user_graph")
        assert stopped.code == 3, stopped.log
        assert "Traceback" not in stopped.log
        if len(signals) == 1:
            assert stopped.last["finish_reason"] == "shutdown"
            assert {one["ended"] for one in stopped.records("listing")} <= {"end", "interrupted"}
        server.latency = 0
        finish(crawls, server)


def test_ctrl_c_before_it_has_begun_is_no_fault_of_anybody(crawls: Crawls) -> None:
    loader = ("-s", "SPIDER_LOADER_CLASS=tests.resume.interrupted.InterruptedLoader")
    with Server() as server:
        crawl = crawls.run("user_graph", *JOB, *loader, settings=server.settings, user="1")

    assert crawl.log == "Stopped before it had begun.\n"
    assert crawl.code == -signal.SIGINT
    assert not list((crawls.folder).iterdir())


def test_so_is_ctrl_c_while_scrapy_loads_its_commands(crawls: Crawls) -> None:
    script = [sys.executable, "-c", _INTERRUPTED, "crawl", "user"]  # it loads them all before it reads its words
    done = subprocess.run(
        script, cwd=crawls.folder, env=crawls.environment(), capture_output=True, text=True, check=False
    )

    assert done.stderr == "Stopped before it had begun.\n"
    assert done.returncode == -signal.SIGINT


@pytest.mark.parametrize("words", [("crawl", "no_such_spider"), ("list",)], ids=" ".join)
def test_a_command_that_runs_has_no_hook_for_that(crawls: Crawls, words: tuple[str, ...]) -> None:
    loader = ("-s", "SPIDER_LOADER_CLASS=tests.resume.interrupted.TellingLoader")
    done = crawls.command(*words, *loader)

    assert "the hook is Python's own: True" in done.out


def _tell_filters() -> None:
    print("filters:", [name for name in logging.root.manager.loggerDict if logging.getLogger(name).filters])


@pytest.mark.parametrize("spider", ["user", "no_such_spider"])
def test_a_crawl_leaves_no_filter_in_scrapys_loggers(crawls: Crawls, spider: str) -> None:
    with Server() as server:
        crawl = crawls.run(spider, settings=server.settings, inside=partial(atexit.register, _tell_filters), user="1")

    assert "filters: []" in crawl.log


def test_who_imports_the_commands_keeps_his_hook(crawls: Crawls) -> None:
    script = "import sys; sys.excepthook = print; import sc_spiders.commands; assert sys.excepthook is print"
    subprocess.run([sys.executable, "-c", script], cwd=crawls.folder, env=crawls.environment(), check=True)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("CLOSESPIDER_PAGECOUNT=15",), "closespider_pagecount"),
        (("CLOSESPIDER_TIMEOUT=1", "DOWNLOAD_DELAY=0.1"), "closespider_timeout"),
        (("MEMUSAGE_LIMIT_MB=1", "MEMUSAGE_CHECK_INTERVAL_SECONDS=0.1", "DOWNLOAD_DELAY=0.1"), "memusage_exceeded"),
    ],
    ids=["pages", "time", "memory"],
)
def test_scrapys_own_bounds_stop_it_and_the_same_command_goes_on(
    crawls: Crawls, options: tuple[str, ...], reason: str
) -> None:
    bounds = [word for option in options for word in ("-s", option)]
    with Server() as server:
        stopped = crawls.run("user_graph", *JOB, *bounds, settings=server.settings, user=USERS)
        assert stopped.code == 3, stopped.log
        assert f"user_graph: {reason} (exit code 3): the same command goes on where it stopped" in stopped.log
        assert stopped.last["finish_reason"] == reason
        finish(crawls, server)


def on_a_full_disk(crawls: Crawls, server: Server, size: int, *options: str) -> Crawl:
    """Limit the size of the process's files, to simulate a full disk."""
    full = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))
    return crawls.run("user_graph", *options, settings=server.settings, inside=full, user=USERS)


@pytest.mark.parametrize("output", [(), ("-o", "all.jsonl")], ids=["a file a kind", "one file"])
@pytest.mark.parametrize("size", [8_000, 200_000], ids=["at the start", "on the way"])
def test_a_full_disk_ends_it_and_the_same_command_goes_on(crawls: Crawls, size: int, output: tuple[str, ...]) -> None:
    with Server() as server:
        done = on_a_full_disk(crawls, server, size, *JOB, *output)
        assert done.code == 3, done.log
        assert "start the same command again" in done.log
        assert (server.asked.total() > 0) is (size > 8_000)
        if not output:
            finish(crawls, server)
            return
        again = crawls.run("user_graph", *JOB, *output, settings=server.settings, user=USERS)
        assert again.code == 0, again.log
    records = [json.loads(line) for line in (crawls.folder / "all.jsonl").read_text().splitlines()]
    assert Counter(record["kind"] for record in records) == {"user": 18, "edge": 24, "listing": 12, "crawl": 1}


def test_a_full_disk_promises_nothing_where_nothing_is_kept(crawls: Crawls) -> None:
    with Server() as server:
        done = on_a_full_disk(crawls, server, 8_000, "-o", "all.jsonl")

    assert done.code == 3
    assert "File too large. Make room before it begins again." in done.log
    assert "the same command" not in done.log


def test_a_folder_that_vanishes_ends_it_and_it_goes_on_once_that_is_back(crawls: Crawls) -> None:
    with Server(latency=0.1) as server:
        crawl = started(crawls, server)
        output = crawls.folder / "output"
        output.rename(crawls.folder / "moved")
        stopped = crawls.ended(crawl, "user_graph")
        assert stopped.code == 3
        assert "was moved or deleted while it was written" in stopped.log
        assert "Traceback" not in stopped.log

        shutil.rmtree(output, ignore_errors=True)
        refused = crawls.run("user_graph", *JOB, settings=server.settings, user=USERS)
        assert refused.code == 2
        assert "put it back" in refused.log

        shutil.rmtree(output, ignore_errors=True)
        Path(crawls.folder / "moved").rename(output)
        finish(crawls, server)
