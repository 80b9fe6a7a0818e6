"""The output files that a crawl writes page by page: their lengths, and how they are cut back to acknowledged pages."""

from __future__ import annotations

import logging
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sc_spiders.errors import OutputError
from sc_spiders.feeds.formats import PageFileStorage, SummedFile
from sc_spiders.feeds.items import Items
from sc_spiders.frontier.output_files import ANEW, MOVED, disturbed
from sc_spiders.frontier.repair import make_whole
from sc_spiders.pages.page import Row

if TYPE_CHECKING:
    from scrapy.extensions.feedexport import FeedSlot

logger = logging.getLogger(__name__)


class FeedFiles:
    """The feeds of one crawl, and those of their files that can be cut back: regular files on this machine.

    `slots`: by the feed's URI in FEEDS. `next_batch` returns the slot that follows one whose file is full.
    `lengths`, `sums`: bytes and CRC-32 of each file, as of the last page that was written whole.
    """

    def __init__(self, slots: Iterable[FeedSlot], next_batch: Callable[[FeedSlot], FeedSlot]) -> None:
        self.slots = {slot.uri_template: slot for slot in slots}
        self._next_batch = next_batch
        self._by_page: dict[str, list[FeedSlot]] = defaultdict(list)
        self._by_item: dict[str, list[str]] = defaultdict(list)  # URIs, because another slot follows a full one
        for uri, slot in self.slots.items():
            for kind in slot.feed_options["kinds"]:
                if slot.feed_options["by_page"]:
                    self._by_page[kind].append(slot)
                else:
                    self._by_item[kind].append(uri)
        self._feeds = [
            (slot, slot.storage)
            for slot in self.slots.values()
            if isinstance(slot.storage, PageFileStorage) and slot.storage.can_cut_back
        ]
        self._storages = [storage for _, storage in self._feeds]
        for storage in self._storages:
            storage.path = str(Path(storage.path).absolute())  # the frontier stores absolute paths
        self._opened: dict[str, SummedFile] = {}
        self.lengths: dict[str, int] = {}
        self.sums: dict[str, int] = {}

    def open_streams(self) -> None:
        """Open pipes before the first request. Raises OutputError if nobody reads one, OSError."""
        for slot in self.slots.values():
            if isinstance(slot.storage, PageFileStorage) and slot.storage.is_stream:
                slot.start_exporting()

    def check_same(self, known: Mapping[str, int]) -> None:
        """Raises OutputError if the earlier run wrote to other files. `known`: its files."""
        paths = {storage.path for storage in self._storages}
        if known.keys() == paths:
            return
        files = sorted(known)
        told = ", ".join(files[:2])
        if len(files) > 2:
            told += f" and {len(files) - 2} more"
        what = "give the same -o"
        known_names = {Path(path).name for path in known}
        if known_names == {Path(path).name for path in paths}:
            what = "start it in the folder where it was begun"
        raise OutputError(f"this job writes to {told or 'no file'}; {what}, or {ANEW}")

    def shared(self) -> Iterator[str]:
        """Files that another crawl could write to. Those for rejected records are left out: they may never exist."""
        return (storage.path for slot, storage in self._feeds if not _is_for_rejected(slot))

    @property
    def appended(self) -> list[str]:
        """The files to which the crawl appends."""
        return [storage.path for storage in self._storages if storage.write_mode != "wb"]

    def mend(self) -> None:
        """Cut off a partial last line, or the first new record would be appended to it."""
        for path in self.appended:
            if cut := make_whole(Path(path)):
                logger.warning("%s ended in the middle of a line, whose %d bytes are cut off.", path, cut)

    def initial_lengths(self) -> dict[str, int]:
        """The length of each file when the crawl begins; 0 for a file that is overwritten."""
        lengths = {path: _size(path) for path in self.appended}
        return {storage.path: lengths.get(storage.path, 0) for storage in self._storages}

    def resume(self, lengths: Mapping[str, int], sums: Mapping[str, int]) -> None:
        """Go on with files of these lengths."""
        self.lengths, self.sums = dict(lengths), dict(sums)
        for storage in self._storages:
            storage.write_mode = "ab"
            storage.sum = sums.get(storage.path, 0)

    def start(self, lengths: Mapping[str, int]) -> None:
        """Empty the files that are overwritten, even if this crawl never writes to them (rejected records)."""
        self.lengths = dict(lengths)
        for slot, storage in self._feeds:
            path = Path(storage.path)
            if storage.write_mode != "wb" or not path.is_file():
                continue
            if _is_for_rejected(slot):
                path.unlink()
            else:  # not deleted: this file is locked
                os.truncate(path, 0)

    def check(self) -> None:
        """Raises Disturbed if a file was changed since the last page."""
        opened = self._opened
        for path, length in self.lengths.items():
            if length or path in opened:
                _check_place(path, length, opened.get(path))

    def write(self, rows: Mapping[str, list[Row]], items: Items, intend: Callable[[dict[str, int]], None]) -> None:
        """Write a page: its rows, or its items to feeds that take items. Raises OSError, OutputError.

        `intend` is called with the lengths that the files will have, before anything reaches the disk.
        """
        for kind, some in rows.items():
            if not some:
                continue
            for slot in self._by_page.get(kind, ()):
                if not slot.exporter:
                    self._open(slot)
                slot.exporter.export_rows(some)  # type: ignore[union-attr]  # one of ours
                slot.itemcount += len(some)
            for uri in self._by_item.get(kind, ()):
                self._write_items(uri, items.get(kind, some))  # rejected objects have no items: their rows are written
        lengths = {}
        for path, file in self._opened.items():
            lengths[path] = file.tell()
        intend(lengths)
        sys.audit("sc_spiders.plan_page.after")
        for file in self._opened.values():
            file.flush()
        self.lengths |= lengths
        for path, file in self._opened.items():
            self.sums[path] = file.sum
        for slot in self.slots.values():  # so that the reader of a pipe gets each page at once
            if slot.file and slot.file not in self._opened.values():
                slot.file.flush()

    def _write_items(self, uri: str, items: Sequence[Any]) -> None:
        slot = self.slots[uri]
        for item in items:
            if slot.filter.accepts(item):
                self._open(slot)
                assert slot.exporter
                slot.exporter.export_item(item)
                slot.itemcount += 1
                slot = self._after_item(slot)

    def _open(self, slot: FeedSlot) -> None:
        slot.start_exporting()
        storage = slot.storage
        if isinstance(storage, PageFileStorage) and storage.can_cut_back and isinstance(slot.file, SummedFile):
            self._opened[storage.path] = slot.file

    def _after_item(self, slot: FeedSlot) -> FeedSlot:
        """The slot for the next item: another one if the file is full."""
        most = slot.feed_options["batch_item_count"]
        if not most or slot.itemcount < most:
            return slot
        following = self.slots[slot.uri_template] = self._next_batch(slot)
        return following

    def remove_empty(self, stamp: str) -> None:
        """Delete files without a record, if their feeds do not want empty files, and so the crawl's own folder.

        An empty folder would be taken for a data set, as by `merge output/user/*`. `stamp`: the crawl's.
        """
        for slot, storage in self._feeds:
            path = Path(storage.path)
            if not slot.feed_options["store_empty"] and path.is_file() and not path.stat().st_size:
                path.unlink()
            if stamp in path.parent.parts:
                with suppress(OSError):  # there is something in it
                    path.parent.rmdir()

    def cut_back(self) -> None:
        """Remove what was written of a page that failed."""
        for path, file in self._opened.items():
            file.seek(self.lengths.get(path, 0))
            file.truncate()
            file.sum = self.sums.get(path, 0)

    def close(self, lengths: Mapping[str, int] | None) -> None:
        """Close the files after a write error, and cut them back to these lengths. None: leave the contents alone."""
        for path, file in self._opened.items():
            with suppress(OSError):  # `close` tries to write its buffer
                file.close()
            if lengths is None:
                continue
            length = lengths.get(path, 0)
            with suppress(OSError):
                if _size(path) > length:
                    os.truncate(path, length)


def _is_for_rejected(slot: FeedSlot) -> bool:
    return bool(slot.feed_options["kinds"] == ("rejected",))


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except FileNotFoundError:
        return 0


def _check_place(path: str, length: int, file: IO[bytes] | None) -> None:
    """Raises Disturbed if an output file was moved, or its length changed since the last page.

    `file`: the file object, if it is open for writing.
    """
    try:
        there = os.stat(path)  # noqa: PTH116 - called for each page; pathlib would cost more than the call
    except FileNotFoundError:
        there = None
    if there is None or (file and there.st_ino != os.fstat(file.fileno()).st_ino):
        raise disturbed(path, MOVED)
    if there.st_size != length:
        what = f"was changed while it was written: it has {there.st_size} bytes, where {length} were written"
        raise disturbed(path, what)
