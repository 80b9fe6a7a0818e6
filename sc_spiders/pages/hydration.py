"""Fetches the tracks that playlists name by id only. Playlists wait until a batch has brought them, or shown them gone.

A track is requested once, even if several playlists wait for it. Batches are listings, and one batch may have tracks of
several playlists. The store keeps the wanted tracks: the transaction that acknowledges a page adds and deletes them.

Reading a page changes nothing here, only its acknowledgement does: a pipeline may drop the page, and pages are not
always acknowledged in the order in which they were read. When a playlist has all its tracks, it ends with a page of its
own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from sc_spiders.pages.batches import STRANGERS, Division, batch_of, is_divided
from sc_spiders.pages.listing import DIVIDED, Listing
from sc_spiders.pages.namespaces import Namespace
from sc_spiders.pages.seen import Seen

# A private playlist of the token's user (0: none), and a track. A batch can reach tracks of only one such playlist.
Wanted = tuple[int, int]

_TRACK = Namespace.node("track")
_GONE = Namespace.gone("track")

_TOLD_IN_WORDS = frozenset({"forbidden", "not_found", "credentials"})  # for these endings, `error` quotes the API


@dataclass(slots=True)
class Changes:
    """What the store must change when a page is acknowledged.

    `wanted`: tracks that the page's listing now waits for. `done`: tracks that no playlist waits for any more.
    `playlists`: changed playlists, to be saved. `over`: playlists that no longer wait for tracks. `waited`: the page
    is the end of such a playlist.
    """

    wanted: Iterable[Wanted] = ()
    done: list[Wanted] = field(default_factory=list)
    playlists: list[Listing] = field(default_factory=list)
    over: list[Listing] = field(default_factory=list)
    waited: bool = False


class Hydration:
    """`seen` knows which tracks are written, and which are gone.

    `over`: playlists that no longer wait for tracks, by id, until their end is acknowledged. `short`: the ending and
    error of a batch that will be tried again, by the id of each playlist that waits for it.
    """

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self.over: dict[int, Listing] = {}
        self.short: dict[int, tuple[str, str]] = {}
        self._read: dict[int, list[Wanted]] = {}
        self._waiting: dict[int, Listing] = {}
        self._left: dict[int, set[Wanted]] = {}
        self._by_track: dict[Wanted, list[int]] = {}
        self._pool: dict[int, dict[int, None]] = {}
        self._parts: list[Listing] = []
        self._failed_alone: set[Wanted] = set()
        self.division = Division()

    def load(
        self, waiting: Iterable[Listing], wanted: Iterable[tuple[int, Wanted]], batches: Iterable[Listing]
    ) -> None:
        """Restore the state of an earlier run: playlists, the tracks that each waits for, and unfinished batches."""
        self._waiting = {listing.id: listing for listing in waiting}
        for id_, track in wanted:
            self._add(id_, track)
        self.over = {id_: self._waiting.pop(id_) for id_ in self._waiting.keys() - self._left.keys()}
        for batch in batches:
            for track in batch.extra["ids"]:
                self._pool.get(batch.extra["playlist"], {}).pop(track, None)

    @property
    def pooled(self) -> bool:
        """Whether there are ids that are in no batch yet."""
        return any(self._pool.values()) or bool(self._parts)

    def want(self, listing: Listing, tracks: Iterable[int], playlist: int = 0) -> bool:
        """Let the listing wait for these tracks. Returns whether it has to wait.

        Tracks that are known to be gone are added to its `missing` at once.
        """
        if wanted := self._lacking(listing, ((playlist, track) for track in tracks)):
            self._read[listing.id] = wanted
        return bool(wanted)

    def lack(self, listing: Listing) -> None:
        """Add the tracks that have not come to the listing's `missing`, because it ends before."""
        for _, track in sorted(self._left.get(listing.id, ())):
            if not self._seen.has(_TRACK, track):
                _miss(listing, track)

    def forget(self, listing: Listing) -> None:
        """Forget the tracks that a listing should wait for, because its page will not be acknowledged."""
        self._read.pop(listing.id, None)

    def acknowledge(self, listing: Listing, *, later: bool) -> Changes:
        """The changes that this listing's page causes. `later`: playlists wait for a batch that is tried again."""
        changes = Changes(waited=self.over.pop(listing.id, None) is not None)
        if listing.spec.shape == "batch":
            self._take_back(listing, changes, later=later)
        elif listing.id in self._read:
            changes.wanted = self._lacking(listing, self._read.pop(listing.id))  # some may have come meanwhile
            for track in changes.wanted:
                self._add(listing.id, track)
            if changes.wanted:
                self._waiting[listing.id] = listing
            else:
                changes.over.append(listing)
        for playlist in changes.over:
            self.over[playlist.id] = playlist
        return changes

    def not_come(self, batch: Listing) -> list[int]:
        """The batch's objects that are neither written nor in its answer."""
        answered = _answered(batch, "came") | _answered(batch, "refused")
        written = Namespace.node(batch.spec.kinds[0])
        return [id_ for id_ in batch.extra["ids"] if id_ not in answered and not self._seen.has(written, id_)]

    def divide(self, batch: Listing) -> bool:
        """Whether other batches replace this ended one. Then it needs no record of its own."""
        batch.extra[DIVIDED] = self.division.divides(batch, self.not_come(batch))
        return is_divided(batch)

    def ending(self, listing: Listing) -> tuple[str, str | None]:
        """The ending and error of a playlist. If a batch with its tracks failed, the batch tells both."""
        if listing.id in self.short:
            return self.short[listing.id]
        if listing.error:
            return "error", listing.error
        return "end", None

    def _take_back(self, batch: Listing, changes: Changes, *, later: bool) -> None:
        """Handle a batch's end: smaller ones replace it, a later run retries it, or its tracks get their outcome."""
        self.division.learn(batch)
        if batch.seed:  # no playlist waits for it
            return
        if is_divided(batch):
            rest = self.not_come(batch)
            self._parts += self.division.parts(batch, rest)
            self._settle(batch, changes, later=rest)
        elif later and batch.retried:
            self._fall_short(batch)
        else:
            self._settle(batch, changes)

    def _fall_short(self, batch: Listing) -> None:
        for track in batch.extra["ids"]:
            for id_ in self._by_track.get((batch.extra["playlist"], track), ()):
                self.short[id_] = _shortfall(batch)

    def _settle(self, batch: Listing, changes: Changes, later: Iterable[int] = ()) -> None:
        """Give a batch's tracks their outcome: missing if they did not come, rejected if their schema refused them.

        `later`: tracks whose outcome other batches bring.
        """
        refused, lost = _answered(batch, "refused"), self.not_come(batch)
        if batch.ended == "end":
            self._seen.add(_GONE, lost)
        elif len(lost) == 1 and batch.ended in ("error", "forbidden", "not_found"):
            self._failed_alone.add((batch.extra["playlist"], lost[0]))
        touched: dict[int, Listing] = {}
        others = set(later)
        for track in batch.extra["ids"]:
            if track in others:
                continue
            wanted = batch.extra["playlist"], track
            changes.done.append(wanted)
            for id_ in self._by_track.pop(wanted, ()):
                listing = touched[id_] = self._waiting[id_]
                if track in refused:
                    listing.rejected += 1
                elif track in lost:
                    self._lose(listing, track, batch)
                self._left[id_].discard(wanted)
                if not self._left[id_]:
                    del self._left[id_], self._waiting[id_]
                    changes.over.append(listing)
        changes.playlists += touched.values()

    def _lose(self, listing: Listing, track: int, batch: Listing) -> None:
        """Note that a track of a playlist will not come: the API said so, or did not answer."""
        _miss(listing, track)
        if batch.ended == "end":
            return
        ended, listing.error = _shortfall(batch)
        if batch.retried:
            self.short[listing.id] = ended, listing.error

    def batches(self, *, all_of_it: bool = False) -> Iterator[Listing]:
        """Parts of failed batches, and full batches of waiting ids. `all_of_it`: also batches that are not full."""
        parts, self._parts = self._parts, []
        yield from parts
        for playlist, pool in self._pool.items():
            while len(pool) >= self.division.size or (all_of_it and pool):
                ids = list(islice(pool, self.division.size))
                for track in ids:
                    del pool[track]
                # Tracks that have come meanwhile are not requested again. They stay in `ids`: the batch settles them.
                yield batch_of(ids, self._seen.fresh(_TRACK, ids) or ids[:1], playlist)

    def _lacking(self, listing: Listing, wanted: Iterable[Wanted]) -> list[Wanted]:
        """The tracks that have not come yet. Those that are known to be gone are added to `missing`."""
        lacking = []
        for playlist, track in wanted:
            if self._seen.has(_TRACK, track):
                continue
            if not playlist and self._seen.has(_GONE, track):  # through a private playlist it may still be there
                _miss(listing, track)
            else:
                lacking.append((playlist, track))
        return lacking

    def _add(self, id_: int, track: Wanted) -> None:
        self._left.setdefault(id_, set()).add(track)
        waiting = self._by_track.setdefault(track, [])
        if not waiting and track in self._failed_alone:
            self._parts.append(batch_of([track[1]], [track[1]], track[0]))
        elif not waiting:
            self._pool.setdefault(track[0], {})[track[1]] = None
        if id_ not in waiting:
            waiting.append(id_)


def _answered(batch: Listing, how: str) -> set[int]:
    """The ids in a batch's answer: those of valid tracks (`came`), or of tracks that their schema `refused`."""
    if batch.ended == "end" or batch.error == STRANGERS:  # otherwise no answer was read
        return set(batch.extra.get(how, ()))
    return set()


def _shortfall(batch: Listing) -> tuple[str, str]:
    """The ending and error of a playlist because of a batch: the batch's ending or error, and the API's own words."""
    told = [batch.error or batch.ended]
    if batch.ended in _TOLD_IN_WORDS:
        told = [batch.ended, batch.error]
    return batch.ended or "", ": ".join(filter(None, ("track_batch", *told)))


def _miss(listing: Listing, track: int) -> None:
    listing.missing.append(f"soundcloud:tracks:{track}")
    listing.fetched -= 1
