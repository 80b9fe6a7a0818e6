"""A shared crawl in Redis: streams of listings with a consumer group, and a Lua script for each step.

A worker leases listings and acknowledges each page in one call, which also adds the new listings. It keeps its leases
as long as it gives signs of life. After that, other workers lease the listings and go on after the last acknowledged
page. Redis refuses late acknowledgements. All stored data is plain.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any, cast

import orjson
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from sc_spiders import records
from sc_spiders.api import CATALOGUE
from sc_spiders.errors import CrawlGone, PartLost, SpidersError, Strange
from sc_spiders.frontier.endings import is_bad, shortfall
from sc_spiders.frontier.redis.outcome import NAMED
from sc_spiders.frontier.scripts import source
from sc_spiders.pages.listing import NAME, Listing

FORMAT = 6  # version of the keys' format; a crawl of another version is refused

_MARK = b"\x01"  # stands for the id in a template; JSON text never contains it
_STEPS = ("seed", "reopen", "commit", "take", "leave", "outcome")  # they fail if Redis lacks a part of the crawl
_SCRIPTS = {"begin": source("begin"), **{name: source("intact", name) for name in _STEPS}}
_SHA = {name: hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest() for name, text in _SCRIPTS.items()}
_ALWAYS = {"endpoint", "subject", "url"}
_DEFAULTS = {
    field.name: getattr(Listing("", None, ""), field.name) for field in fields(Listing) if field.name not in _ALWAYS
}

Arg = str | bytes | int
Call = tuple[str, list[Arg]]


@dataclass(slots=True)
class Lease:
    """A worker's lease of a listing: the listing's place in Redis, and how many of its pages are acknowledged.

    `before`: the listing when it was leased, if it has only one page.
    """

    stream: str
    entry: str
    key: str
    pages: int = 0
    before: Listing | None = None


@dataclass(slots=True)
class Taken:
    """The answer of take.lua: leased listings, and the state of the crawl.

    `beginning`: seeds are still to be added. `moments`: when requests may be sent, in ms from now. `strays`: how many
    leases the worker did not know of. `hopeless`: endpoints at which every worker is blocked. `levels`: open listings
    by level.
    """

    finished: str
    beginning: bool
    moments: list[int]
    listings: list[tuple[Lease, Listing, bytes]]
    strays: int
    hopeless: list[str]
    levels: Counter[int]
    totals: Counter[str]


def prefix(name: str) -> str:
    """The prefix of all keys of that crawl. The braces keep the keys together on a Redis Cluster."""
    return f"sc_spiders:{{{name}}}:"


class CrawlStore:
    """One worker's view of a crawl in Redis.

    All async methods raise RedisError. Those for a crawl that has begun also raise CrawlGone and PartLost.
    """

    def __init__(self, redis: Redis, name: str, worker: str, lease: float) -> None:
        """`lease` is in seconds."""
        self.redis = redis
        self.name = name
        self.worker = worker
        self.lease = lease
        self.unordered_from = 0
        self._prefix = prefix(name)
        self._id = ""

    async def begin(self, meta: dict[str, Arg], unordered_from: int) -> tuple[dict[str, str], list[str]]:
        """Begin the crawl unless another worker did. Seeds are added by `seed`.

        Returns its meta, and the names of the parts that Redis has lost.
        """
        self.unordered_from = unordered_from
        whole = {**meta, "unordered_from": unordered_from, "id": secrets.token_hex(8)}
        pairs: list[Arg] = list(chain.from_iterable(whole.items()))
        [[found, lost]] = await self._do([("begin", pairs)])
        known = dict(zip(*[iter(_texts(found))] * 2, strict=True))
        self._id = known.get("id", "")
        return known, lost.decode().split()

    async def seed(self, before: int, seeds: Sequence[Listing]) -> int:
        """Add seeds if Redis has `before` of them. Returns how many it has afterwards. May be repeated."""
        args = [before, len(seeds), *self._added([(None, [seed]) for seed in seeds])]
        [count] = await self._do([self._step("seed", args)])
        return int(count)

    async def claim(self, name: str) -> bool:
        """Claim a name for this worker. Returns False if another worker has or had it."""
        return bool(await self.redis.sadd(self._prefix + "worker_names", name))

    async def parked(self, cursor: int) -> tuple[int, list[tuple[str, Listing]]]:
        """The cursor for the next call (0 at the end), and some of the parked listings."""
        cursor, page = await self.redis.hscan(self._prefix + "parked", cursor, count=1000)
        found = cast("dict[bytes, bytes]", page)
        try:
            return cursor, [(key.decode(), _listing(data.partition(b" ")[2])) for key, data in found.items()]
        except (ValueError, TypeError) as e:
            raise Strange(str(e)) from None

    def reopening(self, parked: Iterable[tuple[str, Listing]], pages: int | None = None) -> list[Arg]:
        """The arguments of reopen.lua for these listings.

        `pages`: in the first call, how many pages the crawl had before these listings were read.
        """
        args: list[Arg] = [self.worker, "" if pages is None else pages]
        for key, listing in parked:
            ended, name = shortfall(listing)
            bad = is_bad(listing)
            name = listing.extra.pop(NAMED, name)
            listing.reopen()
            state = listing.dumps()
            args += (key, state, self.level(listing), listing.endpoint, ended, int(bad), name, int(listing.tried))
        return args

    async def reopen(self, args: list[Arg]) -> bool:
        """Reopen a finished crawl. Returns False if another worker was first."""
        [done] = await self._do([self._step("reopen", args)])
        return bool(done)

    async def exchange(self, commits: list[list[Arg]], take: list[Arg]) -> tuple[list[str], Taken]:
        """Acknowledge pages and lease listings, in one round trip. May be repeated if the answer was lost.

        Raises Strange.
        """
        calls = [self._step("commit", args) for args in commits]
        *answers, taken = await self._do([*calls, self._step("take", take)])
        finished, beginning, moments, listings, strays, hopeless, levels, totals = taken
        try:
            return _texts(answers), Taken(
                finished.decode(),
                bool(beginning),
                moments,
                [_leased(*entry) for entry in listings],
                strays,
                _texts(hopeless),
                Counter({int(level): int(count) for level, count in zip(levels[::2], levels[1::2], strict=True)}),
                _pairs(totals),
            )
        except (ValueError, TypeError) as e:
            raise Strange(str(e)) from None

    def take(
        self,
        want: int,
        info: str,
        blocked: Iterable[str] = (),
        rate: float = 0,
        moments: int = 0,
        held: Iterable[Lease] | None = None,
        *,
        may_try: bool = True,
    ) -> list[Arg]:
        """The arguments of take.lua. `held`: the leases that this worker knows, so that Redis finds unknown ones.

        `may_try`: if there are no others, also lease listings that were tried without success.
        """
        audit = () if held is None else [f"{lease.stream}/{lease.entry}" for lease in held]
        milliseconds = round(self.lease * 1000)
        told = ",".join(sorted(blocked))
        looks = int(held is not None)
        return [self.worker, milliseconds, want, info, told, repr(rate), moments, looks, int(may_try), *audit]

    def commit(
        self,
        lease: Lease,
        verb: str,
        listing: Listing,
        *,
        ids: bytes = b"",
        ended: str = "",
        name: str = "",
        bad: bool = False,
        listed: bool = False,
        limit: int = 0,
        time: str = "",
        counts: dict[str, int] | None = None,
        added: Iterable[tuple[str | None, list[Listing]]] = (),
    ) -> list[Arg]:
        """The arguments of commit.lua, which explains `verb`.

        `added`: new listings, grouped by user. A group is added only if its user was not walked before. Without a user
        (None), it is always added.
        """
        counters: list[Arg] = list(chain.from_iterable((counts or {}).items()))
        return [
            self.worker,
            lease.stream,
            lease.entry,
            lease.key,
            lease.pages,
            verb,
            self.level(listing),
            b"" if verb == "end" else listing.dumps(),
            ids,
            ended,
            name,
            int(bad),
            int(listed),
            limit,
            time,
            len(counters) // 2,
            *counters,
            *self._added(added),
        ]

    async def leave(self) -> None:
        """Release all leases, and leave the crawl."""
        await self._do([self._step("leave", [self.worker])])

    async def outcome(self) -> tuple[str, Counter[str], list[str]]:
        """The crawl's finish_reason, its counts so far, and the names of some incomplete listings."""
        [[finished, totals, named]] = await self._do([self._step("outcome", [])])
        return finished.decode(), _pairs(totals), _texts(named)

    async def close(self) -> None:
        await self.redis.aclose()

    def level(self, listing: Listing) -> int:
        """The level under which the listing is counted. Levels from `unordered_from` on are counted as one."""
        return min(listing.level, self.unordered_from)

    def _added(self, groups: Iterable[tuple[str | None, list[Listing]]]) -> Iterator[Arg]:
        templates: dict[str, bytes] = {}
        rows: list[Arg] = []
        count = 0
        for user, listings in groups:
            by_id: dict[str | bytes, list[Arg]] = {}
            for listing in listings:
                name, text, id_ = _pack(listing)
                if name:
                    templates[name] = text
                by_id.setdefault(id_, []).extend(
                    (
                        name,
                        "" if listing.announced is None else listing.announced,
                        f"{self.level(listing)}:{listing.endpoint}",
                    )
                )
            for id_, entries in by_id.items():
                rows += (user or "", id_, len(entries) // 3, *entries)
                count += 1
        yield len(templates)
        for name, text in templates.items():
            yield from (name, text)
        yield count
        yield from rows

    async def _do(self, calls: list[Call]) -> list[Any]:
        """Run scripts in one round trip, and return their answers. Raises RedisError, CrawlGone, PartLost."""
        for _ in range(2):
            pipe = self.redis.pipeline(transaction=False)
            for name, args in calls:
                pipe.evalsha(_SHA[name], 1, self._prefix, *args)
            answers = await pipe.execute(raise_on_error=False)
            if not any(isinstance(answer, NoScriptError) for answer in answers):
                break
            for text in _SCRIPTS.values():  # after a restart, Redis knows no scripts
                await self.redis.script_load(text)
        for answer in answers:
            if isinstance(answer, RedisError):
                raise self._loss(str(answer)) or answer
        return list(answers)

    def _step(self, name: str, args: list[Arg]) -> Call:
        """The call of a script that `intact.lua` precedes."""
        return name, [*args, self._id]

    def _loss(self, error: str) -> SpidersError | None:
        """The exception for a Redis error that tells of a loss; None for any other error."""
        if error.startswith("GONE "):
            return CrawlGone()
        if error.startswith("LOST "):
            return PartLost(*error.split()[1:])
        if "BUSYGROUP" in error:  # the crawl has a stream that its parts do not name
            return PartLost("parts")
        if "NOGROUP" in error:
            stream = re.search(rf"{re.escape(self._prefix)}([a-z0-9_:]+)", error)
            return PartLost(f"group:{stream[1]}" if stream else "group")
        return None


def _pack(listing: Listing) -> tuple[str, bytes, str | bytes]:
    """A new listing as three values: the name of a template, the template, and the id to put into it.

    A listing without a template gives two empty strings and its own text.

    Lists of followers differ only in the user's id. So a queued one takes 30 bytes instead of 300. The subject's name
    is left out: it is only for messages.
    """
    extra = {name: value for name, value in listing.extra.items() if name != NAME or listing.seed}
    plain = {name: value for name in _ALWAYS if (value := getattr(listing, name)) is not None}
    for name, default in _DEFAULTS.items():
        value = getattr(listing, name)
        if value != default and name not in ("id", "announced"):
            plain[name] = value
    plain["extra"] = extra
    if not extra:
        del plain["extra"]
    plain.setdefault("subject", None)
    try:
        text = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # orjson cannot write it
        text = records.dumps(plain)
    id_ = (listing.subject or "").rpartition(":")[2]
    if extra or not (id_.isascii() and id_.isdigit()):
        return "", b"", text
    text = text.replace(id_.encode(), _MARK)
    return hashlib.blake2b(text, digest_size=6).hexdigest(), text, id_


def _leased(
    stream: bytes, entry: bytes, key: bytes, template: bytes, id_: bytes, announced: bytes, lost: bytes,
    state: bytes, ids: bytes,
) -> tuple[Lease, Listing, bytes]:  # fmt: skip
    lease = Lease(stream.decode(), entry.decode(), key.decode())
    if state:
        pages, _, data = state.split(b" ", 2)
        lease.pages = int(pages)
        listing = _listing(data)
    else:
        listing = _listing(template.replace(_MARK, id_) if template else id_)
        listing.announced = int(announced) if announced else None
    listing.losses = int(lost)
    return lease, listing, ids


def _listing(data: bytes) -> Listing:
    """Read a listing. Data from Redis must not name an unknown endpoint or another host."""
    listing = Listing.loads(data)
    path = isinstance(listing.url, str) and (listing.url.startswith("/") or not listing.url)
    plain = isinstance(listing.params, dict) and isinstance(listing.extra, dict) and isinstance(listing.missing, list)
    if listing.endpoint not in CATALOGUE or not path or not plain:
        raise ValueError("a listing cannot be walked")
    return listing


def _pairs(found: list[bytes]) -> Counter[str]:
    return Counter({name.decode(): int(count) for name, count in zip(found[::2], found[1::2], strict=True)})


def _texts(found: Iterable[bytes]) -> list[str]:
    return [text.decode() for text in found]
