"""Crawls that are killed: the short form of `make torture`, and a page that kills each process that reads it."""

from __future__ import annotations

import subprocess
import time

import pytest

from bench import torture

from ..crawling import Crawls
from ..faults.server import HANG, Server


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_lost_however_often_it_is_killed(seed: int) -> None:
    outcome = torture.torture(seed, users=40, kills=4, depth=2, page_size=10, longest=2.0)

    assert not outcome.wrong, outcome.wrong
    assert outcome.kills
    assert outcome.faults.total() > 50


def test_a_page_that_kills_each_process_is_given_up(crawls: Crawls) -> None:
    """SC_ATTEMPTS holds over all runs, but for the first two deaths: then the page is out alone, and it is to blame.

    What was out with that page is not given up with it.
    """
    with Server(lambda path, turn: HANG if path == "/users/1/followings#2" else None) as server:
        options = ("user_graph", "-s", "JOBDIR=job", "-s", "SC_ATTEMPTS=4")
        command = crawls.command(*options, user="1,2")
        environment = crawls.environment(None, **server.settings)
        for turn in range(1, 7):
            crawl = subprocess.Popen(command, cwd=crawls.folder, env=environment, stderr=subprocess.DEVNULL)
            until = time.monotonic() + 30
            while server.asked["/users/1/followings#2"] < turn and time.monotonic() < until:
                time.sleep(0.02)
            crawl.kill()
            crawl.wait()
        last = crawls.run(*options, settings=server.settings, user="1,2")

    assert server.asked["/users/1/followings#2"] == 2 + 4
    assert last.code == 1
    ends = {(one["endpoint"], one["subject"]): (one["ended"], one["error"]) for one in last.records("listing")}
    assert ends.pop(("followings", "soundcloud:users:1")) == ("error", "lost")
    assert set(ends.values()) == {("end", None)}
    assert len(last.records("listing")) == 4
