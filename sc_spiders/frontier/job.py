"""One crawl over all its runs: what it is, what it has acknowledged, and its store."""

from __future__ import annotations

import logging
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sc_spiders import __version__, records
from sc_spiders.disk import TOO_FEW, sync_file, sync_name
from sc_spiders.errors import Disturbed, OutputError
from sc_spiders.frontier.directory import FORMAT, LOCK, SEEN, STORE, WRITING, Hold, claim, open_store
from sc_spiders.frontier.output_files import Plan, check, cut_back
from sc_spiders.frontier.place import Place
from sc_spiders.frontier.planting import Planting
from sc_spiders.frontier.refused import CAME, all_refused, came
from sc_spiders.frontier.rewind import go_back
from sc_spiders.frontier.sqlite import ENDED, LEASED, PARKED, PENDING, RESTING, WAITING
from sc_spiders.frontier.whole import Ends
from sc_spiders.pages.announced import SHORT, behind
from sc_spiders.pages.batches import SIZE, is_divided
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import BAD, Listing
from sc_spiders.pages.seen import Seen

logger = logging.getLogger(__name__)

_TO_ASK = (PENDING, LEASED, RESTING)  # states of listings of which a page is still to come
_OPEN = (*_TO_ASK, WAITING)  # and of all that have not ended
_FINISHED = frozenset({"finished", "incomplete"})  # reasons of crawls of which nothing is open

NAMED = 10  # listings that are named at the end; the output has them all


def now() -> str:
    """The present moment, ISO 8601, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Job:
    """`identity` tells a crawl from another: spider, arguments, api. `folder`: None for one that ends with its process.
    `defaults`: of the arguments. `terms`: what else must stay the same (`frontier.terms`). `seeds`: its first listings.

    Raises ArgumentError where the folder holds another crawl, is damaged or in use; OSError, sqlite3.Error where the
    disk is full.
    """

    shared = False  # with other workers
    gone = False  # and cannot be gone on with

    _place: Place | None = None
    _unsure = False  # what of it is on the disk: whoever goes on finds out

    def __init__(
        self,
        identity: dict[str, Any],
        folder: Path | None,
        defaults: dict[str, str] | None = None,
        terms: dict[str, str] | None = None,
        seeds: Sequence[Listing] = (),
        drift: records.Drift | None = None,
    ) -> None:
        self.identity = identity
        self.terms = terms or {}
        self.started_at = now()
        self.stamp = self.started_at.replace(":", "-").removesuffix("Z")
        self.resumed = False
        self.finished: str | None = None
        self.wait_until = 0.0  # what the API has asked for; seconds since 1970
        self.outputs: dict[str, int] = {}
        self.sums: dict[str, int] = {}  # CRC-32 of what this job has written to each, up to there
        self.written: dict[str, int] = {}  # the same with the page that is about to be acknowledged
        self.counts: Counter[str] = Counter()
        self.listings: Counter[str] = Counter()
        self.crawl_counts: dict[str, int] = {}  # of all workers together, for the crawl record
        self.named: list[str] = []
        self.came = False
        self.behind: Counter[str] = Counter()  # `announced.behind` of all its lists
        self.again = 0  # listings that the same command tries again
        self._hold: Hold | None = None
        self._folder = folder
        self._synced: dict[str, int] = {}
        self._before: dict[str, int] = {}  # how long the outputs were before commits were undone
        if folder:
            self._hold = claim(folder)
        try:
            if folder:
                self._before = go_back(folder / STORE)
            self.store = open_store(folder, identity, defaults or {}, self.terms)
        except BaseException:
            self._release()
            raise
        if folder:
            self._place = Place(folder, (LOCK, STORE, SEEN))
        self.seen = Seen(folder / SEEN if folder else None)
        self.plan = Plan(folder / WRITING if folder else None)
        self.hydration = Hydration(self.seen)
        self.drift = drift or records.Drift(identity.get("api", ""))
        self.planting = Planting(seeds, self.store.get("seeded", 0))
        if self.store.get("identity"):
            self._take_up()

    def _take_up(self) -> None:
        self.resumed = True
        self.started_at = self.store.get("started_at")
        self.stamp = self.store.get("stamp")
        self.wait_until = self.store.get("wait_until", 0.0)
        self.outputs = self.store.get("outputs", {})
        self.sums = self.store.get("sums", {})
        self.counts.update(self.store.get("counts", {}))
        self.listings.update(self.store.get("listings", {}))
        self.behind.update(self.store.get("behind", {}))
        self.came = self.store.get(CAME, self.listings["complete"] > 0)
        finished = self.store.get("finished")
        if finished and not self.store.count(*_OPEN, PARKED):
            self.finished = finished
            self._recount()

    @property
    def kept(self) -> bool:
        """Whether a later run can go on with it."""
        return self._hold is not None

    @property
    def planned(self) -> str:
        """The output folder that a former process was about to make, or had made, when it died over the beginning."""
        return str(self.store.get("folder", ""))

    def plan_folder(self, folder: str) -> None:
        """Remember an output folder that is about to be made. Raises sqlite3.Error."""
        self.store.commit([], [], {"folder": folder})
        sys.audit("sc_spiders.plan_folder.after")

    def begin(self) -> None:
        """Start with the first of the seeds. Raises OSError, sqlite3.Error."""
        sys.audit("sc_spiders.begin.before")
        self.seen.open(0)
        seeds = self.planting.due()
        self._sync_files(self.outputs)
        meta = {
            "identity": self.identity,
            "terms": self.terms,
            "format": FORMAT,
            "project": __version__,
            "started_at": self.started_at,
            "stamp": self.stamp,
            "outputs": self.outputs,
            "origin": self.outputs,
            "sums": {},
            "synced": self._synced,
            "synced_sums": {},
            "seen": 0,
            "seeded": self.planting.planted,
        }
        self.store.commit([], seeds, meta)
        if self._folder:
            sync_name(self._folder / STORE)
        self.store.checkpoint()
        sys.audit("sc_spiders.begin.after")

    def plant(self) -> None:
        """Add more of the seeds, where few of those before them are open. Raises sqlite3.Error.

        Listings that a former run tried in vain do not count: they go after all that were never asked for.
        """
        if not self.planting.left:
            return
        open_ = self.store.levels[self.planting.level] - self.store.count_tried()
        if seeds := self.planting.due(open_):
            self.store.commit([], seeds, {"seeded": self.planting.planted})

    def resume(self) -> None:
        """Go on from what was acknowledged last: cut outputs and log back to it.

        Raises OutputError where an output file is gone, or not what was acknowledged.
        """
        sys.audit("sc_spiders.resume.before")
        ends = Ends.read(self.store.get)
        left = self.store.get("left") or {}
        check(ends, self.outputs, self.sums, grown=True)
        check(ends, left, self.store.get("left_sums") or {}, grown=False)
        planned = {**self.plan.read(), **left}
        try:
            self._reload()
        except (ValueError, TypeError, KeyError) as e:
            raise OutputError(f"the job directory is damaged ({e}): begin again with another JOBDIR") from None
        for path, length in self.outputs.items():
            sys.audit("sc_spiders.cut_back.before")
            cut_back(Path(path), length, self._before.get(path, 0), planned.get(path, length))
            sys.audit("sc_spiders.cut_back.after")
        self._recount()
        self.sync()
        sys.audit("sc_spiders.resume.after")

    def check(self) -> None:
        """Raises OutputError where the output of a job that is finished is not there any more as it was."""
        sums = self.store.get("left_sums") or {}
        check(Ends.read(self.store.get), self.store.get("left") or {}, sums, grown=True)

    def sync(self) -> None:
        """Return once all that is acknowledged is on the disk: the files first, then the commits that vouch for them.

        Raises OSError, sqlite3.Error.
        """
        if self._folder is None:
            return
        try:
            self._sync_files({path: end for path, end in self.outputs.items() if end != self._synced.get(path)})
            self.seen.sync()
            self._synced[SEEN] = self.seen.length
            self.store.commit([], [], {"synced": self._synced, "synced_sums": self.sums})
            self.store.checkpoint()
        except (OSError, sqlite3.Error) as e:
            if isinstance(e, OSError) and e.errno in TOO_FEW:
                return  # connections have all descriptors for a moment: the next time, or the end, takes it all
            self._unsure = True
            raise

    def _sync_files(self, lengths: dict[str, int]) -> None:
        for path, length in lengths.items():
            if not length:
                continue
            sync_file(path)
            if path not in self._synced:
                sync_name(path)
            self._synced[path] = length

    def check_place(self) -> None:
        """Raises Disturbed where the job directory was deleted or changed. What is gone is put back first."""
        if self._place is None or self._place.is_as_it_was():
            return
        self._unsure = True
        whole = self._place.put_back(LOCK, {STORE: self.store.write_anew, SEEN: self.seen.write_anew})
        raise Disturbed(
            f"the job directory {self._folder} was deleted or changed while the crawl ran. "
            + (
                "It was put back as of the last page: start the same command again to go on"
                if whole
                else "What is there now was left alone: another crawl may have begun in it; begin again with another "
                "JOBDIR and another output"
            )
        )

    def _reload(self) -> None:
        self.seen.open(self.store.get("seen", 0))
        self.drift.restore(self.store.get("drift", {}))
        self.store.commit([], [], {"left": None})
        self.store.reopen()
        live: set[str] = set()
        batches = []
        for _, listing in self.store.having(PENDING):
            live.update(_spaces(listing))
            if listing.spec.shape == "batch":
                batches.append(listing)
        self.seen.drop_where("listing:", live)
        self.seen.drop_where("pages:", live)
        if ended := self.store.drop_wanted():
            logger.warning(
                "The job directory was left by a version that could lose the listing records of playlists: those of %d "
                "may be missing. All else is, or will be, there.",
                ended,
            )
        self.hydration.division.size = self.store.get("batch_size", SIZE)
        self.hydration.load(
            (listing for _, listing in self.store.having(WAITING)),
            self.store.wanted(),
            batches,
        )

    def _recount(self) -> None:
        self.listings = Counter(complete=self.listings["complete"])
        self.again = 0
        for listing in self.failed():
            self.note(listing)

    def commit(self, listing: Listing, added: list[Listing], outputs: dict[str, int]) -> list[Listing]:
        """Acknowledge a page: its listing's new state, what it led to, and how long the outputs are.

        The playlists that wait for nothing any more, now that it is there. Raises OSError, sqlite3.Error where writing
        fails. Whatever is raised, the page is not acknowledged, and nothing more can be in this run: only a new one
        knows how things stand.
        """
        sys.audit("sc_spiders.commit.before", listing)
        outputs = {**self.outputs, **outputs}
        sums = {**self.sums, **self.written}
        noticed = self.drift.changes() if self._hold else None
        changes = self.hydration.acknowledge(listing, later=True)
        if listing.ended and not is_divided(listing):
            self.note(listing)
            self.behind.update(self.fallen(listing))
        if listing.ended and not listing.retried:
            for space in _spaces(listing):
                if self.seen.holds(space):
                    self.seen.close_space(space, drop=True)
        one = listing, _state(listing)
        self.store.commit(
            [] if changes.waited else [one],
            [*added, *self.hydration.batches()],
            {
                "outputs": outputs,
                "sums": sums,
                "seen": self.seen.flush(listing.id),
                "counts": self.counts,
                "listings": self.listings,
                CAME: self.came,
                **({"behind": self.behind} if self.behind else {}),
                **({"batch_size": size} if (size := self.hydration.division.size) < SIZE else {}),
                **({"drift": noticed} if noticed else {}),
            },
            waited=[one] if changes.waited else [(waits, WAITING) for waits in changes.playlists],
            wanted=[(listing.id, *wanted) for wanted in changes.wanted],
            done=changes.done,
        )
        self.outputs = outputs
        self.sums = sums
        sys.audit("sc_spiders.commit.after", listing)
        return changes.over

    def heed(self, until: float) -> None:
        """Remember for later runs that the API asked to be left alone until then (seconds since 1970)."""
        self.wait_until = until
        self.store.commit([], [], {"wait_until": until})

    def ask_for_stubs(self) -> None:
        """Nothing else is left to do: ask for the tracks that are wanted and fill no batch."""
        self.store.commit([], list(self.hydration.batches(all_of_it=True)), {})

    def fallen(self, listing: Listing) -> Counter[str]:
        """By how much a listing that has ended fell behind what was announced (`announced.behind`)."""
        return behind(listing.record("", "")) if listing.is_list and listing.announced else Counter()

    def note(self, listing: Listing) -> None:
        """Count an ended listing, and name it if it is not complete. An object that came is no listing."""
        self.came = self.came or came(listing)
        if listing.complete:
            self.listings["complete"] += listing.is_list
            return
        how, words = shortfall(listing)
        self.listings[how] += 1
        self.again += listing.retried and how != "interrupted"
        if len(self.named) < NAMED:
            self.named.append(words)

    @property
    def answered(self) -> bool:
        """Whether a former run, or another worker, has had an answer."""
        return self.resumed and any(self.counts.values())

    def places(self) -> list[str]:
        """Where the output is: its folder, or the one file."""
        written = [path for path, length in self.outputs.items() if length]
        folders = {str(Path(path).parent) for path in written}
        return sorted(written if len(written) <= len(folders) + 1 else folders)

    def unfinished(self) -> Iterator[Listing]:
        """Listings that have not ended, or ended so that a later run tries them again, as their output stands.

        Without those that were not asked for.
        """
        for state, listing in self.store.having(*_OPEN, PARKED, asked=True):
            if state == WAITING:
                self.hydration.lack(listing)
            yield listing

    @property
    def unasked(self) -> int:
        """How many listings that are known were not asked for, the seeds to come among them."""
        return self.store.count_unasked() + self.planting.left

    def some_unasked(self, most: int) -> Iterator[Listing]:
        """As many of these, in their order."""
        found = self.store.unasked(most)
        yield from found
        yield from self.planting.some(most - len(found))

    def closing(self, listing: Listing, how: str, why: str | None = None) -> tuple[str, str | None]:
        """How an unfinished listing ends in this run, and its error: so, or as the tracks did that it waits for."""
        return self.hydration.short.get(listing.id) or (how, why)

    def failed(self) -> Iterator[Listing]:
        """Listings that ended short of complete."""
        return (listing for _, listing in self.store.having(PARKED, ENDED))

    @property
    def bad(self) -> bool:
        """Whether the data set is not what was asked for."""
        return all_refused(self.listings, anything=self.came) or any(map(is_bad, self.failed()))

    def reason(self, reason: str) -> str:
        """The finish_reason where this run ends for that reason: nothing is finished that is still open, or bad.

        The store says so, and not who asked for the end: a handler that failed may have been the one to object.
        Raises sqlite3.Error.
        """
        if reason not in _FINISHED:
            return reason
        if self.store.count(*_TO_ASK) or self.planting.left:
            return "shutdown"
        if self.bad:  # a batch that is blocked, say: what waits for it is tried again with it
            return "incomplete"
        return "shutdown" if self.store.count(WAITING) else reason

    def close(self, reason: str, left: dict[str, int]) -> None:
        """End this run, once all of it is on the disk. `left`: how long the outputs are with their closing records.

        Raises OSError, sqlite3.Error.
        """
        sys.audit("sc_spiders.close.before")
        finished = reason if reason in _FINISHED else None
        try:
            if self._unsure:
                return
            for path, length in {**self.outputs, **left}.items():
                if not length:
                    continue
                with suppress(FileNotFoundError):  # whoever goes on is told to put it back
                    sync_file(path)
                    sync_name(path)
            self.seen.sync()
            self.store.commit([], [], {"finished": finished, "left": left, "left_sums": {**self.sums, **self.written}})
        except (OSError, sqlite3.Error):
            self._unsure = True
            raise
        finally:
            self.abandon()
            sys.audit("sc_spiders.close.after")

    def abandon(self) -> None:
        """Let go of the directory as it is."""
        if self._unsure:
            self.store.leave()
        else:
            self.store.close()
        self.seen.close()
        self.plan.close()
        self._release()

    def _release(self) -> None:
        if self._place:
            self._place.release()
        if self._hold:
            self._hold.release()


def shortfall(listing: Listing) -> tuple[str, str]:
    """How a listing ended short of complete, for counting, and in words with its name."""
    how = listing.ended or ""
    if listing.error == SHORT:
        return SHORT, f"{listing.name}: short ({listing.announced:,} announced, {listing.rows:,} given)"
    if how == "end":
        how = "with tracks missing" if listing.missing else "with objects rejected"
    said = listing.error if how != "limit" else None  # a bound that was asked for is no failure
    return how, f"{listing.name}: {how}" + (f" ({said})" if said else "")


def is_bad(listing: Listing) -> bool:
    """Whether the data set is not what was asked for because of this one, which ended short of complete."""
    if listing.ended in BAD or not listing.seed:
        return listing.ended in BAD
    return listing.ended == "not_found" or (listing.spec.shape == "one" and listing.ended != "end")


def _state(listing: Listing) -> int | None:
    """The store's state for a listing whose page is acknowledged; None: it is done with."""
    if is_divided(listing):
        return None
    if listing.ended:
        return None if listing.complete else PARKED if listing.retried else ENDED
    return WAITING if listing.waiting else LEASED


def _spaces(listing: Listing) -> list[str]:
    """The spaces of ids that only this listing needs: the objects and the pages it has had."""
    return [f"pages:{listing.id}", *(f"listing:{listing.id}:{kind}" for kind in listing.spec.kinds)]
