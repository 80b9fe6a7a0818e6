"""What a worker of a shared crawl knows by itself: what it wrote, and what its listings have had.

Nodes and edges that another worker wrote too are written again, and `scrapy merge` makes one of them. Who is walked is
decided in Redis; what is kept of it here only spares asking.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Any

from sc_spiders.frontier.job import Job, is_bad, now, shortfall
from sc_spiders.frontier.output_files import Plan
from sc_spiders.frontier.planting import Planting
from sc_spiders.frontier.redis.durable import sync_closed
from sc_spiders.frontier.refused import CAME, all_refused
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import LISTED, Listing, is_listed
from sc_spiders.pages.seen import Seen, ident

_HEADER = Struct("<HI")  # bytes of the space's name, count of ids
_WALKED = "walked"
_EDGES = ("<", ">")  # in the names of their spaces, and of no others
BEHIND = "behind:"  # before the names of `Job.behind`, among the crawl's totals
_TOLD = "told"  # in a listing's extra: it is among the crawl's lists already
_STOPS = frozenset({"shutdown", "wait", "credentials"})

Claim = tuple[str, int]


class SharedSeen(Seen):
    """Spaces of one worker. Those of a listing travel with it; who is walked is claimed, and known once it was granted.

    `edges`: whether those that were written are kept, which is of use only where they may be met again.
    """

    def __init__(self, *, edges: bool) -> None:
        super().__init__()
        self._edges = edges
        self._claimed: set[Claim] = set()
        self._deltas: dict[int, list[bytes]] = {}
        self._own: dict[int, set[str]] = {}

    def fresh(self, space: str, ids: Iterable[int]) -> list[int]:
        fresh = super().fresh(space, ids)
        return [i for i in fresh if (space, i) not in self._claimed] if space.startswith(_WALKED) else fresh

    def count(self, space: str) -> int:
        return super().count(space) + sum(claim[0] == space for claim in self._claimed)

    def add(self, space: str, ids: list[int]) -> None:
        if space.startswith(_WALKED):
            self._claimed.update((space, i) for i in ids)
            return
        if not self._edges and any(sign in space for sign in _EDGES):
            return
        super().add(space, ids)
        if ids and space.startswith(("listing:", "pages:")):
            kind, listing, *more = space.split(":", 2)
            self._own.setdefault(int(listing), set()).add(space)
            name = ":".join((kind, *more)).encode()
            self._deltas.setdefault(int(listing), []).extend(
                (_HEADER.pack(len(name), len(ids)), name, array("Q", ids).tobytes())
            )

    def claims(self, added: list[Listing]) -> tuple[list[Claim], list[tuple[str | None, list[Listing]]]]:
        """New listings by what they are of, where that was claimed with them; and those claims."""
        groups: list[tuple[str | None, list[Listing]]] = []
        by_claim: dict[Claim, list[Listing]] = {}
        for listing in added:
            claim = self._claim_of(listing.subject or "")
            if claim in by_claim:
                by_claim[claim].append(listing)
            elif claim:
                by_claim[claim] = [listing]
                groups.append((f"{claim[0]} {claim[1]}".removeprefix("walked "), by_claim[claim]))
            else:
                groups.append((None, [listing]))
        self._claimed.difference_update(by_claim)
        return list(by_claim), groups

    def _claim_of(self, subject: str) -> Claim | None:
        last = subject.rpartition(":")[2]
        number = int(last) if last.isascii() and last.isdigit() else ident(subject)
        kind = subject.split(":")[1].removesuffix("s") if subject.startswith("soundcloud:") else ""
        for claim in ((_WALKED, number), (f"{_WALKED} {kind}", number)):
            if claim in self._claimed:
                return claim
        return None

    def walk(self, claims: list[Claim]) -> None:
        """These are walked, by whomever."""
        for space, number in claims:
            super().add(space, [number])

    def unwalk(self) -> None:
        """Redis may have gone back to an older state: what it said of users does not count any more."""
        for space in [space for space in self._spaces if space.startswith(_WALKED)]:
            del self._spaces[space]

    def delta(self, listing: int) -> bytes:
        """What was added to that listing's spaces since the last time."""
        return b"".join(self._deltas.pop(listing, ()))

    def load(self, listing: int, ids: bytes) -> None:
        """Take over the spaces of a listing, from all its deltas."""
        at = 0
        while at < len(ids):
            size, count = _HEADER.unpack_from(ids, at)
            start = at + _HEADER.size + size
            kind, *more = ids[at + _HEADER.size : start].decode().split(":", 1)
            at = start + count * 8
            self.add(":".join((kind, str(listing), *more)), array("Q", ids[start:at]).tolist())
        self._deltas.pop(listing, None)

    def drop(self, listing: int) -> None:
        """Forget the spaces of a listing that is done with here."""
        self._deltas.pop(listing, None)
        for space in self._own.pop(listing, ()):
            self.close_space(space, drop=True)


class SharedJob(Job):
    """A crawl as one of its workers sees it: `counts` are the worker's, all else is the crawl's."""

    shared = True
    bad = False
    kept = True

    def __init__(self, identity: dict[str, Any], meta: dict[str, str], *, edges: bool) -> None:
        self.identity = identity
        self.meta = meta
        self.joined_at = now()
        self.started_at = meta["started_at"]
        self.stamp = self.started_at.replace(":", "-").removesuffix("Z")
        self.resumed = False
        self.finished = None
        self.outputs = {}
        self.sums = {}
        self.written = {}
        self.counts = Counter()
        self.listings = Counter()
        self.crawl_counts = {}
        self.behind = Counter()
        self.named = []
        self.again = 0
        self.seen: SharedSeen = SharedSeen(edges=edges)
        self.plan = Plan()
        self.hydration = Hydration(self.seen)
        self.planting = Planting()
        self._ended = ""
        self._answered = False

    def ending(self, listing: Listing) -> dict[str, Any]:
        """How a listing ended, as its acknowledgement says it. One that is tried again was counted before."""
        details: dict[str, Any] = {"listed": _is_listed(listing) and not listing.extra.get(_TOLD)}
        if listing.complete:
            return details | {"ended": "complete" if listing.is_list else ""}
        how, words = shortfall(listing)
        return details | {"ended": how, "name": words, "bad": is_bad(listing)}

    def conclude(self, finished: str, totals: Counter[str], named: list[str] | None = None) -> None:
        """How the crawl stands; `named` where that is known."""
        self._ended = finished
        self._answered = totals["pages"] > 0
        self.listings = Counter(
            {name.removeprefix("ended:"): count for name, count in totals.items() if name.startswith("ended:")}
        )
        anything = totals[CAME] > 0 or self.listings["complete"] > 0
        self.bad = totals["bad"] > 0 or all_refused(self.listings, anything=anything)
        self.crawl_counts = {LISTED: totals["lists"]}
        self.behind = Counter({name: totals[f"{BEHIND}{name}"] for name in ("lists", "rows")})
        if named is not None:
            self.named = named

    @property
    def answered(self) -> bool:
        return self._answered

    def reason(self, reason: str) -> str:
        return self._ended if self._ended and reason in _STOPS else reason

    def unfinished(self) -> Iterator[Listing]:
        """None: what this worker did not finish, others do."""
        return iter(())

    @property
    def unasked(self) -> int:
        return 0

    def some_unasked(self, most: int) -> Iterator[Listing]:
        return iter(())

    def failed(self) -> Iterator[Listing]:
        return iter(())

    @property
    def planned(self) -> str:
        """None: nothing is kept here."""
        return ""

    def plan_folder(self, folder: str) -> None:
        """Nothing is kept here."""

    def check(self) -> None:
        """Nothing is kept here of what each worker has written."""

    def sync(self) -> None:
        """Done already: Redis is told of a page once the disk has it."""

    def heed(self, until: float) -> None:
        """Nothing is kept here: others may ask from elsewhere."""

    def close(self, reason: str, left: dict[str, int]) -> None:
        """Nothing is kept here; the disk takes the closing records. Raises OSError."""
        sync_closed(left)

    def abandon(self) -> None:
        """Nothing is kept here."""


def to_be_tried_again(listing: Listing, before: Listing | None) -> Listing:
    """The state in which a listing is parked: `before` its one page came, where it has but one."""
    state = before or listing
    state.end(listing.ended or "", listing.error)
    state.attempts = listing.attempts
    state.extra[_TOLD] = bool(listing.extra.get(_TOLD)) or _is_listed(listing)
    return state


def _is_listed(listing: Listing) -> bool:
    """Whether it has a record that is one of the crawl's lists."""
    return (listing.is_list or not listing.complete) and is_listed(listing.endpoint, listing.pages)
