"""The status of the crawls in a Redis."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from sc_spiders.errors import ArgumentError, Damaged
from sc_spiders.frontier.redis.loss import what_is_lost
from sc_spiders.frontier.redis.store import FORMAT, prefix
from sc_spiders.frontier.scripts import source
from sc_spiders.frontier.troubles import Wait
from sc_spiders.records import Pseudonyms
from sc_spiders.records.words import clock, listed
from sc_spiders.redis_connection import connect_blocking, place, reason, refusal

# Also finds a crawl that has lost some of these keys.
_NAME = re.compile(
    r"sc_spiders:\{(.*)\}:(?:meta|parts|totals|levels|templates|state|walked|walked:bits|parked)", re.DOTALL
)


@dataclass(slots=True)
class Status:
    """A crawl at one moment. `counts`: records by kind; `ended`: listings by how they ended.

    `workers`: what each tells of itself (pages, failures, waits), and the seconds since its last sign of life. `rate`:
    pages a second.
    """

    name: str
    spider: str
    arguments: dict[str, str]
    api: str
    started_at: str
    finished: str | None
    finished_at: str | None
    queued: int
    leased: int
    parked: int
    pages: int
    ended: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    named: list[str] = field(default_factory=list)
    workers: list[dict[str, Any]] = field(default_factory=list)
    rate: float | None = None

    @property
    def state(self) -> str:
        """running, stopped (no worker is left), or the finish_reason."""
        return self.finished or ("running" if self.workers else "stopped")

    @property
    def runs(self) -> bool:
        return self.state == "running"

    @property
    def share(self) -> float | None:
        """The share of the listings found so far that have ended, 0 to 1; None if there are none."""
        done = sum(self.ended.values())
        if not (known := done + self.queued + self.leased):
            return None
        return done / known

    @property
    def faults(self) -> dict[str, int]:
        """The number of failed requests of the present workers by kind of failure, the most frequent first."""
        every: Counter[str] = Counter()
        for worker in self.workers:
            every.update(worker.get("faults", {}))
        return dict(every.most_common())

    def as_json(self) -> dict[str, Any]:
        done = sum(self.ended.values())
        return {
            "name": self.name,
            "state": self.state,
            "spider": self.spider,
            "arguments": self.arguments,
            "api": self.api,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "workers": self.workers,
            "pages": self.pages,
            "pages_a_second": self.rate,
            "share": self.share,
            "faults": self.faults,
            "listings": {
                "queued": self.queued,
                "leased": self.leased,
                "done": done,
                "complete": self.ended["complete"],
                "failed": done - self.ended["complete"],
                "to_be_tried_again": self.parked,
            },
            "failed": {how: count for how, count in sorted(self.ended.items()) if how != "complete"},
            "records": dict(sorted(self.counts.items())),
        }

    def lines(self) -> Iterator[str]:
        """The status as text for the user."""
        since = f"since {self.started_at}" if not self.finished else f"{self.started_at} to {self.finished_at}"
        yield f"{self.name}: {self.state}, {since}"
        arguments = " ".join(f"{name}={value}" for name, value in self.arguments.items())
        yield f"  crawl: {self.spider} {arguments} ({self.api})"
        rate = f", {self.rate:,.1f} a second" if self.rate is not None else ""
        yield f"  pages: {self.pages:,}{rate}"
        if not self.finished and self.share is not None:
            yield f"  share: {self.share:.0%} of the lists found so far"
        yield from self._lines_of_listings()
        yield f"  records: {listed(dict(sorted(self.counts.items()))) or 'none'}"
        if self.faults:
            yield f"  faults: {', '.join(f'{count:,} {what}' for what, count in self.faults.items())}"
        yield from self._lines_of_workers()

    def _lines_of_listings(self) -> Iterator[str]:
        told = self.as_json()
        listings = told["listings"]
        yield f"  listings: {listings['queued']:,} queued, {listings['leased']:,} leased, {listings['done']:,} done"
        failed = f"{listings['failed']:,} failed"
        if listings["failed"]:
            failed += f" ({', '.join(f'{count:,} {how}' for how, count in told['failed'].items())})"
        yield f"    of these {listings['complete']:,} complete, {failed}"
        yield from (f"      {name}" for name in self.named)
        if self.parked:
            yield f"    {self.parked:,} are tried again when the same command is started after the end"

    def _lines_of_workers(self) -> Iterator[str]:
        if not self.finished:
            yield f"  workers: {len(self.workers)}"
        for worker in self.workers:
            yield f"    {worker['worker']}: {worker['pages']:,} pages, heard of {worker['silent']:.1f} s ago"
            yield from (f"      waiting: {words}" for words in _waiting(worker))


def _waiting(worker: dict[str, Any]) -> Iterator[str]:
    """What a worker waits for, and how long. A worker of an older version does not tell."""
    if worker.get("held"):
        yield f"everything waits for the API: {clock(worker['held'])} left"
    for wait in worker.get("waits", ()):
        yield Wait(**wait).words


@contextmanager
def opened(url: str) -> Iterator[Redis]:
    """The Redis of SC_REDIS_URL. Raises ArgumentError if the URL is bad or Redis refuses or does not answer."""
    try:
        with connect_blocking(url) as redis:
            yield redis
    except RedisError as e:
        why = refusal(e) or f"does not answer: {reason(e)}"
        raise ArgumentError(f"{place(url)} {why}") from None


def version(redis: Redis, url: str) -> str:
    """The Redis of SC_REDIS_URL and its version, for messages. Raises RedisError."""
    try:
        return f"{place(url)}: version {redis.info('server')['redis_version']}"
    except (ResponseError, KeyError):  # this user may not ask
        return f"{place(url)} answers"


def none_at(url: str) -> str:
    """The message about a Redis without crawls."""
    return f"no crawl at {place(url)}"


def names(redis: Redis) -> list[str]:
    """The names of the crawls in this Redis. Raises RedisError."""
    found = (_NAME.fullmatch(key.decode("utf-8", "replace")) for key in redis.scan_iter("sc_spiders:{*}:*", count=1000))
    return sorted({match[1] for match in found if match})


def look(redis: Redis, name: str, seconds: float = 0) -> Status | None:
    """The status of that crawl, None if it does not exist. If it runs, count its pages for `seconds`.

    Raises RedisError; Damaged also if Redis has lost a part of it.
    """
    status = _look(redis, name)
    if status and status.state == "running" and seconds:
        began = time.monotonic()
        time.sleep(seconds)
        later = _look(redis, name)
        if later:
            later.rate = (later.pages - status.pages) / (time.monotonic() - began)
            return later
    return status


def unfinished(redis: Redis, starts: Collection[str]) -> Iterator[str]:
    """The names of the crawls that began at one of these times and can go on. Raises RedisError."""
    for name in names(redis):
        try:
            status = _look(redis, name)
        except Damaged:
            continue  # no worker can join it
        if status and status.started_at in starts and (not status.finished or status.parked):
            yield name


def forget(redis: Redis, name: str) -> int:
    """Remove the crawl. Returns how many keys it had. Raises RedisError."""
    pattern = re.sub(r"([\\*?\[\]])", r"\\\1", prefix(name)) + "*"
    keys = list(redis.scan_iter(pattern, count=1000))
    for at in range(0, len(keys), 1000):
        redis.unlink(*keys[at : at + 1000])
    return len(keys)


def _look(redis: Redis, name: str) -> Status | None:
    try:
        return _read(redis, name)
    except (ValueError, TypeError, KeyError, AttributeError) as e:
        raise Damaged(f"is no crawl of this version of the project, or damaged ({type(e).__name__}: {e})") from None
    except ResponseError as e:
        if "WRONGTYPE" not in str(e):
            raise
        raise Damaged(f"is no crawl of this project: {e}") from None


def _read(redis: Redis, name: str) -> Status | None:
    key = prefix(name)
    pipe = redis.pipeline(transaction=False)
    pipe.hgetall(key + "meta")
    pipe.hgetall(key + "totals")
    pipe.lrange(key + "named", 0, -1)
    pipe.zrange(key + "workers", 0, -1, withscores=True)
    pipe.hgetall(key + "info")
    pipe.hlen(key + "parked")
    pipe.eval(source("status"), 1, key)
    pipe.time()
    meta, totals, named, workers, info, parked, (lost, waiting, leased), (seconds, micros) = pipe.execute()
    if lost == b"gone":
        return None
    if meta and (version := meta[b"format"].decode()) != str(FORMAT):
        raise ValueError(f"its format is {version[:20]!r}, this version has {FORMAT}")
    if lost:
        raise Damaged(f"Redis has lost a part of it: {what_is_lost(lost.decode().split())}")
    queued = int(meta.get(b"seeds", 0)) - int(meta.get(b"seeded", 0)) + waiting
    identity = json.loads(meta[b"identity"])
    counts = Counter({name.decode(): int(count) for name, count in totals.items()})
    arguments = {str(name): str(value) for name, value in identity["arguments"].items()}
    output = json.loads(meta.get(b"written", b"{}"))
    if output.get("SC_PSEUDONYMS", "none") != "none":  # the crawl itself needs the real names
        arguments = Pseudonyms.left_out(arguments)
    status = Status(
        name,
        str(identity["spider"]),
        arguments,
        str(identity["api"]),
        meta[b"started_at"].decode(),
        _text(meta.get(b"finished")),
        _text(meta.get(b"finished_at")),
        queued,
        leased,
        parked,
        counts["pages"],
        _of(counts, "ended:"),
        _of(counts, "records:"),
        [text.decode() for text in named],
    )
    status.workers += _present(workers, info, seconds * 1000 + micros / 1000)
    return status


def _present(workers: list[tuple[bytes, float]], info: dict[bytes, bytes], now: float) -> Iterator[dict[str, Any]]:
    """The workers whose lease has not ended. `workers`: with the end of the lease, in milliseconds as `now`."""
    for worker, until in workers:
        if until >= now and worker in info:
            says = json.loads(info[worker])
            heard = max(0.0, (now - until) / 1000 + says["lease"])
            yield {**says, "worker": str(says["worker"]), "pages": int(says["pages"]), "silent": heard}


def _text(value: bytes | None) -> str | None:
    if value is None:
        return None
    return value.decode()


def _of(counts: Counter[str], kind: str) -> Counter[str]:
    return Counter({name.removeprefix(kind): count for name, count in counts.items() if name.startswith(kind)})
