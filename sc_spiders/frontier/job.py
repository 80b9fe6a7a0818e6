"""The frontier of one process, in SQLite: in a job directory, or in a temporary store that ends with the process."""

from __future__ import annotations

import logging
import os
import socket
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sc_spiders import __version__, records
from sc_spiders.api.clock import now
from sc_spiders.disk import TOO_FEW
from sc_spiders.errors import Disturbed
from sc_spiders.frontier.base import FINISHED, Ack, Acknowledged, CrawlSpec, CrawlStatus
from sc_spiders.frontier.directory import FORMAT, SEEN, open_store
from sc_spiders.frontier.endings import CAME, all_refused, is_bad, rows_behind
from sc_spiders.frontier.job_files import JobFiles
from sc_spiders.frontier.own_jobs import OwnJobs, remove
from sc_spiders.frontier.pace import OwnPace
from sc_spiders.frontier.planting import Planting
from sc_spiders.frontier.resume import resume
from sc_spiders.frontier.sqlite import ENDED, LEASED, PARKED, PENDING, RESTING, WAITING, Store
from sc_spiders.frontier.syncing import Syncing
from sc_spiders.pages.batches import SIZE, is_divided
from sc_spiders.pages.hydration import Changes, Hydration
from sc_spiders.pages.listing import NEW, TRIED, Listing
from sc_spiders.pages.namespaces import Namespace
from sc_spiders.pages.seen import Seen

logger = logging.getLogger(__name__)

_TO_ASK = (PENDING, LEASED, RESTING)  # states of listings that still need a page
_OPEN = (*_TO_ASK, WAITING)  # states of listings that have not ended

_HYDRATED = frozenset({"one", "batch"})  # of playlists, which wait for tracks, and of batches, which bring tracks
_NO_CHANGES = Changes()

Failed = Callable[[Exception], None]


class JobFrontier:
    """Implements `base.Frontier` for one process.

    `place`: the given job directory, or the job directories of crawls without a given one; None for a crawl that ends
    with its process. `rate`: requests a second, 0 for any number. `drift` is stored with the crawl. If a sync in the
    background fails, `failed` is called with the exception.
    """

    is_over = True  # nobody else adds listings
    polls = None

    status: CrawlStatus
    files: JobFiles
    seen: Seen
    hydration: Hydration

    def __init__(self, place: Path | OwnJobs | None, rate: float, drift: records.Drift, failed: Failed) -> None:
        self.blocked: set[str] = set()
        self.pace = OwnPace(rate)
        self.worker = f"{socket.gethostname()}-{os.getpid()}"
        self._place = place
        self._failed = failed
        self._drift = drift
        self._syncing = Syncing(self._sync_or_fail)
        self._leased: set[int] = set()  # listings that are leased here and still PENDING in the store
        self._is_over = False  # no later run needs the job directory

    async def open(self, spec: CrawlSpec) -> None:
        self._spec = spec
        if isinstance(self._place, OwnJobs):
            self._place.open(spec, self.worker, self._open)
        else:
            self._open(JobFiles(self._place), CrawlStatus(now()))

    def _open(self, files: JobFiles, new: CrawlStatus) -> None:
        """Open the job of these files. `new`: the status of a job that has not begun."""
        self.files, spec = files, self._spec
        try:
            self._store = open_store(files.folder, spec, has_locks=files.has_record_locks)
        except BaseException:
            files.release()
            raise
        try:
            self._planting = Planting(spec.seeds, self._store.get("seeded", 0), spec.arrange)
            self.seen = Seen(files.folder and files.folder / SEEN)
            self.hydration = Hydration(self.seen)
            self.status = new
            self._is_over = files.in_output  # until it has begun
            if self._store.get("identity"):
                self.status = _status_of(self._store)
                self._is_over = False
            self.status.kept = files.folder is not None
            if files.in_output:
                self.status.job = os.path.relpath(str(files.folder))
            files.watch(self._store, self.seen, self.status)
            if self._store.get("finished") and not self._store.unfinished:
                self.status.finished = self._store.get("finished")
                _recount(self.status, self._store)
        except BaseException:
            self._store.close()
            self.files.release()
            raise

    def begin(self, lengths: dict[str, int]) -> None:
        """Raises OutputError, OSError, sqlite3.Error."""
        if self.status.resumed:
            sys.audit("sc_spiders.resume.before")
            resume(self.status, self._store, self.files, self.seen, self.hydration, self._drift)
            _recount(self.status, self._store)
            self.sync()
            sys.audit("sc_spiders.resume.after")
            return
        sys.audit("sc_spiders.begin.before")
        status = self.status
        status.outputs = lengths
        self.seen.open(0)
        seeds = self._planting.due()
        self.files.sync_outputs(lengths)
        meta = {
            "identity": self._spec.identity,
            "terms": self._spec.fingerprint,
            "format": FORMAT,
            "project": __version__,
            "started_at": status.started_at,
            "stamp": status.stamp,
            "outputs": lengths,
            "origin": lengths,
            "sums": {},
            "synced": self.files.synced,
            "synced_sums": {},
            "seen": 0,
            "seeded": self._planting.planted,
        }
        self._store.commit([], seeds, meta)
        self._is_over = False
        self.files.sync_store_name()
        self._store.checkpoint()
        sys.audit("sc_spiders.begin.after")

    # -- while it runs

    async def lease(self, count: int, *, may_try: bool) -> list[Listing]:
        self._plant()
        if self.hydration.pooled and not self._store.levels:  # only batches are left: they need not be full
            self._store.commit([], list(self.hydration.batches(all_of_it=True)), {})
        found = self._pending(count, tried=False)
        if not found and may_try:
            found = self._pending(count, tried=True)
        self._leased.update(listing.id for listing in found)
        return found

    def _pending(self, count: int, *, tried: bool) -> list[Listing]:
        most = count + len(self._leased)
        found = self._store.pending(most, self._spec.unordered_from, tried=tried)
        return [listing for listing in found if listing.id not in self._leased][:count]

    def _plant(self) -> None:
        """Add more seeds if few of the earlier ones are open.

        Listings that an earlier run tried without success do not count: they go last.
        """
        if not self._planting.left:
            return
        open_ = self._store.levels[self._planting.level] - self._store.count_pending(TRIED)
        if seeds := self._planting.due(open_):
            self._store.commit([], seeds, {"seeded": self._planting.planted})

    @property
    def levels(self) -> Mapping[int, int]:
        if not self._planting.left:
            return self._store.levels
        return self._store.levels + Counter({self._planting.level: self._planting.left})

    def save(self, listing: Listing, *, sent: bool) -> None:
        self._store.save(listing, LEASED if sent else RESTING)
        self._leased.discard(listing.id)

    def remember_wait(self, until: float) -> None:
        self.status.wait_until = until
        self._store.commit([], [], {"wait_until": until})

    def holds(self, listing: Listing) -> bool:
        """Always True: no other process can have taken the listing."""
        return True

    async def acknowledge(self, ack: Ack) -> Acknowledged:
        listing, status, hydration = ack.listing, self.status, self.hydration
        sys.audit("sc_spiders.commit.before", listing)
        outputs = {**status.outputs, **ack.lengths}
        sums = {**status.sums, **ack.sums}
        changes, batches = _NO_CHANGES, []
        if listing.spec.shape in _HYDRATED:
            changes = hydration.acknowledge(listing, later=True)
            batches = list(hydration.batches())
        if listing.ended:
            _end(listing, status, self.seen)
        saved = [(listing, _state(listing))]
        waited: list[tuple[Listing, int | None]] = [(playlist, WAITING) for playlist in changes.playlists]
        if changes.waited:
            saved, waited = [], saved
        wanted = [(listing.id, *one) for one in changes.wanted]
        counted = _counted(status, hydration.division.size)
        if self.files.folder and (noticed := self._drift.changes()):
            counted["drift"] = noticed
        self._store.commit(
            saved,
            [*ack.follow, *batches],
            {"outputs": outputs, "sums": sums, "seen": self.seen.commit(listing.id), **counted},
            waited=waited,
            wanted=wanted,
            done=changes.done,
        )
        self._leased.discard(listing.id)
        status.outputs, status.sums = outputs, sums
        status.pages += 1
        sys.audit("sc_spiders.commit.after", listing)
        if not self._syncing.is_due:
            self._syncing.due()
        parts: list[Listing] = []
        if batches:
            parts = [batch for batch in batches if batch.turn > 1]  # parts of a batch with too many ids: they go first
            self._leased.update(part.id for part in parts)
        return Acknowledged(leased=parts, over=changes.over)

    def _sync_or_fail(self) -> None:
        try:
            self.files.check()
            self.sync()
        except (Disturbed, OSError, sqlite3.Error) as e:
            self._failed(e)

    def sync(self) -> None:
        """Wait until all that is acknowledged is on the disk: first the files, then the commits with their lengths.

        Raises Disturbed, OSError, sqlite3.Error.
        """
        if self.files.folder is None:
            return
        try:
            self.files.sync_outputs(self.status.outputs)
            self.files.sync_seen()
            self._store.commit([], [], {"synced": self.files.synced, "synced_sums": self.status.sums})
            self._store.checkpoint()
        except (OSError, sqlite3.Error) as e:
            if isinstance(e, OSError) and e.errno in TOO_FEW:
                return  # no file descriptor is free for the moment: the next sync does it
            self.files.is_unsure = True
            raise

    # -- its end

    async def finish(self, reason: str) -> str:
        """The store decides whether the crawl is finished. `reason` alone is not enough: a handler may have failed."""
        self._syncing.stop()
        if reason not in FINISHED:
            return reason
        if self._store.count(*_TO_ASK) or self._planting.left:
            return "shutdown"
        if self.is_bad:
            return "incomplete"  # for instance a batch is blocked: playlists that wait for it are tried again with it
        return "shutdown" if self._store.count(WAITING) else reason

    @property
    def is_bad(self) -> bool:
        nothing_came = all_refused(self.status.listings, anything=self.status.came)
        return nothing_came or any(map(is_bad, _short(self._store)))

    def unfinished(self, unasked: int) -> Iterator[Listing]:
        for state, listing in self._store.having(*_OPEN, PARKED, asked=True):
            if state == WAITING:
                self.hydration.lack(listing)
            yield listing
        never = self._store.unasked(unasked)
        yield from never
        yield from self._planting.some(unasked - len(never))

    @property
    def unasked(self) -> int:
        return self._store.count_pending(NEW) + self._planting.left

    def close(self, reason: str, lengths: Mapping[str, int], sums: Mapping[str, int]) -> None:
        """Ends the run when all of it is on the disk. Raises OSError, sqlite3.Error."""
        sys.audit("sc_spiders.close.before")
        finished = None
        if reason in FINISHED and not self.status.unsettled:
            finished = reason
        try:
            if self.files.is_unsure:
                return
            self.files.sync_left({**self.status.outputs, **lengths})
            self.seen.sync()
            left = {"left": lengths, "left_sums": {**self.status.sums, **sums}}
            self._store.commit([], [], {"finished": finished, **left})
            self._is_over = finished is not None and self.files.in_output and not self._store.unfinished
        except (OSError, sqlite3.Error):
            self.files.is_unsure = True
            raise
        finally:
            self.abandon()
            sys.audit("sc_spiders.close.after")

    def abandon(self) -> None:
        self._syncing.stop()
        if self.files.is_unsure:
            self._store.leave()
        else:
            self._store.close()
        self.seen.close()
        if self._is_over and self.files.folder:
            sys.audit("sc_spiders.remove_job.before")
            remove(self.files.folder, self.files)
            sys.audit("sc_spiders.remove_job.after")
        self.files.release()


def _status_of(store: Store) -> CrawlStatus:
    """The status of an earlier run's crawl."""
    counts = Counter(store.get("counts", {}))
    listings = Counter(store.get("listings", {}))
    return CrawlStatus(
        started_at=store.get("started_at"),
        stamp=store.get("stamp"),
        resumed=True,
        answered=any(counts.values()),
        wait_until=store.get("wait_until", 0.0),
        outputs=store.get("outputs", {}),
        sums=store.get("sums", {}),
        counts=counts,
        pages=store.get("pages", 0),
        listings=listings,
        behind=Counter(store.get("behind", {})),
        came=store.get(CAME, listings["complete"] > 0),
    )


def _counted(status: CrawlStatus, batch_size: int) -> dict[str, Any]:
    """The counts to store with a page."""
    counted: dict[str, Any] = {"counts": status.counts, "listings": status.listings, CAME: status.came}
    counted["pages"] = status.pages + 1
    if status.behind:
        counted["behind"] = status.behind
    if batch_size < SIZE:
        counted["batch_size"] = batch_size
    return counted


def _state(listing: Listing) -> int | None:
    """The store's state for a listing whose page is acknowledged; None if the store can forget it."""
    if not listing.ended:
        return WAITING if listing.spec.shape == "one" and listing.waiting else LEASED
    if listing.complete or is_divided(listing):
        return None
    return PARKED if listing.retried else ENDED


def _short(store: Store) -> Iterator[Listing]:
    """Listings that ended incomplete."""
    return (listing for _, listing in store.having(PARKED, ENDED))


def _recount(status: CrawlStatus, store: Store) -> None:
    """Count incomplete listings again, because some of them are tried again."""
    status.listings = Counter(complete=status.listings["complete"])
    status.missing = status.again = 0
    for listing in _short(store):
        status.note(listing)


def _end(listing: Listing, status: CrawlStatus, seen: Seen) -> None:
    """Count a listing that has ended. If it has ended for good, forget the ids that no other listing needs."""
    if not is_divided(listing):
        status.note(listing)
        status.behind.update(rows_behind(listing))
    if listing.retried:
        return
    for namespace in Namespace.of(listing):
        if seen.holds(namespace):
            seen.close_namespace(namespace, drop=True)
