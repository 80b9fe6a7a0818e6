"""Has a crawl kill itself at a point within; with the settings of `bench.tortured`.

`TORTURE_KILL=commit:17` in the environment: `kill -9` when it passes the 17th point of its commits. A point is where a
kill leaves something half done: between writing a page and its commit, within that commit, between two commits; while
it begins, goes on or closes.

`commit:17:2`: before that at the second commit of tracks for playlists while others are read; pages linger on their way
between being read and being acknowledged. `close:3:20`: it is stopped by SIGTERM after 20 commits, if not through by
then, and killed at the third point of its closing.

`TORTURE_PICTURE=FILE`: it leaves a picture of the disk there before, for a power cut (`bench.disks`).
"""

from __future__ import annotations

import asyncio
import os
import pickle
import random
import signal
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Self

from scrapy.crawler import Crawler

from bench.disks import Disk
from sc_spiders.feeds import exporter as feeds
from sc_spiders.frontier import job
from sc_spiders.frontier.output_files import Plan
from sc_spiders.frontier.sqlite import Store
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.seen import Seen

VARIABLE = "TORTURE_KILL"
PICTURE = "TORTURE_PICTURE"
_SYNCS = 0.1  # of the commits are followed by a sync, which else comes once a second
_LINGERS = 0.3  # seconds at most

BEFORE, AFTER = "before", "after"

# Functions, and whether before or after them is a point. Of commits each page passes four at least.
POINTS: dict[str, tuple[tuple[Any, str, tuple[str, ...]], ...]] = {
    "commit": (
        (Plan, "note", (AFTER,)),
        (job.Job, "commit", (BEFORE, AFTER)),
        (Seen, "flush", (AFTER,)),
        (Store, "_put", (BEFORE,)),
    ),
    "start": (
        (feeds, "_own_folder", (AFTER,)),
        (job.Job, "plan_folder", (AFTER,)),
        (job.Job, "begin", (BEFORE, AFTER)),
        (job.Job, "resume", (BEFORE, AFTER)),
        (job, "cut_back", (BEFORE, AFTER)),
        (Store, "reopen", (BEFORE, AFTER)),
    ),
    "close": (
        (feeds.PageFeedExporter, "_finish", (BEFORE, AFTER)),
        (feeds.PageFeedExporter, "_close_with", (BEFORE, AFTER)),
        (job.Job, "close", (BEFORE, AFTER)),
    ),
}
# A start goes over into the first commits, so that there is always a point to come.
GROUPS = {"commit": ("commit",), "start": ("start", "commit"), "close": ("close",)}
SURE = {"commit": 4, "start": 8, "close": 6}  # points that are passed in any case: of a page, and of two; of a closing


class Lingering:
    """An item pipeline that is as slow as one that asks a database may be."""

    async def process_item(self, item: Any) -> Any:
        await asyncio.sleep(random.uniform(0, _LINGERS))
        return item


class Killer:
    """An extension that sets the points that the environment asks for."""

    def __init__(self, crawler: Crawler, group: str, number: int, commits: int = 0) -> None:
        self.crawler = crawler
        self.left = number
        self.commits = commits
        self.disk = Disk(Path.cwd())
        self.picture = os.environ.get(PICTURE, "")
        if self.picture:
            self._watch_the_disk()
        for name in GROUPS[group]:
            for owner, function, moments in POINTS[name]:
                setattr(owner, function, self._watched(getattr(owner, function), moments))
        if commits:
            job.Job.commit = self._counted(job.Job.commit, self._stop if group == "close" else self._between)  # type: ignore[method-assign]

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        group, *numbers = os.environ[VARIABLE].split(":")
        return cls(crawler, group, *map(int, numbers))

    def _watch_the_disk(self) -> None:
        """What former runs have left is on it."""
        self.disk.note_all()
        self.disk.watch()
        self.disk.watch_stores()
        job.Job.commit = self._counted(job.Job.commit, self._sync)  # type: ignore[method-assign]

    def _sync(self, one: job.Job, listing: Listing) -> None:
        if random.random() < _SYNCS:
            one.sync()

    def _watched(self, function: Callable[..., Any], moments: tuple[str, ...]) -> Callable[..., Any]:
        @wraps(function)
        def watched(*args: Any, **kwargs: Any) -> Any:
            self._pass(BEFORE in moments)
            found = function(*args, **kwargs)
            self._pass(AFTER in moments)
            return found

        return watched

    def _pass(self, point: bool) -> None:
        self.left -= point
        self._die(point and not self.left)

    def _counted(self, commit: Callable[..., Any], act: Callable[[job.Job, Listing], None]) -> Callable[..., Any]:
        @wraps(commit)
        def counted(one: job.Job, listing: Listing, *args: Any) -> Any:
            found = commit(one, listing, *args)
            act(one, listing)
            return found

        return counted

    def _stop(self, one: job.Job, listing: Listing) -> None:
        self.commits -= 1
        if not self.commits:
            os.kill(os.getpid(), signal.SIGTERM)

    def _between(self, one: job.Job, listing: Listing) -> None:
        engine: Any = self.crawler.engine
        read = [out for out in engine.scheduler.at_hand if out.id in one.seen._sealed]
        if listing.spec.shape == "batch" and any(other.spec.shape == "batch" for other in read):
            self.commits -= 1
            self._die(not self.commits)

    def _die(self, now: bool) -> None:
        if now and self.picture:
            Path(self.picture).write_bytes(pickle.dumps(self.disk.picture(os.environ[VARIABLE])))
        if now:
            os.kill(os.getpid(), signal.SIGKILL)
