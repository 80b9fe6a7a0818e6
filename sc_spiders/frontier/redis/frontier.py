"""The frontier of a crawl that several workers share, in Redis (`SC_REDIS_URL`), for one of these workers."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sc_spiders.api.clock import now
from sc_spiders.errors import ArgumentError, CrawlGone, PartLost, Strange
from sc_spiders.frontier.base import FINISHED, Ack, Acknowledged, CrawlSpec, CrawlStatus
from sc_spiders.frontier.endings import CAME, came, rows_behind
from sc_spiders.frontier.planting import FEW
from sc_spiders.frontier.redis import eviction, join, loss
from sc_spiders.frontier.redis.durable import DurableOutput, sync_closed
from sc_spiders.frontier.redis.exchanges import LOST, Exchanges, Message
from sc_spiders.frontier.redis.files import WorkerFiles
from sc_spiders.frontier.redis.outcome import BEHIND, Outcome, ending, to_be_tried_again
from sc_spiders.frontier.redis.pace import SharedPace
from sc_spiders.frontier.redis.retry import Closing, Patience
from sc_spiders.frontier.redis.seen import Claim, Groups, SharedSeen
from sc_spiders.frontier.redis.store import Arg, CrawlStore, Lease, Taken
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import NAME, Listing
from sc_spiders.records import Pseudonyms
from sc_spiders.redis_connection import connect, place

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from sc_spiders.frontier.crawl import Crawl

IDLE = 0.2  # seconds until Redis is asked again if it had no listings
_STOPS = frozenset({"shutdown", "wait", "credentials"})


class RedisFrontier:
    """Implements `base.Frontier` for one worker.

    Only the worker itself knows its batches of tracks. Playlists that wait for them stay leased: if the worker dies,
    another one fetches them again.
    """

    polls = IDLE
    unasked = 0  # other workers request what is left

    status: CrawlStatus
    seen: SharedSeen
    hydration: Hydration
    levels: Mapping[int, int]

    def __init__(
        self,
        crawler: Crawler,
        crawl: Crawl,
        troubles: Callable[[], dict[str, Any]] = dict,
        pseudonyms: Pseudonyms | None = None,
    ) -> None:
        """`troubles` returns what `status` shows of this worker besides its pages.

        `pseudonyms`: the names of listings in messages.
        """
        self.blocked: set[str] = set()
        self.files = WorkerFiles()
        self.pace = SharedPace(crawler.settings.getfloat("SC_RATE"))
        self.worker = f"{socket.gethostname()}-{os.getpid()}"
        self.is_over = False
        self.levels = {}
        self._crawler = crawler
        self._crawl = crawl
        self._troubles = troubles
        self._pseudonyms = pseudonyms
        self._url: str = crawler.settings["SC_REDIS_URL"]
        self._patiently = Patience(self._url, Closing(crawler).is_over)
        self._exchanges: Exchanges | None = None
        self._output = DurableOutput()
        self._outcome = Outcome()
        self._serial = count(1)
        self._leases: dict[int, Lease] = {}
        self._batches: set[int] = set()
        self._kept: dict[int, tuple[list[Claim], Groups]] = {}  # the follow-ups of listings that wait
        self._of_batches: Groups = []  # follow-ups of batches: they are added with the next page of a listing in Redis
        self._taken: list[Listing] = []
        self._told: Counter[str] = Counter()
        self._hopeless: set[str] = set()
        self._audited_at = 0.0
        self._pages = 0  # as Redis has counted them
        self._joined_at = now()

    # -- its life

    async def open(self, spec: CrawlSpec) -> None:
        self._spec = spec
        settings = self._crawler.settings
        name = settings["SC_CRAWL"] or join.crawl_name(spec.identity)
        where = f"the crawl {name!r} at {place(self._url)}"
        own_name = f"{self.worker}-{secrets.token_hex(3)}"
        self._store = CrawlStore(connect(self._url), name, own_name, settings.getfloat("SC_LEASE"))
        try:
            meta = await join.begin(self._store, self._patiently, where, spec)
            has_ended = meta.get("finished") and spec.seeds
            is_finished = has_ended and not await join.reopen(self._store, self._patiently)
        except BaseException as e:
            await self._store.close()
            if isinstance(e, PartLost):
                raise ArgumentError(loss.message(name, place(self._url), e.parts)) from None
            if isinstance(e, CrawlGone | Strange):
                raise ArgumentError(
                    f"{where} was removed meanwhile, or somebody else writes there: start again"
                ) from None
            raise
        self._seeded = int(meta["seeded"])
        self.status = CrawlStatus(meta["started_at"], shared=True, kept=True)
        self.seen = SharedSeen(edges=spec.bidirectional)
        self.hydration = Hydration(self.seen)
        if is_finished:
            self.status.finished = meta["finished"]
        home = Path("output", spec.identity["spider"], self.status.stamp)
        self.worker = self.files.worker = await join.unused(self._store, self._patiently, home, self.worker)
        join.tell(self.worker, name, self._url)
        await eviction.warn(self._url)

    def begin(self, lengths: dict[str, int]) -> None:
        self.status.outputs = lengths
        self._exchanges = Exchanges(
            self._store,
            self._crawl,
            self._patiently,
            place(self._url),
            sync=lambda: self._output.sync(dict(self.status.outputs)),
            take=self._take,
            taken=self._take_up,
        )
        self.pace.ask = self._exchanges.ask

    async def finish(self, reason: str) -> str:
        if self._exchanges and (final := await self._exchanges.leave()):
            self._outcome.conclude(self.status, *final)
        await self._store.close()
        if self._exchanges and self._exchanges.has_lost:
            return "incomplete"  # the same command cannot go on
        if self._outcome.finished and reason in _STOPS:
            return self._outcome.finished
        if reason not in FINISHED:
            return reason
        if not self._outcome.finished:
            return "shutdown"  # lists are open, although the reason says that none is
        return "incomplete" if self.is_bad else reason

    @property
    def is_bad(self) -> bool:
        return self._outcome.is_bad

    def unfinished(self, unasked: int) -> Iterator[Listing]:
        """None: other workers finish them."""
        return iter(())

    def close(self, reason: str, lengths: Mapping[str, int], sums: Mapping[str, int]) -> None:
        """Sync the closing records to the disk. Nothing else is stored here. Raises OSError."""
        sync_closed(lengths)

    def abandon(self) -> None:
        self._abandoned = asyncio.ensure_future(self.finish("shutdown"))

    # -- listings

    async def lease(self, count: int, *, may_try: bool) -> list[Listing]:
        """Ask Redis once. If it has no listings and this worker has no other work, lease a batch that is not full."""
        assert self._exchanges
        await self._exchanges.look(count, may_try=may_try)
        leased, self._taken = self._taken, []
        is_busy = self._batches or len(self._leases) > len(self._kept)  # listings in `_kept` wait for tracks
        if not leased and not is_busy and self.hydration.pooled:
            leased = self._own_batches(all_of_it=True)
        return leased

    def _own_batches(self, *, all_of_it: bool = False) -> list[Listing]:
        found = list(self.hydration.batches(all_of_it=all_of_it))
        for batch in found:
            batch.id = next(self._serial)
            self._batches.add(batch.id)
        return found

    def save(self, listing: Listing, *, sent: bool) -> None:
        """Store a failed attempt. A sent request needs no note: the worker that takes over counts the loss."""
        if not sent and listing.id in self._leases:
            self._send(listing, "save")

    def remember_wait(self, until: float) -> None:
        """Does nothing: the API may answer other workers, with other addresses."""

    def holds(self, listing: Listing) -> bool:
        """False if the lease may have run out, or if only this worker is blocked: another worker can go on."""
        if listing.id in self._batches:
            return True
        if listing.id not in self._leases or not self._exchanges:
            return False
        blocked_here = listing.ended == "blocked" and listing.endpoint in self.blocked - self._hopeless
        if not blocked_here and time.monotonic() - self._exchanges.heard_at < self._store.lease:
            return True
        self._send(listing, "give")
        self.seen.rollback(listing.id)  # for the next worker (maybe this one), the page's ids are new
        self.hydration.forget(listing)
        self._forget(listing)
        return False

    async def acknowledge(self, ack: Ack) -> Acknowledged:
        listing = ack.listing
        self.status.outputs = {**self.status.outputs, **ack.lengths}
        changes = self.hydration.acknowledge(listing, later=False)
        self.seen.commit(listing.id)
        batches = self._own_batches()
        claims, groups = self.seen.claims(list(ack.follow))
        if changes.waited:
            earlier_claims, earlier = self._kept.pop(listing.id)
            claims, groups = [*earlier_claims, *claims], [*earlier, *groups]
        is_held = True
        if listing.id in self._batches:
            self._of_batches += groups
            self._forget(listing)
        elif listing.id not in self._leases:
            self._forget(listing)
        elif listing.waiting:
            self.seen.unread(listing)
            self._kept[listing.id] = claims, groups
        else:
            is_held = await self._commit(listing, claims, groups)
        over = [playlist for playlist in changes.over if playlist.id in self._leases]
        return Acknowledged(is_held, batches, over)

    async def _commit(self, listing: Listing, claims: list[Claim], groups: Groups) -> bool:
        """Acknowledge the page in Redis. Returns whether the listing was still this worker's."""
        counts = {f"records:{kind}": count - self._told[kind] for kind, count in self.status.counts.items()}
        self._told = Counter(self.status.counts)
        if listing.ended:
            counts |= _counts_of_end(listing)
        of_batches, self._of_batches = self._of_batches, []
        details: dict[str, Any] = {
            "counts": {name: count for name, count in counts.items() if count},
            "limit": self._spec.limit,
            "added": [*of_batches, *groups],
        }
        if not listing.ended:
            message = self._send(listing, "go", ids=self.seen.delta(listing.id), **details)
        elif listing.retried:
            state = to_be_tried_again(listing, self._leases[listing.id].before)
            message = self._send(listing, "park", state, **details, **ending(listing), time=now())
        else:
            message = self._send(listing, "end", **details, **ending(listing), time=now())
        if await message.answer == LOST:
            self._of_batches += of_batches
            self.seen.unwalk()
            self.seen.unread(listing)
            self._forget(listing)
            return False
        self.seen.walk(claims)
        if listing.ended:
            self._forget(listing)
        elif listing.id in self._leases:
            self._leases[listing.id].pages += 1
        return True

    def _send(self, listing: Listing, verb: str, state: Listing | None = None, **details: Any) -> Message:
        assert self._exchanges
        args = self._store.commit(self._leases[listing.id], verb, state or listing, **details)
        message = Message(args, has_records=verb not in ("give", "save"))
        self._exchanges.tell(message)
        return message

    def _forget(self, listing: Listing) -> None:
        self._leases.pop(listing.id, None)
        self._batches.discard(listing.id)
        self._kept.pop(listing.id, None)
        self.seen.drop(listing.id)

    # -- for the task that speaks to Redis

    def _take(self, wanted: int, may_try: bool) -> list[Arg]:
        audit = time.monotonic() - self._audited_at > self._store.lease / 4
        held = None
        if audit:
            self._audited_at = time.monotonic()
            held = list(self._leases.values())
        assert self._crawler.stats
        about = {
            "worker": self.worker,
            "pages": self._crawler.stats.get_value("pages", 0),
            "since": self._joined_at,
            "lease": self._store.lease,
            **self._troubles(),
        }
        return self._store.take(
            wanted, json.dumps(about), self.blocked, self.pace.rate, self.pace.missing, held, may_try=may_try
        )

    async def _take_up(self, taken: Taken) -> None:
        self.is_over = bool(taken.finished)
        self.levels = taken.levels
        self._hopeless = set(taken.hopeless)
        self._outcome.conclude(self.status, taken.finished, taken.totals)
        pages = taken.totals["pages"]
        if taken.strays or pages < self._pages:  # fewer than before: Redis came back with an older state
            self.seen.unwalk()
        self._pages = pages
        for lease, listing, ids in taken.listings:
            self._keep(lease, listing, ids)
        self.pace.grant(wait / 1000 for wait in taken.moments)
        if taken.beginning and taken.levels[self._store.level(self._spec.seeds[0])] <= FEW:
            self._seeded = await join.plant(self._store, self._patiently, self._spec.seeds, self._seeded)
            self.pace.ask()

    def _keep(self, lease: Lease, listing: Listing, ids: bytes) -> None:
        if self._pseudonyms:  # Redis keeps names of seeds only
            listing.extra.setdefault(NAME, self._pseudonyms.name(listing.seed or listing.subject))
        listing.id = next(self._serial)
        self._leases[listing.id] = lease
        if listing.spec.shape == "one":
            lease.before = Listing.loads(listing.dumps())
        try:
            self.seen.load(listing.id, ids)
        except (ValueError, struct.error) as e:
            raise Strange(str(e)) from None
        self._taken.append(listing)


def _counts_of_end(listing: Listing) -> dict[str, int]:
    """What an ended listing adds to the crawl's counts: the rows that did not come, and whether it brought data."""
    counts = {f"{BEHIND}{name}": count for name, count in rows_behind(listing).items()}
    counts[CAME] = int(came(listing))
    return counts
