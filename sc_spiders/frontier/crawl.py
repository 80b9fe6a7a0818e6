"""The crawl of this process, from beginning to end. It ends early if nothing more can be written."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sc_spiders import engine
from sc_spiders.context import context
from sc_spiders.errors import Disturbed, OutputError
from sc_spiders.frontier.base import CrawlSpec, CrawlStatus, Frontier
from sc_spiders.frontier.directory import remedy
from sc_spiders.frontier.output_files import lock_output
from sc_spiders.pages.listing import Listing

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class Crawl:
    """The crawl over `frontier`.

    `is_begun`: pages may be written. `broken`: the finish_reason if nothing more can be written, otherwise "".
    `is_disturbed`: somebody changed the crawl's files, so the crawl leaves them alone.
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
        """Find the crawl or create it. An exception is kept for `found`, because its caller logs it."""
        self.seeds = spec.seeds
        try:
            await self.frontier.open(spec)
        except Exception as e:
            self._problem = e
        else:
            self._is_open = True

    def refuse(self, problem: Exception) -> None:
        """Let `found` raise this exception."""
        self._problem = problem

    def found(self) -> Frontier:
        """The frontier with the crawl. Raises the exception of `open`."""
        if self._problem:
            raise self._problem
        return self.frontier

    @property
    def status(self) -> CrawlStatus | None:
        """The crawl's status; None if the crawl was refused."""
        if not self._is_open:
            return None
        return self.frontier.status

    def claim(self, paths: Iterable[str], *, only_existing: bool) -> None:
        """Lock these output files. Raises OutputError if another process writes to them, OSError."""
        others = [path for path in paths if not self.frontier.files.is_own(path)]
        if only_existing:
            others = [path for path in others if Path(path).exists()]
        self._locks = [lock_output(path, self.frontier.files.locks) for path in others]

    def begin(self, lengths: dict[str, int]) -> None:
        """Begin with output files of these lengths, or resume. Raises the same as `Frontier.begin`."""
        self.frontier.begin(lengths)
        self.is_begun = True

    def abandon(self) -> None:
        """Release a crawl that can neither begin nor be resumed."""
        if self._is_open:
            self.frontier.abandon()
        self._is_open = self.is_begun = False

    def release(self) -> None:
        """Unlock the output files."""
        for lock in self._locks:
            lock.close()

    def fail(self, error: Exception, what: str = "") -> None:
        """End the crawl after an error: nothing more can be written. Acknowledged pages are safe.

        `what`: the step that failed, for the log.
        """
        if self.broken:
            return
        if isinstance(error, Disturbed):
            self.is_disturbed = True
            logger.error("%s.", error)
            self._end("disk")
        elif isinstance(error, BrokenPipeError):
            logger.info("The program that read the output has ended: the crawl ends.")
            self.frontier.status.unread = True
            self._end("shutdown")
        elif isinstance(error, OutputError):
            context(self.crawler).refuse(f"{error}.")
            self._end("bad_arguments")
        elif isinstance(error, OSError | sqlite3.Error):
            logger.error("%s: %s. %s.", what or "Writing failed", error, self._remedy(error))
            self._end("disk")
        else:
            logger.error("%s; this is a bug in sc_spiders", what or "A page could not be acknowledged", exc_info=error)
            self._end("shutdown")

    def give_up(self, error: Exception) -> None:
        """End the crawl after an error outside of writing. Unless the disk failed, the closing records are written."""
        if isinstance(error, Disturbed | OSError | sqlite3.Error):
            self.fail(error)
            return
        logger.error("The crawl cannot go on; this is a bug in sc_spiders", exc_info=error)
        engine.close(self.crawler, "shutdown")

    def _remedy(self, error: Exception) -> str:
        mend = remedy(error)
        if self.frontier.status.kept:
            return f"All acknowledged pages are safe; {mend} and start the same command again"
        return f"{mend.capitalize()} before it begins again"

    def stop(self, message: str) -> None:
        """End the crawl and log why. The same command resumes it."""
        logger.error("%s", message)
        engine.close(self.crawler, "shutdown")

    def lose(self, message: str) -> None:
        """End the crawl and log why: what it wrote cannot be stored."""
        logger.error("%s", message)
        self._end("disk")

    def _end(self, reason: str) -> None:
        self.broken = reason
        engine.close(self.crawler, reason)
