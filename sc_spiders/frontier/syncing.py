"""Decides when acknowledged output is synced to the disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

_PAUSE = 1.0  # seconds from a page to the sync, at least
_SHARE = 20  # the pause is 20 times as long as the last sync: a slow disk costs at most 1/20 of the time


class Syncing:
    """Calls `sync` about a second after a page was acknowledged."""

    def __init__(self, sync: Callable[[], None]) -> None:
        self.is_due = False
        self._sync = sync
        self._pause = _PAUSE
        self._timer: asyncio.TimerHandle | None = None
        self._is_stopped = False

    def due(self) -> None:
        """A page was acknowledged: sync soon."""
        if not self.is_due and not self._is_stopped:
            self.is_due = True
            self._timer = asyncio.get_running_loop().call_later(self._pause, self._run)

    def _run(self) -> None:
        self._timer = None
        self.is_due = False
        begun = time.monotonic()
        self._sync()
        self._pause = max(_PAUSE, _SHARE * (time.monotonic() - begun))

    def stop(self) -> None:
        """Sync no more: the files are about to be closed."""
        self._is_stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
