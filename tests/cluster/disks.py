"""Disks of workers, for test_durable.py: one that fails, and one that loses its power."""

from __future__ import annotations

import errno
import os
import pickle
import signal
from pathlib import Path
from typing import Any

from scrapy.crawler import Crawler

from bench.disks import Disk
from sc_spiders.frontier.redis.scheduler import ClusterScheduler
from sc_spiders.frontier.redis.store import Taken

FAILS_FROM = 12  # syncs of output files
LASTS = 25  # round trips to Redis
FOUND = "found.pickle"


class FailingDisk(ClusterScheduler):
    """Its disk takes some of the output, and then no more."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._syncs = 0
        self._fsync = os.fsync
        setattr(os, "fsync", self._take)  # noqa: B010  # of whoever asks

    def _take(self, file: Any) -> None:
        self._syncs += Path(f"/proc/self/fd/{file}").readlink().suffix == ".jsonl"
        if self._syncs >= FAILS_FROM:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._fsync(file)


class PowerCut(ClusterScheduler):
    """Its machine stops right after Redis was told of some pages. What the disk had by then is in FOUND."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._disk = Disk(Path.cwd() / "output")
        self._disk.watch()
        self._left = LASTS

    def _take_up(self, taken: Taken, want: int) -> None:
        super()._take_up(taken, want)
        self._left -= 1
        if not self._left:
            Path(FOUND).write_bytes(pickle.dumps(self._disk.durable()))
            os.kill(os.getpid(), signal.SIGKILL)
