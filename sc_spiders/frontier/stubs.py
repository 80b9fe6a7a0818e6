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

from sc_spiders.endpoints import CATALOGUE
from sc_spiders.frontier.seen import Seen
from sc_spiders.listing import RETRIED, Listing, first_page

SIZE = 50  # ids that one batch takes; 60 are refused

# A playlist of one's own that is private (0: none), and a track: a batch opens the tracks of one such playlist.
Wanted = tuple[int, int]

_TRACK = "track"
_GONE = "track!"


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


class Stubs:
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
        return any(self._pool.values())

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
            if later and listing.ended in RETRIED:
                self._fall_short(listing)
            else:
                self._settle(listing, changes)
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

    def ending(self, listing: Listing) -> tuple[str, str | None]:
        """How a playlist ends, and its error: as the batch did that it waited for in vain, if there was one."""
        return self.short.get(listing.id) or ("error" if listing.error else "end", listing.error)

    def _fall_short(self, batch: Listing) -> None:
        for track in batch.extra["ids"]:
            for id_ in self._by_track.get((batch.extra["playlist"], track), ()):
                self.short[id_] = _shortfall(batch)

    def _settle(self, batch: Listing, changes: Changes) -> None:
        """What the batch did not bring is missing; what failed its schema is there, and rejected."""
        whole = batch.ended == "end"
        refused = batch.extra.get("refused", ()) if whole else ()
        touched: dict[int, Listing] = {}
        for track in batch.extra["ids"]:
            wanted = batch.extra["playlist"], track
            got = self._seen.has(_TRACK, track)
            if whole and not got and track not in refused:
                self._seen.add(_GONE, [track])
            changes.done.append(wanted)
            for id_ in self._by_track.pop(wanted, ()):
                listing = touched[id_] = self._waiting[id_]
                if track in refused:
                    listing.rejected += 1
                elif not got:
                    _miss(listing, track)
                    if not whole:
                        ended, listing.error = _shortfall(batch)
                        if ended in RETRIED:
                            self.short[id_] = ended, listing.error
                self._left[id_].discard(wanted)
                if not self._left[id_]:
                    del self._left[id_], self._waiting[id_]
                    changes.over.append(listing)
        changes.playlists += touched.values()

    def batches(self, *, all_of_it: bool = False) -> Iterator[Listing]:
        """Batches of ids that wait for one: full ones, or also the last, short ones."""
        for playlist, pool in self._pool.items():
            while len(pool) >= SIZE or (all_of_it and pool):
                ids = list(islice(pool, SIZE))
                for track in ids:
                    del pool[track]
                # What came another way meanwhile is not asked for again, but the batch settles it.
                asked = self._seen.fresh(_TRACK, ids) or ids[:1]
                query = {"ids": ",".join(map(str, asked))}
                if playlist:
                    query["playlistId"] = str(playlist)
                url, kept = first_page(CATALOGUE["track_batch"], "v2", query=query)
                yield Listing("track_batch", None, url, kept, extra={"ids": ids, "playlist": playlist})

    def _lacking(self, listing: Listing, wanted: Iterable[Wanted]) -> list[Wanted]:
        """Those that are not there yet. What is known to be gone is missing."""
        lacking = []
        for playlist, track in wanted:
            if self._seen.has(_TRACK, track):
                continue
            if self._seen.has(_GONE, track):
                _miss(listing, track)
            else:
                lacking.append((playlist, track))
        return lacking

    def _add(self, id_: int, track: Wanted) -> None:
        self._left.setdefault(id_, set()).add(track)
        waiting = self._by_track.setdefault(track, [])
        if not waiting:
            self._pool.setdefault(track[0], {})[track[1]] = None
        if id_ not in waiting:
            waiting.append(id_)


def _shortfall(batch: Listing) -> tuple[str, str]:
    return batch.ended or "", f"track_batch: {batch.error or batch.ended}"


def _miss(listing: Listing, track: int) -> None:
    listing.missing.append(f"soundcloud:tracks:{track}")
    listing.fetched -= 1
