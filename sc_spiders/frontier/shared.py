"""What a worker of a shared crawl knows by itself: what it wrote, and what its listings have had.

Nodes and edges that another worker wrote too are written again, and `scrapy merge` makes one of them. Who is walked is
decided in Redis; what is kept of it here only spares asking.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from struct import Struct
from typing import Any

from sc_spiders.frontier.job import Job, is_bad, now, shortfall
from sc_spiders.frontier.seen import Seen, ident
from sc_spiders.frontier.stubs import Stubs
from sc_spiders.listing import Listing

_HEADER = Struct("<HI")  # bytes of the space's name, count of ids
_WALKED = "walked"


class SharedSeen(Seen):
    """Spaces of one worker. Those of a listing travel with it; `walked` is claimed, and known once it was granted."""

    def __init__(self) -> None:
        super().__init__()
        self._claimed: set[int] = set()
        self._deltas: dict[int, list[bytes]] = {}
        self._own: dict[int, set[str]] = {}

    def fresh(self, space: str, ids: Any) -> list[int]:
        fresh = super().fresh(space, ids)
        return [i for i in fresh if i not in self._claimed] if space == _WALKED else fresh

    def count(self, space: str) -> int:
        return super().count(space) + (len(self._claimed) if space == _WALKED else 0)

    def add(self, space: str, ids: list[int]) -> None:
        if space == _WALKED:
            self._claimed.update(ids)
            return
        super().add(space, ids)
        if ids and space.startswith(("listing:", "pages:")):
            kind, listing, *more = space.split(":", 2)
            self._own.setdefault(int(listing), set()).add(space)
            name = ":".join((kind, *more)).encode()
            self._deltas.setdefault(int(listing), []).extend(
                (_HEADER.pack(len(name), len(ids)), name, array("Q", ids).tobytes())
            )

    def claims(self, added: list[Listing]) -> tuple[list[int], list[tuple[str | None, list[Listing]]]]:
        """New listings by the user they are of, where that user was claimed with them; and those users."""
        groups: list[tuple[str | None, list[Listing]]] = []
        by_user: dict[int, list[Listing]] = {}
        for listing in added:
            last = (listing.subject or "").rpartition(":")[2]
            user = int(last) if last.isascii() and last.isdigit() else ident(listing.subject or "")
            if user in by_user:
                by_user[user].append(listing)
            elif user in self._claimed:
                by_user[user] = [listing]
                groups.append((str(user), by_user[user]))
            else:
                groups.append((None, [listing]))
        self._claimed.difference_update(by_user)
        return list(by_user), groups

    def walk(self, users: list[int]) -> None:
        """These are walked, by whomever."""
        super().add(_WALKED, users)

    def unwalk(self) -> None:
        """Redis may have gone back to an older state: what it said of users does not count any more."""
        self._spaces.pop(_WALKED, None)

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

    bad = False

    def __init__(self, identity: dict[str, Any], meta: dict[str, str]) -> None:
        self.identity = identity
        self.meta = meta
        self.joined_at = now()
        self.started_at = meta["started_at"]
        self.stamp = self.started_at.replace(":", "-").removesuffix("Z")
        self.resumed = False
        self.finished = None
        self.outputs = {}
        self.counts = Counter()
        self.listings = Counter()
        self.named = []
        self.seen: SharedSeen = SharedSeen()
        self.stubs = Stubs(self.seen)

    def ending(self, listing: Listing) -> dict[str, Any]:
        """How a listing ended, as its acknowledgement says it."""
        if listing.complete:
            return {"ended": "complete" if listing.is_list else ""}
        how, words = shortfall(listing)
        return {"ended": how, "name": words, "bad": is_bad(listing)}

    def conclude(self, totals: dict[str, int], named: list[str]) -> None:
        """How the crawl stands as this worker leaves it."""
        self.bad = "bad" in totals
        self.named = named
        self.listings = Counter(
            {name.removeprefix("ended:"): count for name, count in totals.items() if name.startswith("ended:")}
        )

    def unfinished(self) -> Iterator[Listing]:
        """None: what this worker did not finish, others do."""
        return iter(())

    def failed(self) -> Iterator[Listing]:
        return iter(())

    def close(self, reason: str, left: dict[str, int]) -> None:
        """Nothing is kept here."""

    def abandon(self) -> None:
        """Nothing is kept here."""
