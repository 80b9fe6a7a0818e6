"""Resumes a job: restores output files and memory as of the last acknowledged page."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from sc_spiders import records
from sc_spiders.errors import OutputError
from sc_spiders.frontier.base import CrawlStatus
from sc_spiders.frontier.job_files import JobFiles
from sc_spiders.frontier.output_files import ANEW, check, cut_back
from sc_spiders.frontier.sqlite import PENDING, WAITING, Store
from sc_spiders.frontier.whole import Ends
from sc_spiders.pages.batches import SIZE
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.namespaces import OF_LISTINGS, Namespace
from sc_spiders.pages.seen import Seen

logger = logging.getLogger(__name__)


def resume(
    status: CrawlStatus, store: Store, files: JobFiles, seen: Seen, hydration: Hydration, drift: records.Drift
) -> None:
    """Go on from the last acknowledged page: cut output files and the log of ids back to it.

    Raises OutputError if acknowledged output was changed, OSError, sqlite3.Error.
    """
    ends = Ends.read(store.get)
    left = store.get("left") or {}
    check(ends, status.outputs, status.sums, grown=True)
    check(ends, left, store.get("left_sums") or {}, grown=False)
    intended = {**files.intended(), **left}
    try:
        drift.restore(store.get("drift", {}))
        _reload(store, seen, hydration)
    except (ValueError, TypeError, KeyError) as e:
        raise OutputError(f"the job directory is damaged ({e}): {ANEW}") from None
    for path, length in status.outputs.items():
        sys.audit("sc_spiders.cut_back.before")
        cut_back(Path(path), length, files.before.get(path, 0), intended.get(path, length))
        sys.audit("sc_spiders.cut_back.after")


def _reload(store: Store, seen: Seen, hydration: Hydration) -> None:
    seen.open(store.get("seen", 0))
    store.commit([], [], {"left": None, "finished": None})  # it has not ended until this run ends it
    store.reopen()
    live: set[str] = set()
    batches = []
    for _, listing in store.having(PENDING, asked=True):  # the others have no ids yet
        live.update(Namespace.of(listing))
        if listing.spec.shape == "batch":
            batches.append(listing)
    for beginning in OF_LISTINGS:
        seen.drop_where(beginning, live)
    if ended := store.drop_wanted():
        logger.warning(
            "The job directory was left by a version that could lose the listing records of playlists: those of %d may "
            "be missing. All else is, or will be, there.",
            ended,
        )
    hydration.division.size = store.get("batch_size", SIZE)
    hydration.load((listing for _, listing in store.having(WAITING)), store.wanted(), batches)
