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

FAILS_FROM = 12  # the sync of output files that fails first
LASTS = 25  # round trips to Redis until the power fails
FOUND = "found.pickle"


class FailingDisk:
    """The disk accepts some syncs of the output, and then fails."""

    def __call__(self) -> None:
        self._syncs = 0
        self._fsync = os.fsync
        setattr(os, "fsync", self._take)  # noqa: B010  # for all callers

    def _take(self, file: Any) -> None:
        self._syncs += Path(f"/proc/self/fd/{file}").readlink().suffix == ".jsonl"
        if self._syncs >= FAILS_FROM:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._fsync(file)


class PowerCut:
    """The machine stops right after Redis got some acknowledgements. FOUND holds what was on the disk by then."""

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
