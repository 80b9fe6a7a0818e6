"""Crawls pass all kill points: at a point that no crawl passes, the torture would never kill."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path

from bench import disks, killpoints, powerloss
from tests.support.crawl import Crawls
from tests.support.points import KillAt, Note
from tests.support.server import Server

from .batches import is_list


@dataclass(frozen=True)
class NoteAndDie:
    """Notes the points, and kills the process once a page of a list is written."""

    path: Path

    def __call__(self) -> None:
        Note(self.path)()
        KillAt("commit.before", where=is_list)()


def test_a_crawl_and_one_that_goes_on_pass_them_all(crawls: Crawls) -> None:
    points = crawls.folder / "points"
    with Server() as server:
        command = ("user_graph", "-s", "JOBDIR=job")
        first = crawls.run(*command, settings=server.settings, inside=NoteAndDie(points), user="1,2")
        last = crawls.run(*command, settings=server.settings, inside=Note(points), user="1,2")

    assert (first.code, last.code) == (-signal.SIGKILL, 0)
    passed = set(points.read_text().splitlines())
    assert passed >= killpoints.GROUPS["start"] | killpoints.GROUPS["commit"] | killpoints.GROUPS["close"]
    assert passed >= powerloss.TAKEN | disks.STORE_SYNCED | {"hand_out.before", "idle.before"}


def test_each_page_passes_as_many_as_the_torture_counts_on(crawls: Crawls) -> None:
    points = crawls.folder / "points"
    with Server() as server:
        crawl = crawls.run("user_graph", "-s", "JOBDIR=job", settings=server.settings, inside=Note(points), user="1,2")

    pages = crawl.last["counts"]["listing"]
    passed = points.read_text().splitlines()
    assert sum(point in killpoints.GROUPS["commit"] for point in passed) >= killpoints.SURE["commit"] * pages
    assert sum(point in killpoints.GROUPS["start"] for point in passed) >= killpoints.SURE["start"]
    assert sum(point in killpoints.GROUPS["close"] for point in passed) >= killpoints.SURE["close"]
