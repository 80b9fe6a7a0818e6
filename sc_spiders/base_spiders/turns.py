"""Gives the event loop time while many pages are read, so that it handles signals and receives answers."""

from __future__ import annotations

import asyncio
import time

__all__ = ["Turns"]

_LONGEST = 0.025  # seconds after which no further page is read in the same turn


class Turns:
    """Spreads the reading of pages that came at the same time over turns of the event loop."""

    def __init__(self) -> None:
        self._number = 0
        self._ends_at = 0.0

    async def wait(self) -> None:
        """Wait until a page may be read: at once, or in the next turn that has time for it."""
        while time.monotonic() > self._ends_at:
            number = self._number
            await asyncio.sleep(0)
            if number == self._number:  # this page is the first of a new turn
                self._number += 1
                self._ends_at = time.monotonic() + _LONGEST
