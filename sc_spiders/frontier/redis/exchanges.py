"""A worker's round trips to Redis, one at a time: each sends everything that has collected since the last.

If Redis does not answer, everything waits until it does.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from redis.exceptions import RedisError
from scrapy.exceptions import CloseSpider

from sc_spiders.errors import ArgumentError, CrawlGone, PartLost, Strange
from sc_spiders.frontier.crawl import Crawl
from sc_spiders.frontier.redis import loss
from sc_spiders.frontier.redis.retry import Patience
from sc_spiders.frontier.redis.store import Arg, CrawlStore, Taken
from sc_spiders.redis_connection import reason, refusal

logger = logging.getLogger(__name__)

LOST = "lost"  # the answer if another worker has the listing now
_LEAVE = 10.0  # seconds that a leaving worker waits for a Redis that does not answer


Final = tuple[str, Counter[str], list[str]]  # finish_reason, counts, names of listings that are not complete


def _future() -> asyncio.Future[str]:
    return asyncio.get_running_loop().create_future()


@dataclass(slots=True)
class Message:
    """What a worker tells Redis about a listing. `args`: the arguments of commit.lua.

    `has_records`: the message acknowledges a page, so the output is synced first. `answer`: Redis's answer, or `lost`
    if none will come.
    """

    args: list[Arg]
    has_records: bool
    answer: asyncio.Future[str] = field(default_factory=_future)


class Exchanges:
    """The task that speaks to Redis. `has_lost`: Redis lacks a part of the crawl, so that no worker can go on.

    `sync` syncs the output to the disk and raises OSError. `take` makes the arguments of take.lua for a number of
    listings. `taken` is called with the answer. `where` names the Redis in messages.
    """

    def __init__(
        self,
        store: CrawlStore,
        crawl: Crawl,
        patiently: Patience,
        where: str,
        *,
        sync: Callable[[], Awaitable[None]],
        take: Callable[[int, bool], list[Arg]],
        taken: Callable[[Taken], Awaitable[None]],
    ) -> None:
        self.heard_at = time.monotonic()
        self.has_lost = False
        self._store = store
        self._crawl = crawl
        self._patiently = patiently
        self._where = where
        self._sync = sync
        self._take = take
        self._taken = taken
        self._outbox: list[Message] = []
        self._on_its_way: list[Message] = []
        self._wanted = 0
        self._may_try = False
        self._next: asyncio.Future[None] | None = None
        self._looking: asyncio.Future[None] | None = None
        self._news = asyncio.Event()
        self._is_leaving = False
        self._is_broken = False
        self._task = asyncio.ensure_future(self._run())

    def tell(self, message: Message) -> None:
        """Send a message with the next round trip, which begins soon. After the last round trip, nothing is sent."""
        if self._task.done():
            message.answer.set_result(LOST)
            return
        self._outbox.append(message)
        self._news.set()

    def ask(self) -> None:
        """Begin the next round trip soon."""
        self._news.set()

    async def look(self, wanted: int, *, may_try: bool) -> None:
        """Ask Redis for `wanted` listings. Returns after `taken` was called with them."""
        if self._task.done():
            return
        self._wanted, self._may_try = wanted, may_try
        self._next = asyncio.get_running_loop().create_future()
        self._news.set()
        await self._next

    async def leave(self) -> Final | None:
        """Send the remaining messages, and leave the crawl. Returns the outcome; None if Redis does not tell it."""
        self._is_leaving = True
        self._news.set()
        try:
            async with asyncio.timeout(_LEAVE):
                await self._task
                if self._is_broken:
                    return None
                await self._store.leave()
                return await self._store.outcome()
        except (CrawlGone, PartLost) as e:
            self._lose(e)
            return None
        except (TimeoutError, RedisError, OSError) as e:
            logger.warning(
                "%s %s. Other workers take over the listings of this one %.0f s after its last sign of life.",
                self._where,
                refusal(e) or f"does not answer ({reason(e)})",
                self._store.lease,
            )
            return None
        finally:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            while self._outbox or not self._is_leaving:
                await self._exchange()
                if not self._is_leaving:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._store.lease / 4):
                            await self._news.wait()
        except CloseSpider:
            pass
        except (CrawlGone, PartLost) as e:
            self._lose(e)
        except ArgumentError as e:
            self._break(f"{e}. All acknowledged pages are safe: fix that, and start the same command again.")
        except Strange as e:
            self._break(
                f"The data of this crawl at {self._where} was not written by this project ({e}): find out who else "
                "writes there, and begin again with another SC_CRAWL."
            )
        except Exception as e:  # the output could not be synced, or a bug of ours: `leave` still tells Redis
            self._crawl.give_up(e)
        finally:
            self._answer_none()

    def _lose(self, error: CrawlGone | PartLost) -> None:
        self._is_broken = True
        if self._crawl.frontier.is_over:  # nobody needs the crawl any more
            return
        if isinstance(error, PartLost):
            self.has_lost = True
            self._break(loss.message(self._store.name, self._where, error.parts))
            return
        self._crawl.frontier.status.gone = True
        self._break("The crawl is not in Redis any more: it was removed, or Redis keeps nothing on disk.")

    def _break(self, message: str) -> None:
        self._is_broken = True
        self._crawl.stop(message)

    def _answer_none(self) -> None:
        for message in (*self._on_its_way, *self._outbox):
            if not message.answer.done():
                message.answer.set_result(LOST)
        self._outbox.clear()
        for looks in (self._looking, self._next):
            if looks and not looks.done():
                looks.set_result(None)

    async def _exchange(self) -> None:
        self._news.clear()
        self._on_its_way, self._outbox = self._outbox, []
        looks, self._next = self._next, None
        self._looking = looks
        wanted = 0
        if looks and not self._is_leaving:
            wanted = self._wanted
        if any(message.has_records for message in self._on_its_way):
            await self._sync()
        sent_at = time.monotonic()
        commits = [message.args for message in self._on_its_way]
        answers, taken = await self._patiently(
            partial(self._store.exchange, commits, self._take(wanted, self._may_try))
        )
        sys.audit("sc_spiders.exchange.after")
        self.heard_at = sent_at
        for message, answer in zip(self._on_its_way, answers, strict=True):
            message.answer.set_result(answer)
        self._on_its_way = []
        if not self._is_leaving:
            await self._taken(taken)
        if looks and not looks.done():
            looks.set_result(None)
