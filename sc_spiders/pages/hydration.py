"""Tracks that playlists name by id only, until a batch has brought them or shown them to be gone.

An id is asked for once, whichever playlists wait for it. Batches are filled across playlists, and are listings like
all others. What is wanted is kept in the store: it comes and goes in the transaction of the page that it is due to.

A page that is read changes nothing here: it may be dropped by a pipeline, and pages are not always acknowledged in the
order in which they were read. Only its acknowledgement does, and a playlist that waits for nothing any more then ends
by a page of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from sc_spiders.pages.batches import STRANGERS, Division, batch_of, is_divided
from sc_spiders.pages.listing import DIVIDED, Listing
from sc_spiders.pages.seen import Seen

# A playlist of one's own that is private (0: none), and a track: a batch opens the tracks of one such playlist.
Wanted = tuple[int, int]

_TRACK = "track"
_GONE = "track!"

_TOLD_IN_WORDS = frozenset({"forbidden", "not_found", "credentials"})  # endings whose error is the API's own words


@dataclass(slots=True)
class Changes:
    """What a page's acknowledgement changes.

    `wanted` by its listing, `done`: wanted no more, `playlists` to save, `over`: those that wait for nothing any more.
    `waited`: its listing is one that waited, and ends.
    """

    wanted: Iterable[Wanted] = ()
    done: list[Wanted] = field(default_factory=list)
    playlists: list[Listing] = field(default_factory=list)
    over: list[Listing] = field(default_factory=list)
    waited: bool = False


class Hydration:
    """`seen` tells which tracks are written already, and keeps those that are gone.

    `over`: playlists that wait for nothing any more, by id, until their end is acknowledged. `short`: by playlist how a
    batch ended that is to be tried again, and the error.
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
        """Take up what a former run left: playlists, what each of them wants, and the batches that are on their way."""
        self._waiting = {listing.id: listing for listing in waiting}
        for id_, track in wanted:
            self._add(id_, track)
        self.over = {id_: self._waiting.pop(id_) for id_ in self._waiting.keys() - self._left.keys()}
        for batch in batches:
            for track in batch.extra["ids"]:
                self._pool.get(batch.extra["playlist"], {}).pop(track, None)

    @property
    def pooled(self) -> bool:
        """Whether there are ids that no batch has yet."""
        return any(self._pool.values()) or bool(self._parts)

    def want(self, listing: Listing, tracks: Iterable[int], playlist: int = 0) -> bool:
        """That listing ends once these tracks are there; whether there is anything to wait for.

        Those known to be gone go to its `missing` at once.
        """
        if wanted := self._lacking(listing, ((playlist, track) for track in tracks)):
            self._read[listing.id] = wanted
        return bool(wanted)

    def lack(self, listing: Listing) -> None:
        """Where that listing ends before its tracks have come: those that are not there are missing in its record."""
        for _, track in sorted(self._left.get(listing.id, ())):
            if not self._seen.has(_TRACK, track):
                _miss(listing, track)

    def forget(self, listing: Listing) -> None:
        """Its page will not be acknowledged: it waits for nothing."""
        self._read.pop(listing.id, None)

    def acknowledge(self, listing: Listing, *, later: bool) -> Changes:
        """What this listing's page changes. `later`: a batch that is to be tried again is waited for."""
        changes = Changes(waited=self.over.pop(listing.id, None) is not None)
        if listing.spec.shape == "batch":
            self._take_back(listing, changes, later=later)
        elif listing.id in self._read:
            changes.wanted = self._lacking(listing, self._read.pop(listing.id))  # some have come another way meanwhile
            for track in changes.wanted:
                self._add(listing.id, track)
            if changes.wanted:
                self._waiting[listing.id] = listing
            else:
                changes.over.append(listing)
        self.over.update((one.id, one) for one in changes.over)
        return changes

    def not_come(self, batch: Listing) -> list[int]:
        """Those of its tracks that are not there, in its answer neither."""
        answered = _answered(batch, "came") | _answered(batch, "refused")
        return [track for track in batch.extra["ids"] if track not in answered and not self._seen.has(_TRACK, track)]

    def divide(self, batch: Listing) -> bool:
        """Whether others take the place of this batch, which has ended: it needs no record of its own then."""
        batch.extra[DIVIDED] = self.division.divides(batch, self.not_come(batch))
        return is_divided(batch)

    def ending(self, listing: Listing) -> tuple[str, str | None]:
        """How a playlist ends, and its error: as the batch did that it waited for in vain, if there was one."""
        if listing.id in self.short:
            return self.short[listing.id]
        return ("error", listing.error) if listing.error else ("end", None)

    def _take_back(self, batch: Listing, changes: Changes, *, later: bool) -> None:
        """A batch has ended: others take its place, a later run tries it again, or it settles its tracks."""
        self.division.learn(batch)
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
        """What the batch did not bring is missing; what failed its schema is there, and rejected.

        `later`: tracks that other batches settle.
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
        """A playlist's track does not come: the API has said so, or there was no answer to be had about it."""
        _miss(listing, track)
        if batch.ended == "end":
            return
        ended, listing.error = _shortfall(batch)
        if batch.retried:
            self.short[listing.id] = ended, listing.error

    def batches(self, *, all_of_it: bool = False) -> Iterator[Listing]:
        """Parts of batches that failed, and batches of ids that wait: full ones, or also the last, short ones."""
        parts, self._parts = self._parts, []
        yield from parts
        for playlist, pool in self._pool.items():
            while len(pool) >= self.division.size or (all_of_it and pool):
                ids = list(islice(pool, self.division.size))
                for track in ids:
                    del pool[track]
                # What came another way meanwhile is not asked for again, but the batch settles it.
                yield batch_of(ids, self._seen.fresh(_TRACK, ids) or ids[:1], playlist)

    def _lacking(self, listing: Listing, wanted: Iterable[Wanted]) -> list[Wanted]:
        """Those that are not there yet. What is known to be gone is missing."""
        lacking = []
        for playlist, track in wanted:
            if self._seen.has(_TRACK, track):
                continue
            if not playlist and self._seen.has(_GONE, track):  # a private playlist may open what is gone elsewhere
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
    """Ids that its answer brought (`came`), or brought and their schema refused (`refused`), if the answer was read."""
    read = batch.ended == "end" or batch.error == STRANGERS
    return set(batch.extra.get(how, ())) if read else set()


def _shortfall(batch: Listing) -> tuple[str, str]:
    """How a playlist ends for a batch, and its error: the batch's ending or error, and the API's own words."""
    told = [batch.error or batch.ended]
    if batch.ended in _TOLD_IN_WORDS:
        told = [batch.ended, batch.error]
    return batch.ended or "", ": ".join(filter(None, ("track_batch", *told)))


def _miss(listing: Listing, track: int) -> None:
    listing.missing.append(f"soundcloud:tracks:{track}")
    listing.fetched -= 1
