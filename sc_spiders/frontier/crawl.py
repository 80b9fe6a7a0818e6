"""The crawl of this process, from beginning to end: found, begun, and broken off where nothing more can be written."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sc_spiders import engine
from sc_spiders.errors import Disturbed
from sc_spiders.frontier.base import CrawlSpec, CrawlStatus, Frontier
from sc_spiders.frontier.directory import is_full
from sc_spiders.frontier.output_files import lock_output
from sc_spiders.pages.listing import Listing

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class Crawl:
    """The crawl over `frontier`.

    `is_begun`: pages may be written. `broken`: the finish_reason where nothing more can be written, else "".
    `is_disturbed`: somebody has changed what the crawl writes, so that it is left as it is.
    """

    frontier: Frontier

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.is_begun = False
        self.broken = ""
        self.is_disturbed = False
        self._is_open = False
        self._problem: Exception | None = None
        self.seeds: Sequence[Listing] = ()
        self._locks: list[BinaryIO] = []

    async def open(self, spec: CrawlSpec) -> None:
        """Find the crawl, or make it. What that raises is kept for `found`, whose caller tells it."""
        self.seeds = spec.seeds
        try:
            await self.frontier.open(spec)
        except Exception as e:
            self._problem = e
        else:
            self._is_open = True

    def refuse(self, problem: Exception) -> None:
        """Have `found` raise this."""
        self._problem = problem

    def found(self) -> Frontier:
        """The crawl, found or made. Raises what finding it raised."""
        if self._problem:
            raise self._problem
        return self.frontier

    @property
    def status(self) -> CrawlStatus | None:
        """How it stands; None where it was refused."""
        if not self._is_open:
            return None
        return self.frontier.status

    def claim(self, paths: Iterable[str], *, only_existing: bool) -> None:
        """Keep these output files to this process. Raises OutputError where another one writes to them, OSError."""
        others = [path for path in paths if not self.frontier.files.is_own(path)]
        if only_existing:
            others = [path for path in others if Path(path).exists()]
        self._locks = [lock_output(path) for path in others]

    def begin(self, lengths: dict[str, int]) -> None:
        """Begin with output files of these lengths, or go on. Raises what `Frontier.begin` raises."""
        self.frontier.begin(lengths)
        self.is_begun = True

    def abandon(self) -> None:
        """Let go of a crawl that cannot be begun or gone on with."""
        if self._is_open:
            self.frontier.abandon()
        self._is_open = False

    def release(self) -> None:
        """Let other processes have the output files."""
        for lock in self._locks:
            lock.close()

    def fail(self, error: Exception, what: str = "") -> None:
        """End the crawl for an error after which nothing more can be written; what is acknowledged stands.

        `what` could not be done.
        """
        if self.broken:
            return
        if isinstance(error, Disturbed):
            self.is_disturbed = True
            logger.error("%s.", error)
            self._end("disk")
        elif isinstance(error, OSError | sqlite3.Error):
            logger.error("%s: %s. %s.", what or "Writing failed", error, self._remedy(error))
            self._end("disk")
        else:
            logger.error("%s; this is a fault of ours", what or "A page could not be acknowledged", exc_info=error)
            self._end("shutdown")

    def give_up(self, error: Exception) -> None:
        """End the crawl for an error beside writing. Unless the disk is at fault, its closing records are written."""
        if isinstance(error, Disturbed | OSError | sqlite3.Error):
            self.fail(error)
            return
        logger.error("The crawl cannot go on; this is a fault of ours", exc_info=error)
        engine.close(self.crawler, "shutdown")

    def _remedy(self, error: Exception) -> str:
        mend = "see to it that it can be written there"
        if is_full(error):
            mend = "make room"
        if self.frontier.status.kept:
            return f"Nothing that was acknowledged is lost; {mend} and start the same command again"
        return f"{mend.capitalize()} before it begins again"

    def stop(self, message: str) -> None:
        """End the crawl, and say why; the same command goes on."""
        logger.error("%s", message)
        engine.close(self.crawler, "shutdown")

    def _end(self, reason: str) -> None:
        self.broken = reason
        engine.close(self.crawler, reason)
