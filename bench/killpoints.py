"""Has a crawl kill itself at a point within; with the settings of `bench.killed`.

`TORTURE_KILL=commit:17` in the environment: `kill -9` when it passes the 17th point of its commits. A point is where a
kill leaves something half done: between writing a page and its commit, within that commit, between two commits; while
it begins, goes on or closes.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import wraps
from typing import Any, Self

from scrapy.crawler import Crawler

from sc_spiders import feeds
from sc_spiders.frontier import job
from sc_spiders.frontier.outputs import Plan
from sc_spiders.frontier.seen import Seen
from sc_spiders.frontier.sqlite import Store

VARIABLE = "TORTURE_KILL"

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


class Killer:
    """An extension that sets the points that the environment asks for."""

    def __init__(self, group: str, number: int) -> None:
        self.left = number
        for name in GROUPS[group]:
            for owner, function, moments in POINTS[name]:
                setattr(owner, function, self._watched(getattr(owner, function), moments))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        group, _, number = os.environ[VARIABLE].partition(":")
        return cls(group, int(number))

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
        if point and not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
