"""Disks of workers, for test_durable.py: one that fails, and one that loses its power."""

from __future__ import annotations

import errno
import os
import pickle
import signal
from pathlib import Path
from typing import Any

from bench.disks import Disk
from bench.points import listen

FAILS_FROM = 12  # syncs of output files
LASTS = 25  # round trips to Redis
FOUND = "found.pickle"


class FailingDisk:
    """The disk takes some of the output, and then no more."""

    def __call__(self) -> None:
        self._syncs = 0
        self._fsync = os.fsync
        setattr(os, "fsync", self._take)  # noqa: B010  # of whoever asks

    def _take(self, file: Any) -> None:
        self._syncs += Path(f"/proc/self/fd/{file}").readlink().suffix == ".jsonl"
        if self._syncs >= FAILS_FROM:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._fsync(file)


class PowerCut:
    """The machine stops right after Redis was told of some pages. What the disk had by then is in FOUND."""

    def __call__(self) -> None:
        self._left = LASTS
        self._disk = Disk(Path.cwd() / "output")
        self._disk.watch()
        listen(self._pass)

    def _pass(self, point: str, listing: Any) -> None:
        self._left -= point == "exchange.after"
        if not self._left:
            Path(FOUND).write_bytes(pickle.dumps(self._disk.durable()))
            os.kill(os.getpid(), signal.SIGKILL)
