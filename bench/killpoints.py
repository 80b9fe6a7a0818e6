"""Makes a crawl kill itself at a kill point. Works with the settings `bench.tortured`.

`TORTURE_KILL=commit:17` in the environment: `kill -9` at the 17th kill point of its commits. A kill there leaves
something half done: between writing a page and its commit, within the commit, between two commits, or while the crawl
begins, resumes or closes. `sc_spiders.frontier` lists the points.

`commit:17:2`: before that at the second commit of tracks for playlists while others are read; pages linger on their way
between being read and being acknowledged. `close:3:20`: it is stopped by SIGTERM after 20 commits, if it has not ended
by then, and killed at the third point of its closing.

`TORTURE_PICTURE=FILE`: before it dies, it leaves a picture of the disk there, for a power cut (`bench.disks`).
"""

from __future__ import annotations

import asyncio
import os
import pickle
import random
import signal
from pathlib import Path
from typing import Any, ClassVar, Self, cast

from scrapy.crawler import Crawler

from bench.disks import Disk
from bench.points import around, listen
from sc_spiders.context import context
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.frontier.job import JobFrontier
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Page

VARIABLE = "TORTURE_KILL"
PICTURE = "TORTURE_PICTURE"
_SYNCS = 0.1  # after this share of the commits comes a sync; other syncs come once a second
_LINGERS = 0.3  # the pipeline's longest delay in seconds

# Each page passes at least four points of a commit.
_COMMIT = frozenset({"plan_page.after", "commit.before", "log_seen.after", "save.before", "commit.after"})
_START = around("begin", "resume", "cut_back", "reopen") | {"plan_folder.after", "make_folder.after"}
_CLOSE = around("finish", "closing_records", "close")

GROUPS = {
    "commit": _COMMIT,
    # The first commits count as part of the start, so that it has enough points.
    "start": _START | _COMMIT,
    "close": _CLOSE,
}
SURE = {"commit": 4, "start": 8, "close": 6}  # numbers of points that every crawl passes


class Lingering:
    """An item pipeline that is as slow as one with a database."""

    batches: ClassVar[set[int]] = set()  # pages of track batches that were read and are not acknowledged

    async def process_item(self, item: Any) -> Any:
        if isinstance(item, Page) and item.listing.spec.shape == "batch":
            self.batches.add(item.listing.id)
        await asyncio.sleep(random.uniform(0, _LINGERS))
        return item


class Killer:
    """An extension that kills the process at the kill point in the environment."""

    def __init__(self, crawler: Crawler, group: str, number: int, commits: int = 0) -> None:
        self.crawler = crawler
        self.group = group
        self.left = number
        self.commits = commits
        self.disk = Disk(Path.cwd())
        self.picture = os.environ.get(PICTURE, "")
        if self.picture:
            self.disk.note_all()  # files of earlier runs are on the disk
            self.disk.watch()
            self.disk.watch_stores()
        listen(self._pass)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        group, *numbers = os.environ[VARIABLE].split(":")
        return cls(crawler, group, *map(int, numbers))

    def _pass(self, point: str, listing: Listing | None) -> None:
        if point in GROUPS[self.group]:
            self.left -= 1
            if not self.left:
                self._die()
        if point == "commit.after":
            assert listing
            self._committed(listing)

    def _committed(self, listing: Listing) -> None:
        if self.picture and random.random() < _SYNCS:
            cast("JobFrontier", context(self.crawler).get(Crawl).frontier).sync()
        if self.group == "close" or self._is_between_batches(listing):
            self.commits -= 1
            if not self.commits:
                self._stop()

    def _is_between_batches(self, listing: Listing) -> bool:
        if listing.spec.shape != "batch":
            return False
        Lingering.batches.discard(listing.id)
        return bool(Lingering.batches)

    def _stop(self) -> None:
        """Called after the last commit that counts."""
        if self.group == "close":
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            self._die()

    def _die(self) -> None:
        if self.picture:
            Path(self.picture).write_bytes(pickle.dumps(self.disk.picture(os.environ[VARIABLE])))
        os.kill(os.getpid(), signal.SIGKILL)
