"""Scrapy's scheduler over a frontier that several workers share (`SC_REDIS_URL`).

What Scrapy asks is answered from what is here; one task in the background acknowledges pages and fetches more work, all
that has come up in one round trip. A listing's next page is asked for once its last is acknowledged. Where Redis does
not answer, everything waits until it does.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import struct
import sys
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError
from scrapy.exceptions import CloseSpider
from scrapy.utils.defer import deferred_from_coro

from sc_spiders import engine
from sc_spiders.errors import ArgumentError, CrawlGone, Strange
from sc_spiders.frontier.base import CrawlSpec
from sc_spiders.frontier.fingerprint import terms
from sc_spiders.frontier.job import Job, now
from sc_spiders.frontier.output_files import lock_output
from sc_spiders.frontier.planting import FEW
from sc_spiders.frontier.redis import join as joining
from sc_spiders.frontier.redis.durable import DurableOutput
from sc_spiders.frontier.redis.job import BEHIND, Claim, SharedJob, to_be_tried_again
from sc_spiders.frontier.redis.retry import Patience
from sc_spiders.frontier.redis.store import Frontier, Lease, Taken
from sc_spiders.frontier.refused import CAME, came
from sc_spiders.frontier.scheduler import Scheduler, is_ours
from sc_spiders.frontier.sqlite import RESTING
from sc_spiders.pages.listing import Listing
from sc_spiders.redis_connection import connect, place, reason, refusal

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

logger = logging.getLogger(__name__)

Groups = list[tuple[str | None, list[Listing]]]

IDLE = 0.2  # seconds between looks for work where there was none
PATIENCE = 10.0  # seconds to take leave of a Redis that does not answer
_NOT_WRITTEN = frozenset({"give", "save"})  # what is acknowledged by other words has records


@dataclass(slots=True)
class Commit:
    """A page on its way to be acknowledged; `claims` are those it says to be the first to walk."""

    listing: Listing
    args: list[Any]
    verb: str
    claims: list[Claim] = field(default_factory=list)


class ClusterScheduler(Scheduler):
    """One worker of a crawl. `worker` names it: host and process."""

    job: SharedJob
    blocked_means = (
        "this worker leaves its listings to the others. Where none is left that may ask, they end 'blocked', and the "
        "same command tries them again later."
    )

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._url: str = settings["SC_REDIS_URL"]
        # What is asked for at once, and as much again to go on with while Redis is asked for more.
        self._target = 2 * min(
            settings.getint("CONCURRENT_REQUESTS"), settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        )
        self._problem: Exception | None = None
        self._commits: list[Commit] = []
        self._sent: list[Commit] = []
        self._leases: dict[int, Lease] = {}
        self._batches: set[int] = set()
        self._kept: dict[int, tuple[list[Claim], Groups]] = {}
        self._told: Counter[str] = Counter()
        self._moments: deque[float] = deque()
        self._levels: Counter[int] = Counter()
        self._hopeless: set[str] = set()
        self._finished = ""
        self._dry = False
        self._heard_at = self._audited_at = time.monotonic()
        self._news = asyncio.Event()
        self._leaving = self._failed_for_good = False
        self._output = DurableOutput()
        self._patiently = Patience(self._url, lambda: not crawler.crawling)
        self._task: asyncio.Task[None] | None = None

    # Joining and leaving

    def open(self, spider: Spider) -> Deferred[None] | None:
        super().open(spider)
        if not is_ours(spider):
            self._problem = ArgumentError(f"{spider.name} is none of this project's spiders: unset SC_REDIS_URL for it")
            return None
        return deferred_from_coro(self._join(spider))

    async def _join(self, spider: Any) -> None:
        try:
            spec: CrawlSpec = spider.crawl_spec()
            identity = spec.identity
            name = self.crawler.settings["SC_CRAWL"] or joining.crawl_name(identity)
            where = f"the crawl {name!r} at {place(self._url)}"
            self._frontier = Frontier(
                connect(self._url),
                name,
                f"{self.worker}-{secrets.token_hex(3)}",
                self.crawler.settings.getfloat("SC_LEASE"),
            )
            output = terms(self.crawler.settings)
            self._seeds = spec.seeds
            meta = await joining.begin(
                self._frontier, self._patiently, where, identity, output, self._seeds, spec.unordered_from
            )
            self._seeded = int(meta["seeded"])
            self.job = SharedJob(identity, meta, edges=spec.bidirectional)
            if meta.get("finished") and not await joining.reopen(self._frontier, self._patiently):
                self.job.finished = self._finished = meta["finished"]
        except CloseSpider:
            raise
        except (CrawlGone, Strange):
            self._problem = ArgumentError(f"{where} was removed meanwhile, or somebody else writes there: start again")
            return
        except Exception as e:  # told by who asks for the job: what is raised here ends no crawl
            self._problem = e
            return
        self.worker = joining.unused(spider.name, self.job.stamp, self.worker)
        logger.info("Worker %s of the crawl %s at %s.", self.worker, name, place(self._url))

    def find(self) -> Job:
        if self._problem:
            raise self._problem
        if not hasattr(self, "job"):
            raise CloseSpider("shutdown")  # stopped while it waited for Redis
        if self.job.finished:
            self._closing = asyncio.ensure_future(self._frontier.close())
        return self.job

    def claim(self, paths: Iterable[str]) -> None:
        self._locks = [lock_output(path) for path in paths if self.worker not in path]

    def begin(self, outputs: dict[str, int]) -> None:
        self.job.outputs = outputs
        self._task = asyncio.ensure_future(self._keep_up())

    def close(self, reason: str) -> Deferred[None] | None:
        super().close(reason)
        return deferred_from_coro(self._leave()) if self._task else None

    async def _leave(self) -> None:
        """Acknowledge what is written, give back what is not, and learn how the crawl stands."""
        assert self._task
        self._leaving = True
        self._news.set()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._task
                if not self._failed_for_good:
                    await self._frontier.leave()
                    self.job.conclude(*await self._frontier.standing())
        except (TimeoutError, RedisError, OSError) as e:
            logger.warning(
                "%s %s. What this worker held goes to others %.0f s after it was last heard of.",
                place(self._url),
                refusal(e) or f"does not answer ({reason(e)})",
                self._frontier.lease,
            )
        finally:
            self._task.cancel()
            await self._frontier.close()

    # What Scrapy asks

    def has_pending_requests(self) -> bool:
        if self._at_hand or self._commits or self._sent:
            return True
        # Something is out that is neither asked for nor on its way back: idle, so that it is noticed.
        return not self._out and not self._finished

    def next_request(self) -> Request | None:
        request = super().next_request()
        if not self._dry and self._wanted() > 0:
            self._news.set()
        return request

    def _more(self) -> list[Listing]:
        # Leases come by themselves. Where there are none, tracks are asked for that fill no batch yet.
        if self._dry and not (self._out or self._commits or self._sent) and self.job.hydration.pooled:
            self._add_batches(all_of_it=True)
        return []

    def _add_batches(self, *, all_of_it: bool = False) -> None:
        """Batches are this worker's own: what waits for them is leased, and fetched again by others if it is lost."""
        for batch in self.job.hydration.batches(all_of_it=all_of_it):
            batch.id = next(self._serial) + 1
            self._batches.add(batch.id)
            self._out[batch.id] = batch
            # Parts of a batch that failed go first, as in a job's store.
            add = self._ready.appendleft if batch.turn > 1 else self._ready.append
            add(self._request(batch))

    def _allowed(self) -> bool:
        while self._moments and self._moments[0] < time.monotonic() - 1 / self._rate:
            self._moments.popleft()  # too old: what was not asked then is not asked all at once now
        if self._moments and self._moments[0] <= time.monotonic():
            if self._at_hand:
                self._moments.popleft()
                self._news.set()
            return True
        if not self._moments and (self._at_hand):
            self._news.set()
        return False

    @property
    def levels(self) -> Mapping[int, int]:
        return self._levels

    # What is acknowledged

    def holds(self, listing: Listing) -> bool:
        """Whether what came for that listing may be written: not where others have had the time to take it, nor that
        it is blocked, where another worker may not be.

        The listing is given back then.
        """
        if listing.id in self._batches:
            return True
        if listing.id not in self._leases:
            return False
        blocked_here = listing.ended == "blocked" and listing.endpoint in self.blocked - self._hopeless
        if not blocked_here and time.monotonic() - self._heard_at < self._frontier.lease:
            return True
        self._send(listing, "give")
        return False

    def commit(self, listing: Listing, added: list[Listing], outputs: dict[str, int]) -> None:
        job = self.job
        job.outputs.update(outputs)
        self._asked.discard(listing.id)
        changes = job.hydration.acknowledge(listing, later=False)
        self._add_batches()
        claims, groups = self._kept.pop(listing.id) if changes.waited else job.seen.claims(added)
        if listing.id not in self._leases:
            self._forget(listing)
        elif listing.waiting:
            self._out.pop(listing.id, None)
            self._kept[listing.id] = claims, groups
        else:
            self._acknowledge(listing, claims, groups)
        self._end_waiting([playlist for playlist in changes.over if playlist.id in self._leases])

    def _acknowledge(self, listing: Listing, claims: list[Claim], groups: Groups) -> None:
        job = self.job
        counts = {f"records:{kind}": count - self._told[kind] for kind, count in job.counts.items()}
        self._told = Counter(job.counts)
        if listing.ended:
            counts |= {f"{BEHIND}{name}": count for name, count in job.fallen(listing).items()}
        counts[CAME] = int(bool(listing.ended) and came(listing))
        details: dict[str, Any] = {
            "counts": {name: count for name, count in counts.items() if count},
            "limit": self._spider.args.get("max_users", 0),
            "added": groups,
        }
        if not listing.ended:
            self._send(listing, "go", claims, ids=job.seen.delta(listing.id), **details)
            return
        details |= job.ending(listing) | {"time": now()}
        if listing.retried:
            state = to_be_tried_again(listing, self._leases[listing.id].before)
            self._send(listing, "park", claims, state, **details)
        else:
            self._send(listing, "end", claims, **details)

    def _sendings(self, listing: Listing) -> int:
        return listing.attempts + listing.losses

    def _save(self, listing: Listing, state: int) -> bool:
        # What it was lost with is counted by who takes it over: only failures are told.
        if state == RESTING and listing.id in self._leases:
            self._send(listing, "save")
        return True

    def _send(
        self,
        listing: Listing,
        verb: str,
        claims: list[Claim] | None = None,
        state: Listing | None = None,
        **details: Any,
    ) -> None:
        args = self._frontier.commit(self._leases[listing.id], verb, state or listing, **details)
        self._commits.append(Commit(listing, args, verb, claims or []))
        self._news.set()

    def _answered(self, commit: Commit, answer: str) -> None:
        if answer == "gone":
            raise CrawlGone
        listing = commit.listing
        if answer == "lost":
            self.job.seen.unwalk()
            if commit.verb != "give":
                logger.info("%s: its lease ran out here, another worker goes on with it.", listing.name)
            self._forget(listing)
            return
        self.job.seen.walk(commit.claims)
        if commit.verb == "go":
            self._leases[listing.id].pages += 1
            self._ready.append(self._request(listing))
        elif commit.verb != "save":
            self._forget(listing)

    def _forget(self, listing: Listing) -> None:
        self._out.pop(listing.id, None)
        self._leases.pop(listing.id, None)
        self._batches.discard(listing.id)
        self._kept.pop(listing.id, None)
        self.job.seen.drop(listing.id)

    # The task in the background

    async def _keep_up(self) -> None:
        try:
            while self._commits or not self._leaving:
                await self._exchange()
                if self._leaving:
                    continue
                wait = IDLE if self._wanted() > 0 else self._frontier.lease / 4
                try:
                    async with asyncio.timeout(wait):
                        await self._news.wait()
                except TimeoutError:
                    pass
        except CloseSpider:
            return
        except CrawlGone:
            self.job.gone = True
            self._end("The crawl is not in Redis any more: it was removed, or Redis keeps nothing on disk.")
        except ArgumentError as e:
            self._end(f"{e}. What was acknowledged is safe: mend that, and start the same command again.")
        except Strange as e:
            self._end(
                f"What {place(self._url)} holds of this crawl was not written by this project ({e}): see who else "
                "writes there, and begin again with another SC_CRAWL."
            )
        except Exception:
            logger.exception("The frontier failed; this is a fault of ours")
            self._end("What was acknowledged is safe: start the same command again.")

    def _end(self, message: str) -> None:
        logger.error("%s", message)
        self._failed_for_good = True
        self._commits.clear()
        self._sent.clear()
        engine.close(self.crawler, "shutdown")

    async def _exchange(self) -> None:
        self._news.clear()
        self._sent, self._commits = self._commits, []
        await self._sync_output()
        sent_at = time.monotonic()
        audit = sent_at - self._audited_at > self._frontier.lease / 4
        want = 0 if self._leaving else max(0, self._wanted())
        take = self._frontier.take(
            want,
            self._info(),
            self.blocked,
            self._rate,
            max(0, 2 - len(self._moments)) if self._rate and (self._at_hand) else 0,
            self._leases.values() if audit else None,
            may_try=self._may_try and all(listing.tried for listing in self._new),
        )
        answers, taken = await self._patiently(
            lambda: self._frontier.exchange([commit.args for commit in self._sent], take)
        )
        self._heard_at = sent_at
        if audit:
            self._audited_at = sent_at
        for commit, answer in zip(self._sent, answers, strict=True):
            self._answered(commit, answer)
        self._sent = []
        if taken.beginning and not self._leaving and taken.levels[self._frontier.level(self._seeds[0])] <= FEW:
            self._seeded = await joining.plant(self._frontier, self._patiently, self._seeds, self._seeded)
            self._news.set()
        self._take_up(taken, want)
        sys.audit("sc_spiders.exchange.after")

    async def _sync_output(self) -> None:
        """Have the disk take the pages that are about to be acknowledged. Raises CloseSpider where it does not."""
        if all(commit.verb in _NOT_WRITTEN for commit in self._sent):
            return
        try:
            await self._output.sync(dict(self.job.outputs))
        except OSError as e:
            logger.error(
                "The disk did not take the output: %s. What it lacks was not acknowledged; see to it that it can be "
                "written there, and start the same command again.",
                e,
            )
            self._commits.clear()
            self._sent.clear()
            engine.close(self.crawler, "disk")
            raise CloseSpider("disk") from None

    def _info(self) -> str:
        """What this worker says of itself, for `scrapy status`."""
        assert self.crawler.stats
        return json.dumps(
            {
                "worker": self.worker,
                "pages": self.crawler.stats.get_value("pages", 0),
                "since": self.job.joined_at,
                "lease": self._frontier.lease,
            }
        )

    def _take_up(self, taken: Taken, want: int) -> None:
        self._dry = len(taken.listings) < want
        self._finished = taken.finished
        self._levels = taken.levels
        self._hopeless = set(taken.hopeless)
        self.job.conclude(taken.finished, taken.totals)
        if taken.strays:
            self.job.seen.unwalk()
        for lease, listing, ids in taken.listings:
            listing.id = next(self._serial) + 1
            self._leases[listing.id] = lease
            if listing.spec.shape == "one":
                lease.before = Listing.loads(listing.dumps())
            try:
                self.job.seen.load(listing.id, ids)
            except (ValueError, struct.error) as e:
                raise Strange(str(e)) from None
            self._new.append(listing)
            self._at_last = self._at_last or listing.tried
        for wait in taken.moments:
            self._moments.append(time.monotonic() + wait / 1000)
            self.wake(wait / 1000)
        self.wake()

    def _wanted(self) -> int:
        return self._target - len(self._new) - (len(self._out) - len(self._waiting))
