"""The cards of a crawl: each is a `datapackage.json` that describes the records beside it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sc_spiders.dataset import OutputRefused, card
from sc_spiders.dataset.completeness import Completeness
from sc_spiders.dataset.foreign_keys import LARGEST
from sc_spiders.feeds.formats import PageFileStorage
from sc_spiders.feeds.written import Written
from sc_spiders.frontier.base import CrawlStatus

if TYPE_CHECKING:
    from scrapy.extensions.feedexport import FeedSlot

logger = logging.getLogger(__name__)

_LONG = 4 << 30  # bytes; reading them takes some seconds


class Cards:
    """Removes the cards of the files that a crawl is about to write, and writes new ones when the files are closed.

    Only files on this machine have cards: `datapackage.json` in a folder that the crawl has made for itself, and
    `<name of the file>.datapackage.json` beside any other. `has_pipelines`: item pipelines may have changed records.
    `is_pseudonymous`: cards must not name anybody.
    """

    def __init__(self, slots: Iterable[FeedSlot], stamp: str, *, has_pipelines: bool, is_pseudonymous: bool) -> None:
        self._stamp = stamp
        self._has_pipelines = has_pipelines
        self._is_pseudonymous = is_pseudonymous
        self._files: dict[Path, dict[str, Any]] = {}
        for slot in slots:
            self.add(slot)

    def add(self, slot: FeedSlot) -> None:
        """Add the file of a feed, or of its next batch."""
        storage = slot.storage
        if isinstance(storage, PageFileStorage) and not storage.is_stream:
            self._files[Path(storage.path).absolute()] = slot.feed_options

    def remove(self) -> None:
        """Remove the cards, because they will no longer be true. Raises OSError."""
        for place in self._places():
            card.remove(place)

    async def write(self, status: CrawlStatus) -> None:
        """Write the cards. If that fails, the failure is logged, and there are no cards."""
        try:
            for place, files in self._places().items():
                await self._write(place, files, status)
        except (OSError, OutputRefused) as e:
            logger.error("The card of the output could not be written: %s", e)

    async def _write(self, place: Path, files: list[Path], status: CrawlStatus) -> None:
        files = [file for file in files if file.is_file()]
        if not files:
            return
        size = sum(file.stat().st_size for file in files)
        if size > _LONG:
            logger.info("Making the checksums of %.0f GB; a second Ctrl-C skips that.", size / 1e9)
        resources = await self._resources(files, status.counts)
        assert status.record
        name = f"soundcloud-{status.record['spider']}-{status.stamp}"
        descriptor = card.card(name, resources, [status.record], self._completeness(status))
        if status.shared:
            descriptor["completeness"]["missing"] = None  # each worker knows only its own number: `merge` counts
        card.write(place, descriptor)

    async def _resources(self, files: list[Path], counts: Counter[str]) -> list[dict[str, Any]]:
        """The Data Resources of these files. Those of a small crawl have foreign keys: each key is looked up."""
        written = [self._written(file, counts) for file in files]
        resources = [await _read(one) for one in written]
        if counts.total() <= LARGEST:
            kinds = {one.kind: one.values for one in written if one.kind}
            await asyncio.to_thread(card.relate, resources, kinds)  # meanwhile a signal can still end the crawl
        return resources

    def _places(self) -> dict[Path, list[Path]]:
        """The files of each card."""
        places: dict[Path, list[Path]] = {}
        for file, options in self._files.items():
            if not card.can_name(file):
                continue
            place = self._place(file)
            if options["kinds"] == ("rejected",):
                place = next((other for other in places if other.parent == file.parent), place)
            places.setdefault(place, []).append(file)
        return places

    def _place(self, file: Path) -> Path:
        if self._stamp in file.parent.parts:
            return file.with_name(card.NAME)
        return card.beside(file)

    def _written(self, file: Path, counts: Counter[str]) -> Written:
        return Written(file, self._files[file], counts, is_changed=self._has_pipelines)

    def _completeness(self, status: CrawlStatus) -> Completeness:
        """What the crawl itself knows of its lists. So the card need not read their records."""
        endings = status.listings.copy()
        complete = endings.pop("complete", 0)
        assert status.record
        found = Completeness(
            listings=status.listings.total(),
            complete=complete,
            endings=+endings,
            missing=status.missing,
            rejected=status.counts["rejected"],
            behind=status.behind,
        )
        if not self._is_pseudonymous:  # messages of the API may name somebody
            found.named = status.named
        found.add(status.record)
        return found


async def _read(written: Written) -> dict[str, Any]:
    """The Data Resource of a file. While the file is read, a signal can still end the crawl."""
    for _ in written.facts.read():
        await asyncio.sleep(0)
    return written.resource()
