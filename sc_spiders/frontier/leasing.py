"""Keeps twice as many listings leased as requests may be in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from sc_spiders.frontier.base import Frontier
from sc_spiders.frontier.requests import RequestQueue


class Leasing:
    """A task that leases listings into a queue.

    `concurrency`: requests that may be in flight. `sequential`: one listing at a time. `wake` makes the engine ask the
    scheduler for requests. `failed` is called with the exception that ends the task.
    """

    def __init__(
        self,
        frontier: Frontier,
        queue: RequestQueue,
        *,
        concurrency: int,
        wake: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self.sequential = False
        self._frontier = frontier
        self._queue = queue
        self._target = 2 * concurrency
        self._wake = wake
        self._failed = failed
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_asking = False
        self._is_dry = False  # the frontier had fewer than were wanted
        self._at_last = False

    def start(self) -> None:
        self._news.set()
        self._task = asyncio.ensure_future(self._run())

    def stop(self) -> None:
        if self._task:
            self._task.cancel()

    def refill(self) -> None:
        """Lease more listings if some are wanted and the frontier may have some."""
        if not self._is_dry and self.wanted:
            self._news.set()

    def look_again(self) -> None:
        """A page was acknowledged: the frontier may have new listings."""
        self._is_dry = False
        self.refill()

    @property
    def is_asking(self) -> bool:
        """Whether listings may be on their way."""
        return self._is_asking or self._news.is_set()

    @property
    def wanted(self) -> int:
        """How many listings to lease; 0 while enough are leased."""
        busy = self._queue.busy
        if self.sequential:
            return int(not self._queue.leased)
        if busy > self._target // 2:
            return 0
        return self._target - busy

    async def _run(self) -> None:
        try:
            while True:
                self._news.clear()
                if self.wanted:
                    await self._lease()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._frontier.polls):
                        await self._news.wait()
        except Exception as e:
            self._failed(e)

    async def _lease(self) -> None:
        wanted = self.wanted
        self._is_asking = True
        try:
            leased = await self._frontier.lease(wanted, may_try=self._may_try)
        finally:
            self._is_asking = False
        self._is_dry = len(leased) < wanted
        self._at_last = self._at_last or any(listing.tried for listing in leased)
        self._queue.add(leased)
        self._wake()

    @property
    def _may_try(self) -> bool:
        """Whether to lease listings that an earlier run tried without success. All others go first.

        Otherwise a few new refusals could block the endpoint before the others get their second page.
        """
        return self._at_last or all(listing.tried for listing in self._queue.leased)
