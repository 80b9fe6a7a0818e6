"""Limits the requests a second (SC_RATE)."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Pace(Protocol):
    """Tells when a request may be sent. `rate`: requests a second, 0 for any number."""

    rate: float

    async def turn(self) -> None:
        """Return when the next request may be sent."""


class OwnPace:
    """The pace of one process. `rate`: requests a second, 0 for any number."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._next = 0.0

    async def turn(self) -> None:
        if not self.rate:
            return
        moment = time.monotonic()
        at = max(self._next, moment)
        self._next = at + 1 / self.rate
        if at > moment:
            await asyncio.sleep(at - moment)
