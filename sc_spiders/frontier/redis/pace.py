"""Limits the requests a second of all workers together (SC_RATE): Redis tells when each may be sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable


class SharedPace:
    """The pace of one worker. `rate`: requests a second over all of them, 0 for any number.

    `ask` is called when sending times are needed from Redis; `missing`: how many.
    """

    ask: Callable[[], None]

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.missing = 0
        self._moments: asyncio.Queue[float] = asyncio.Queue()

    async def turn(self) -> None:
        if not self.rate:
            return
        while True:
            self.missing += 1
            self.ask()
            left = await self._moments.get() - time.monotonic()
            if left >= -1 / self.rate:  # an older time is void: otherwise many requests could go out at once
                await asyncio.sleep(max(0.0, left))
                return

    def grant(self, waits: Iterable[float]) -> None:
        """Take sending times that Redis has granted. `waits`: in how many seconds each is due."""
        for wait in waits:
            self.missing -= 1
            self._moments.put_nowait(time.monotonic() + wait)
