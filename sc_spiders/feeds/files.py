"""The output files of a crawl that are written page by page: how long they are, and back to what is acknowledged."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sc_spiders.errors import OutputError
from sc_spiders.feeds.formats import PageFileStorage, SummedFile
from sc_spiders.feeds.repair import make_whole
from sc_spiders.frontier.output_files import check_place

if TYPE_CHECKING:
    from scrapy.extensions.feedexport import FeedSlot

logger = logging.getLogger(__name__)


class FeedFiles:
    """The feeds of one crawl that go to files of this machine.

    `lengths`, `sums`: bytes and CRC-32 of each file with all pages that are written whole.
    """

    def __init__(self, slots: list[FeedSlot], is_for_rejected: Callable[[FeedSlot], bool]) -> None:
        self._is_for_rejected = is_for_rejected
        self._feeds = [(slot, slot.storage) for slot in slots if isinstance(slot.storage, PageFileStorage)]
        self._storages = [storage for _, storage in self._feeds]
        for storage in self._storages:
            storage.path = str(Path(storage.path).absolute())  # as the frontier knows it
        self._opened: dict[str, SummedFile] = {}
        self.lengths: dict[str, int] = {}
        self.sums: dict[str, int] = {}

    def check_same(self, known: Mapping[str, int]) -> None:
        """Raises OutputError where the files are not those that an earlier run wrote."""
        paths = {storage.path for storage in self._storages}
        if known.keys() == paths:
            return
        files = sorted(known)
        told = ", ".join(files[:2])
        if len(files) > 2:
            told += f" and {len(files) - 2} more"
        what = "give the same -o"
        if {Path(path).name for path in known} == {Path(path).name for path in paths}:
            what = "start it in the folder where it was begun"
        raise OutputError(f"this job writes to {told or 'no file'}; {what}, or another JOBDIR")

    def shared(self) -> Iterator[str]:
        """Files that another crawl could be writing to, without those for what is rejected: they may never be made."""
        return (storage.path for slot, storage in self._feeds if not self._is_for_rejected(slot))

    @property
    def kept(self) -> list[str]:
        """The files that are added to."""
        return [storage.path for storage in self._storages if storage.write_mode != "wb"]

    def mend(self) -> None:
        """Cut off a partial last line, or the first new record would be appended to it."""
        for path in self.kept:
            if cut := make_whole(Path(path)):
                logger.warning("%s ended in the middle of a line, whose %d bytes are cut off.", path, cut)

    def found(self) -> dict[str, int]:
        """How long each file is when the crawl begins; 0 where it is overwritten."""
        kept = {path: _size(path) for path in self.kept}
        return {storage.path: kept.get(storage.path, 0) for storage in self._storages}

    def resume(self, lengths: Mapping[str, int], sums: Mapping[str, int]) -> None:
        """Have pages added behind these lengths."""
        self.lengths, self.sums = dict(lengths), dict(sums)
        for storage in self._storages:
            storage.write_mode = "ab"
            storage.sum = sums.get(storage.path, 0)

    def start(self, lengths: Mapping[str, int]) -> None:
        """Empty what is overwritten: also where this crawl has nothing for it, rejected records for instance."""
        self.lengths = dict(lengths)
        for slot, storage in self._feeds:
            path = Path(storage.path)
            if storage.write_mode != "wb" or not path.is_file():
                continue
            if self._is_for_rejected(slot):
                path.unlink()
            else:  # locked
                os.truncate(path, 0)

    def _look(self) -> dict[str, SummedFile]:
        """The files that are open: Scrapy opens one with its first record."""
        if len(self._opened) < len(self._feeds):
            opened = ((storage.path, slot.file) for slot, storage in self._feeds)
            self._opened = {path: file for path, file in opened if isinstance(file, SummedFile)}
        return self._opened

    def written(self) -> dict[str, int]:
        """How long the files are with what is in their buffers."""
        return {path: file.tell() for path, file in self._look().items()}

    def flush(self, lengths: dict[str, int]) -> None:
        """Write what is in the buffers. `lengths`: what `written` gave. Raises OSError."""
        for file in self._look().values():
            file.flush()
        self.lengths |= lengths
        self.sums |= {path: file.sum for path, file in self._look().items()}

    def check(self) -> None:
        """Raises Disturbed where a file is not as the last page has left it."""
        opened = self._look()
        for path, length in self.lengths.items():
            if length or path in opened:
                check_place(path, length, opened.get(path))

    def cut_back(self) -> None:
        """Take back what was written of a page."""
        for path, file in self._look().items():
            file.seek(self.lengths.get(path, 0))
            file.truncate()
            file.sum = self.sums.get(path, 0)

    def close(self, lengths: Mapping[str, int] | None) -> None:
        """Close them where nothing more can be written, and cut them back to these lengths; None: leave them as is."""
        for path, file in self._look().items():
            with suppress(OSError):  # what its buffer still holds
                file.close()
            if lengths is None:
                continue
            length = lengths.get(path, 0)
            with suppress(OSError):
                if _size(path) > length:
                    os.truncate(path, length)


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except FileNotFoundError:
        return 0
