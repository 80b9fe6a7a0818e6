"""What a test has a crawl do at a named point of its way (`sc_spiders.frontier`): die, or fail.

Each is given to a crawl as `inside`, and called in its process before it begins.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.points import listen


def always(listing: Any) -> bool:
    """Whichever listing it is."""
    return True


@dataclass(frozen=True)
class KillAt:
    """Kills the process at that point, when it is passed for the n-th time, or with a listing that is meant."""

    point: str
    where: Callable[[Any], bool] = always

    def __call__(self) -> None:
        listen(self._pass)

    def _pass(self, point: str, listing: Any) -> None:
        if point == self.point and self.where(listing):
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class FailAt:
    """Raises a TypeError at that point: a fault of ours. It is passed so many times before."""

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
    """Notes the names of all points that are passed, a line each, in a file."""

    path: Path

    def __call__(self) -> None:
        listen(self._pass)

    def _pass(self, point: str, listing: Any) -> None:
        with self.path.open("a") as file:
            file.write(f"{point}\n")
