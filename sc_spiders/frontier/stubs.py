"""Tracks that playlists name by id only, until a batch has brought them or shown them to be gone.

An id is asked for once, whichever playlists wait for it. Batches are filled across playlists, and are listings like
all others. What is wanted is kept in the store: it comes and goes in the transaction of the page that it is due to.
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
    """What a page's acknowledgement changes: wanted by its listing, wanted no more, playlists to save, those ended."""

    wanted: list[Wanted] = field(default_factory=list)
    done: list[Wanted] = field(default_factory=list)
    playlists: dict[int, Listing] = field(default_factory=dict)
    ended: list[Listing] = field(default_factory=list)


class Stubs:
    """`seen` tells which tracks are written already, and keeps those that are gone."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._waiting: dict[int, Listing] = {}
        self._left: dict[int, set[Wanted]] = {}
        self._by_track: dict[Wanted, list[int]] = {}
        self._pool: dict[int, dict[int, None]] = {}
        self._unsaved: set[int] = set()
        self._settled: dict[int, Changes] = {}
        self._short: dict[int, str] = {}

    def load(
        self, waiting: Iterable[Listing], wanted: Iterable[tuple[int, Wanted]], batches: Iterable[Listing]
    ) -> None:
        """Take up what a former run left: playlists, what each of them wants, and the batches that are on their way."""
        self._waiting = {listing.id: listing for listing in waiting}
        for id_, track in wanted:
            self._add(id_, track)
        for batch in batches:
            for track in batch.extra["ids"]:
                self._pool.get(batch.extra["playlist"], {}).pop(track, None)

    @property
    def pooled(self) -> bool:
        """Whether there are ids that no batch has yet."""
        return any(self._pool.values())

    def wanted_by(self, listing: Listing) -> bool:
        """Whether that listing still waits."""
        return bool(self._left.get(listing.id))

    def want(self, listing: Listing, tracks: Iterable[int], playlist: int = 0) -> None:
        """That listing ends once these tracks are there. Those known to be gone go to its `missing` at once."""
        for track in self._seen.fresh(_TRACK, tracks):
            if self._seen.has(_GONE, track):
                _miss(listing, track)
            else:
                self._add(listing.id, (playlist, track))
        if self._left.get(listing.id):
            self._waiting[listing.id] = listing
            self._unsaved.add(listing.id)

    def lack(self, listing: Listing) -> None:
        """Where that listing ends before its tracks have come: those that are not there are missing in its record."""
        for _, track in sorted(self._left.get(listing.id, ())):
            if not self._seen.has(_TRACK, track):
                _miss(listing, track)

    def forget(self, listing: Listing) -> None:
        """That listing waits for nothing any more."""
        self._unsaved.discard(listing.id)
        self._waiting.pop(listing.id, None)
        for track in self._left.pop(listing.id, ()):
            self._by_track[track].remove(listing.id)

    def settle(self, batch: Listing, refused: frozenset[int] = frozenset()) -> list[Listing]:
        """The playlists that have all now. What the batch did not bring is missing; `refused` failed their schema."""
        changes = self._settled[batch.id] = Changes()
        ended = []
        playlist = batch.extra["playlist"]
        for track in batch.extra["ids"]:
            got = self._seen.has(_TRACK, track)
            if not got and batch.ended == "end" and track not in refused:
                self._seen.add(_GONE, [track])
            changes.done.append((playlist, track))
            for id_ in self._by_track.pop((playlist, track), ()):
                listing = self._waiting[id_]
                if track in refused:
                    listing.rejected += 1
                elif not got:
                    _miss(listing, track)
                    if batch.ended != "end":
                        listing.error = f"track_batch: {batch.error or batch.ended}"
                        if batch.ended in RETRIED:
                            self._short[id_] = batch.ended
                if id_ not in self._unsaved:  # else its own page's acknowledgement saves it, as it is then
                    changes.playlists[id_] = listing
                self._left[id_].discard((playlist, track))
                if not self._left[id_]:
                    del self._left[id_], self._waiting[id_]
                    how = self._short.pop(id_, "error" if listing.error else "end")
                    ended.append(listing.end(how, listing.error))
        changes.ended = [listing for listing in ended if listing.id in changes.playlists]
        return ended

    def changes(self, listing: Listing) -> Changes:
        """What this listing's page changes, told once."""
        changes = self._settled.pop(listing.id, None) or Changes()
        if listing.id in self._unsaved:
            self._unsaved.discard(listing.id)
            changes.wanted = list(self._left.get(listing.id, ()))
        return changes

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

    def _add(self, id_: int, track: Wanted) -> None:
        self._left.setdefault(id_, set()).add(track)
        waiting = self._by_track.setdefault(track, [])
        if not waiting:
            self._pool.setdefault(track[0], {})[track[1]] = None
        if id_ not in waiting:
            waiting.append(id_)


def _miss(listing: Listing, track: int) -> None:
    listing.missing.append(f"soundcloud:tracks:{track}")
    listing.fetched -= 1
