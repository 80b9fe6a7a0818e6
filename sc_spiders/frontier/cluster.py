"""Scrapy's scheduler over a frontier that several workers share (`SC_REDIS_URL`).

What Scrapy asks is answered from what is here; one task in the background acknowledges pages and fetches more work, all
that has come up in one round trip. A listing's next page is asked for once its last is acknowledged. Where Redis does
not answer, everything waits until it does.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import logging
import secrets
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from redis.exceptions import AuthenticationError, NoPermissionError, RedisError
from scrapy.exceptions import CloseSpider
from scrapy.utils.asyncio import call_later
from scrapy.utils.defer import _schedule_coro, deferred_from_coro

from sc_spiders.arguments import ArgumentError
from sc_spiders.frontier.job import Job, OutputError, now
from sc_spiders.frontier.redis import FORMAT, CrawlGone, Frontier, Lease, Taken
from sc_spiders.frontier.scheduler import Scheduler
from sc_spiders.frontier.shared import Claim, SharedJob
from sc_spiders.frontier.sqlite import RESTING
from sc_spiders.listing import RETRIED, Listing
from sc_spiders.redisdb import connect, place
from sc_spiders.spider import ApiSpider

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

logger = logging.getLogger(__name__)

T = TypeVar("T")
Groups = list[tuple[str | None, list[Listing]]]

IDLE = 0.2  # seconds between looks for work where there was none
PATIENCE = 10.0  # seconds to take leave of a Redis that does not answer


def crawl_name(identity: dict[str, Any]) -> str:
    """What a crawl is called unless SC_CRAWL says: the same for the same command."""
    text = json.dumps(identity, sort_keys=True).encode()
    return f"{identity['spider']}-{hashlib.blake2b(text, digest_size=5).hexdigest()}"


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
        self._finished = ""
        self._dry = False
        self._heard_at = self._audited_at = time.monotonic()
        self._news = asyncio.Event()
        self._leaving = False
        self._task: asyncio.Task[None] | None = None

    # Joining and leaving

    def open(self, spider: Spider) -> Deferred[None] | None:
        super().open(spider)
        if not isinstance(spider, ApiSpider):
            self._problem = ArgumentError(f"{spider.name} is none of this project's spiders: unset SC_REDIS_URL for it")
            return None
        return deferred_from_coro(self._join(spider))

    async def _join(self, spider: ApiSpider) -> None:
        try:
            spider.check()
            identity, seeds = spider.identity(), spider.seeds()
            name = self.crawler.settings["SC_CRAWL"] or crawl_name(identity)
            self._frontier = Frontier(
                connect(self._url),
                name,
                f"{self.worker}-{secrets.token_hex(3)}",
                self.crawler.settings.getfloat("SC_LEASE"),
            )
            began = now()
            meta = await self._patiently(
                lambda: self._frontier.begin(
                    {
                        "format": FORMAT,
                        "identity": json.dumps(identity, sort_keys=True),
                        "seeds": _digest(seeds),
                        "started_at": began,
                    },
                    spider.free_from,
                    seeds,
                )
            )
            self._recognise(name, meta, identity, seeds)
        except CloseSpider:
            raise
        except Exception as e:  # told by who asks for the job: what is raised here ends no crawl
            self._problem = e
            return
        self.job = SharedJob(identity, meta, edges=bool(spider.both_ways))
        if meta.get("finished"):
            await self._patiently(self._reopen)
        self.worker = _unused(spider.name, self.job.stamp, self.worker)
        logger.info("Worker %s of the crawl %s at %s.", self.worker, name, place(self._url))

    def _recognise(self, name: str, meta: dict[str, str], identity: dict[str, Any], seeds: list[Listing]) -> None:
        where = f"the crawl {name!r} at {place(self._url)}"
        if meta["format"] != str(FORMAT):
            raise ArgumentError(
                f"{where} was begun by another version of this project (format {meta['format']}, this one has "
                f"{FORMAT}); finish it with that version, or choose another SC_CRAWL"
            )
        for what, value in json.loads(meta["identity"]).items():
            if identity.get(what) != value:
                raise ArgumentError(
                    f"{where} is another one: its {what} is {value!r}, this one's {identity.get(what)!r}; "
                    "give the same command or another SC_CRAWL"
                )
        if meta["seeds"] != _digest(seeds):
            raise ArgumentError(
                f"{where} began with other seeds: give every worker the same list, or choose another SC_CRAWL"
            )

    async def _reopen(self) -> None:
        """A finished crawl goes on where listings of it are to be tried again."""
        parked = await self._frontier.parked()
        if not parked:
            self.job.finished = self._finished = self.job.meta["finished"]
            return
        for _, listing in parked:
            listing.ended = listing.error = None
            listing.attempts = 0
        await self._frontier.reopen(parked)

    def find(self) -> Job:
        if self._problem:
            raise self._problem
        if not hasattr(self, "job"):
            raise CloseSpider("shutdown")  # stopped while it waited for Redis
        if self.job.finished:
            call_later(0, lambda: _schedule_coro(self._frontier.close()))
        return self.job

    def begin(self, outputs: dict[str, int]) -> None:
        self.job.outputs = outputs
        self._locks = [lock_output(path) for path in outputs if self.worker not in path]
        self._task = asyncio.ensure_future(self._keep_up())

    def close(self, reason: str) -> Deferred[None] | None:
        return deferred_from_coro(self._leave()) if self._task else None

    async def _leave(self) -> None:
        """Acknowledge what is written, give back what is not, and learn how the crawl stands."""
        assert self._task
        self._leaving = True
        self._news.set()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._task
                await self._frontier.leave()
                totals, named = await self._frontier.totals()
            self.job.conclude(totals, named)
        except (TimeoutError, RedisError, OSError) as e:
            logger.warning(
                "%s does not answer (%s). What this worker held goes to others %.0f s after it was last heard of.",
                place(self._url),
                str(e) or type(e).__name__,
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
        if self._dry and not (self._out or self._commits or self._sent) and self.job.stubs.pooled:
            self._add_batches(all_of_it=True)
        return []

    def _add_batches(self, *, all_of_it: bool = False) -> None:
        """Batches are this worker's own: what waits for them is leased, and fetched again by others if it is lost."""
        for batch in self.job.stubs.batches(all_of_it=all_of_it):
            batch.id = next(self._serial) + 1
            self._batches.add(batch.id)
            self._out[batch.id] = batch
            self._ready.append(self._request(batch))

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

    # What is acknowledged

    def holds(self, listing: Listing) -> bool:
        """Whether what came for that listing may be written: not where others have had the time to take it.

        The listing is given back then.
        """
        if listing.id in self._batches:
            return True
        if listing.id not in self._leases:
            return False
        if time.monotonic() - self._heard_at < self._frontier.lease:
            return True
        self._send(listing, "give")
        return False

    def commit(self, listing: Listing, added: list[Listing], outputs: dict[str, int]) -> None:
        job = self.job
        job.outputs.update(outputs)
        changes = job.stubs.changes(listing)
        self._add_batches()
        for playlist in changes.ended:
            if playlist.id in self._leases:
                self._acknowledge(playlist, *self._kept.pop(playlist.id))
        claims, groups = job.seen.claims(added)
        if listing.id not in self._leases:
            self._forget(listing)
        elif listing.waiting:
            self._out.pop(listing.id, None)
            self._kept[listing.id] = claims, groups
        else:
            self._acknowledge(listing, claims, groups)

    def _acknowledge(self, listing: Listing, claims: list[Claim], groups: Groups) -> None:
        job = self.job
        counts = {f"records:{kind}": count - self._told[kind] for kind, count in job.counts.items()}
        self._told = Counter(job.counts)
        details: dict[str, Any] = {
            "counts": {name: count for name, count in counts.items() if count},
            "limit": self._spider.args.get("max_users", 0),  # type: ignore[attr-defined]
            "added": groups,
        }
        verb = "go"
        if listing.ended:
            verb = "park" if listing.ended in RETRIED else "end"
            details |= job.ending(listing) | {"time": now()}
        else:
            details["ids"] = job.seen.delta(listing.id)
        self._send(listing, verb, claims, **details)

    def _sendings(self, listing: Listing) -> int:
        return listing.attempts + listing.losses

    def _save(self, listing: Listing, state: int) -> bool:
        # What it was lost with is counted by who takes it over: only failures are told.
        if state == RESTING and listing.id in self._leases:
            self._send(listing, "save")
        return True

    def _send(self, listing: Listing, verb: str, claims: list[Claim] | None = None, **details: Any) -> None:
        lease = self._leases[listing.id]
        self._commits.append(
            Commit(listing, self._frontier.commit(lease, verb, listing, **details), verb, claims or [])
        )
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
            self._end(
                "The crawl is not in Redis any more: it was removed, or Redis keeps nothing on disk. Begin again."
            )
        except Exception:
            logger.exception("The frontier failed; this is a fault of ours")
            self._end("What was acknowledged is safe: start the same command again.")

    def _end(self, message: str) -> None:
        logger.error("%s", message)
        self._commits.clear()
        self._sent.clear()
        assert self.crawler.engine
        _schedule_coro(self.crawler.engine.close_spider_async(reason="shutdown"))

    async def _exchange(self) -> None:
        self._news.clear()
        self._sent, self._commits = self._commits, []
        sent_at = time.monotonic()
        audit = sent_at - self._audited_at > self._frontier.lease / 4
        want = 0 if self._leaving else max(0, self._wanted())
        take = self._frontier.take(
            want,
            self._info(),
            self._rate,
            max(0, 2 - len(self._moments)) if self._rate and (self._at_hand) else 0,
            [lease.entry for lease in self._leases.values()] if audit else None,
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
        self._take_up(taken, want)

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
        if taken.finished:
            self.job.bad = taken.finished == "incomplete"
        if taken.strays:
            self.job.seen.unwalk()
        for lease, listing, ids in taken.listings:
            listing.id = next(self._serial) + 1
            self._leases[listing.id] = lease
            self.job.seen.load(listing.id, ids)
            self._new.append(listing)
        for wait in taken.moments:
            self._moments.append(time.monotonic() + wait / 1000)
            call_later(wait / 1000, self._wake)
        self._wake()

    def _wanted(self) -> int:
        return self._target - len(self._new) - (len(self._out) - len(self._waiting))

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What Redis answers, however long it takes to. Raises CloseSpider where the crawl is stopped meanwhile."""
        waiting = False
        while True:
            try:
                answer = await ask()
            except (AuthenticationError, NoPermissionError) as e:
                raise ArgumentError(f"{place(self._url)} does not let us in: {e}") from None
            except (RedisError, OSError) as e:
                if not waiting:
                    logger.warning(
                        "%s does not answer (%s); waiting for it.", place(self._url), str(e) or type(e).__name__
                    )
                waiting = True
            else:
                if waiting:
                    logger.info("%s answers again.", place(self._url))
                return answer
            await asyncio.sleep(1)
            if not self.crawler.crawling:
                raise CloseSpider("shutdown")


def lock_output(path: str) -> BinaryIO:
    """Keep a file to this worker. Raises OutputError where another one writes to it."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    file = Path(path).open("ab")  # noqa: SIM115  # the lock lasts as long as it is open
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise OutputError(
            f"another worker writes to {path}: give each its own, with %(worker)s in the name after -o"
        ) from None
    return file


def _digest(seeds: list[Listing]) -> str:
    return hashlib.blake2b(b"\n".join(sorted(seed.url.encode() for seed in seeds)), digest_size=8).hexdigest()


def _unused(spider: str, stamp: str, worker: str) -> str:
    """The worker's name, with a number where a folder of that name is there: in a container, pids come again."""
    taken = 1
    name = worker
    while Path("output", spider, stamp, name).exists():
        taken += 1
        name = f"{worker}-{taken}"
    return name
