"""How a worker joins a crawl in Redis: it begins or recognises the crawl, adds seeds, or reopens a finished crawl."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sc_spiders.api.clock import now
from sc_spiders.errors import ArgumentError, PartLost
from sc_spiders.frontier.base import CrawlSpec
from sc_spiders.frontier.planting import BATCH
from sc_spiders.frontier.redis.retry import Patience
from sc_spiders.frontier.redis.store import FORMAT, CrawlStore
from sc_spiders.pages.listing import Listing
from sc_spiders.redis_connection import place

logger = logging.getLogger(__name__)

Meta = dict[str, str]

# This text from Redis becomes part of a path, so only our own format is allowed.
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_NUMBERS = ("seeds", "seeded")
_ENDED = frozenset({None, "finished", "incomplete"})


def crawl_name(identity: dict[str, Any]) -> str:
    """The name of a crawl without SC_CRAWL: the same for the same command."""
    text = json.dumps(identity, sort_keys=True).encode()
    return f"{identity['spider']}-{hashlib.blake2b(text, digest_size=5).hexdigest()}"


async def begin(
    store: CrawlStore,
    patiently: Patience,
    where: str,
    spec: CrawlSpec,
) -> Meta:
    """Begin the crawl with its first seeds, unless another worker did. Returns its meta. `where` names it in messages.

    Raises ArgumentError if it is another crawl, PartLost, CrawlGone if somebody removes it meanwhile.
    """
    output = {name: value for name, value in spec.fingerprint.items() if name != "seeds"}
    mine: dict[str, str | bytes | int] = {
        "format": FORMAT,
        "identity": json.dumps(spec.identity, sort_keys=True),
        "written": json.dumps(output),
        "digest": spec.fingerprint["seeds"],
        "seeds": len(spec.seeds),
        "started_at": now(),
    }
    if spec.seeds:
        mine["level"] = spec.seeds[0].level
    else:  # no page will end it
        mine |= {"level": 0, "finished": "finished", "finished_at": mine["started_at"]}
    meta, lost = await patiently(partial(store.begin, mine, spec.unordered_from))
    _check_format(where, meta)
    if lost:
        raise PartLost(*lost)
    _check(where, meta)
    theirs = json.loads(meta["written"])
    differing = partial(spec.differing, fingerprint=theirs)
    _compare(differing, f"{where} is another one", json.loads(meta["identity"]), spec.identity, "give the same command")
    _compare(differing, f"{where} is written otherwise", theirs, output, "give every worker the same")
    if meta["digest"] != mine["digest"]:
        raise ArgumentError(
            f"{where} began with other seeds: give every worker the same list, or choose another SC_CRAWL"
        )
    if meta["seeded"] == "0":
        meta["seeded"] = str(await plant(store, patiently, spec.seeds, 0))
    return meta


async def plant(store: CrawlStore, patiently: Patience, seeds: Sequence[Listing], done: int) -> int:
    """Add the next seeds to Redis. `done`: how many are there already. Returns how many are there now.

    If another worker has added them meanwhile, nothing is added. A second call does no harm: a worker may be killed
    before the first is done.
    """
    return await patiently(partial(store.seed, done, seeds[done : done + BATCH]))


async def reopen(store: CrawlStore, patiently: Patience) -> bool:
    """Reopen a finished crawl if some of its listings can be tried again. Returns whether it goes on.

    Listings that were tried without success go last.
    """
    _, totals, _ = await patiently(store.outcome)
    pages: int | None = totals["pages"]
    known = set[str]()
    for asked in (False, True):
        async for parked in _parked(store, patiently, asked=asked):
            new = [(key, listing) for key, listing in parked if key not in known]
            if not new:
                continue
            args = store.reopening(new, pages)
            if not await patiently(partial(store.reopen, args)):
                return True  # another worker does it
            pages = None
            known.update(key for key, _ in new)
    finished, _, _ = await patiently(store.outcome)
    return not finished


async def _parked(store: CrawlStore, patiently: Patience, *, asked: bool) -> AsyncIterator[list[tuple[str, Listing]]]:
    """Listings to try again, some at a time. `asked`: those that were tried without success; otherwise all others."""
    cursor = 0
    while True:
        cursor, found = await patiently(partial(store.parked, cursor))
        yield [(key, listing) for key, listing in found if asked == (listing.tried or listing.attempts > 0)]
        if not cursor:
            return


def tell(worker: str, name: str, url: str) -> None:
    """Log which worker this is."""
    logger.info("Worker %s of the crawl %s at %s.", worker, name, place(url))


async def unused(store: CrawlStore, patiently: Patience, home: Path, worker: str) -> str:
    """A name that no other worker has or had: `worker`, or `worker` and a number. In containers, process ids repeat.

    `home`: the folder in which each worker of the crawl has its folder.
    """
    taken = 1
    name = worker
    while (home / name).exists() or not await patiently(partial(store.claim, name)):
        taken += 1
        name = f"{worker}-{taken}"
    return name


def _check_format(where: str, meta: Meta) -> None:
    """Raises ArgumentError if the crawl is another version's."""
    if meta.get("format", str(FORMAT)) != str(FORMAT):
        raise ArgumentError(
            f"{where} was begun by another version of this project (format {meta['format']}, this one has "
            f"{FORMAT}); finish it with that version, or choose another SC_CRAWL"
        )


def _check(where: str, meta: Meta) -> None:
    """Raises ArgumentError if the meta is not this project's."""
    try:
        good = (
            "digest" in meta
            and all(isinstance(json.loads(meta[name]), dict) for name in ("identity", "written"))
            and all(meta[name].isascii() and meta[name].isdigit() for name in _NUMBERS)
            and _MOMENT.fullmatch(meta["started_at"])
            and meta.get("finished") in _ENDED
        )
    except (KeyError, ValueError):
        good = False
    if not good:
        raise ArgumentError(
            f"{where} is damaged, or somebody else writes there: remove it (`sc-spiders status NAME --forget`), or "
            "choose another SC_CRAWL"
        )


def _compare(
    differing: Callable[[str, Any, Any], str], told: str, theirs: dict[str, Any], ours: dict[str, Any], remedy: str
) -> None:
    for what, value in theirs.items():
        if ours.get(what) != value:
            raise ArgumentError(f"{told}: {differing(what, value, ours.get(what))}; {remedy}, or another SC_CRAWL")
