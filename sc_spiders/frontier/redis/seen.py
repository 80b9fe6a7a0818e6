"""The ids that one worker of a shared crawl remembers: those it wrote, and those its listings have seen.

Two workers may write the same node or edge; `scrapy merge` removes the duplicate. Redis decides which users are walked.
Each worker keeps a copy of that set, so that it asks Redis less often.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from struct import Struct

from sc_spiders.pages.listing import Listing
from sc_spiders.pages.namespaces import Namespace, Purpose
from sc_spiders.pages.seen import Seen, ident

_HEADER = Struct("<HI")  # bytes of the namespace's name, count of ids

Claim = tuple[Namespace, int]
Groups = list[tuple[str | None, list[Listing]]]


class SharedSeen(Seen):
    """The namespaces of one worker. Those of a listing move with it to another worker.

    A worker claims the users it wants to walk, and Redis grants them. `edges`: remember written edges. That is needed
    only if an edge can be found from both ends.
    """

    def __init__(self, *, edges: bool) -> None:
        super().__init__()
        self._edges = edges
        self._claimed: set[Claim] = set()
        self._deltas: dict[int, list[bytes]] = {}
        self._own: dict[int, set[Namespace]] = {}

    def fresh(self, namespace: Namespace, ids: Iterable[int]) -> list[int]:
        fresh = super().fresh(namespace, ids)
        if namespace.purpose is Purpose.FOLLOWED:
            return [i for i in fresh if (namespace, i) not in self._claimed]
        return fresh

    def count(self, namespace: Namespace) -> int:
        return super().count(namespace) + sum(claimed == namespace for claimed, _ in self._claimed)

    def add(self, namespace: Namespace, ids: list[int]) -> None:
        if namespace.purpose is Purpose.FOLLOWED:
            self._claimed.update((namespace, i) for i in ids)
            self._log.append((namespace, ids))
            return
        if namespace.purpose is Purpose.EDGE and not self._edges:
            return
        super().add(namespace, ids)
        if ids and namespace.listing:
            self._own.setdefault(namespace.listing, set()).add(namespace)
            name = namespace.local.encode()
            self._deltas.setdefault(namespace.listing, []).extend(
                (_HEADER.pack(len(name), len(ids)), name, array("Q", ids).tobytes())
            )

    def claims(self, added: list[Listing]) -> tuple[list[Claim], Groups]:
        """Remove the claims for new listings. Returns the claims, and the listings in groups, one for each claim."""
        groups: Groups = []
        by_claim: dict[Claim, list[Listing]] = {}
        for listing in added:
            claim = self._claim_of(listing.subject or "")
            if claim in by_claim:
                by_claim[claim].append(listing)
            elif claim:
                by_claim[claim] = [listing]
                groups.append((f"{claim[0]} {claim[1]}".removeprefix(f"{Namespace.followed()} "), by_claim[claim]))
            else:
                groups.append((None, [listing]))
        self._claimed.difference_update(by_claim)
        return list(by_claim), groups

    def _claim_of(self, subject: str) -> Claim | None:
        last = subject.rpartition(":")[2]
        number = ident(subject)
        if last.isascii() and last.isdigit():
            number = int(last)
        kind = ""
        if subject.startswith("soundcloud:"):
            kind = subject.split(":")[1].removesuffix("s")
        for namespace in (Namespace.followed(), Namespace.followed(kind)):
            if (namespace, number) in self._claimed:
                return namespace, number
        return None

    def walk(self, claims: list[Claim]) -> None:
        """Remember that this or another worker walks these users."""
        for namespace, number in claims:
            self._namespace(namespace).add(number)

    def unwalk(self) -> None:
        """Forget all walked users: Redis may have gone back to an older state."""
        self.drop_where(Namespace.followed(), set())

    def _take_back(self, namespace: Namespace, ids: list[int]) -> None:
        if namespace.purpose is Purpose.FOLLOWED:
            self._claimed.difference_update((namespace, i) for i in ids)
            return
        super()._take_back(namespace, ids)

    def unread(self, playlist: Listing) -> None:
        """The playlist's end is not acknowledged: if this worker gets it again, it must read the tracks again."""
        self._take_back(Namespace.whole(), [ident(playlist.subject or "")])

    def delta(self, listing: int) -> bytes:
        """The ids that were added to that listing's namespaces since the last call."""
        return b"".join(self._deltas.pop(listing, ()))

    def load(self, listing: int, ids: bytes) -> None:
        """Restore a listing's namespaces from all its deltas."""
        at = 0
        while at < len(ids):
            size, count = _HEADER.unpack_from(ids, at)
            start = at + _HEADER.size + size
            namespace = Namespace.of_local(listing, ids[at + _HEADER.size : start].decode())
            at = start + count * 8
            self._namespace(namespace).update(array("Q", ids[start:at]))  # not as part of the page that is read next
            self._own.setdefault(listing, set()).add(namespace)

    def drop(self, listing: int) -> None:
        """Forget the namespaces of a listing that this worker no longer has."""
        self._deltas.pop(listing, None)
        for namespace in self._own.pop(listing, ()):
            self.close_namespace(namespace, drop=True)
