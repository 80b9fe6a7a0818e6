"""Makes a crawl die or fail at a named point (see `sc_spiders.frontier`).

A crawl gets one of these as `inside`, and its process calls it before the crawl begins.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.points import listen
from sc_spiders.disk import Locks
from sc_spiders.errors import OutputError
from sc_spiders.frontier.output_files import lock_output


def always(listing: Any) -> bool:
    """Matches any listing."""
    return True


@dataclass(frozen=True)
class KillAt:
    """Kills the process when it passes that point with a matching listing."""

    point: str
    where: Callable[[Any], bool] = always

    def __call__(self) -> None:
        listen(self._pass)

    def _pass(self, point: str, listing: Any) -> None:
        if point == self.point and self.where(listing):
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class FailAt:
    """Raises a TypeError at that point, like a bug of ours, after so many passes."""

    point: str
    where: Callable[[Any], bool] = always
    passes: int = 0

    def __call__(self) -> None:
        listen(self._pass)

    def _pass(self, point: str, listing: Any) -> None:
        if point != self.point or not self.where(listing):
            return
        self.passes -= 1
        if self.passes < 0:
            raise TypeError("a fault of ours")


@dataclass(frozen=True)
class Note:
    """Writes the names of all passed points to a file, one a line."""

    path: Path

    def __call__(self) -> None:
        listen(self._pass)

    def _pass(self, point: str, listing: Any) -> None:
        with self.path.open("a") as file:
            file.write(f"{point}\n")


@dataclass(frozen=True)
class TryLock:
    """Tries to lock `output` at that point. Writes `locked` or `free` to `result`, a line for each time."""

    point: str
    output: Path
    result: Path

    def __call__(self) -> None:
        listen(self._pass)

    def _pass(self, point: str, listing: Any) -> None:
        if point != self.point:
            return
        try:
            lock_output(str(self.output), Locks("")).close()
        except OutputError:
            free = "locked"
        else:
            free = "free"
        with self.result.open("a") as file:
            file.write(f"{free}\n")
