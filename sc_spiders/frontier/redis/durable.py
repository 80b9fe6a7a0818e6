"""Syncs a worker's output files: a page's records are on the disk before Redis gets the acknowledgement."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from sc_spiders.disk import TOO_FEW, sync_file, sync_name
from sc_spiders.frontier.output_files import MOVED, disturbed

_AGAIN = 0.2  # seconds until the next try if no file descriptor is free


class DurableOutput:
    """Syncs the output files that have grown, in parallel and in threads, so that the crawl goes on."""

    def __init__(self) -> None:
        self._synced: dict[str, int] = {}

    async def sync(self, lengths: Mapping[str, int]) -> None:
        """Wait until the files are on the disk up to these lengths. Raises OSError, Disturbed."""
        grown = {path: length for path, length in lengths.items() if length > self._synced.get(path, 0)}
        await asyncio.gather(*[self._sync(path, length) for path, length in grown.items()])

    async def _sync(self, path: str, length: int) -> None:
        is_new = path not in self._synced
        while True:
            try:
                await asyncio.to_thread(_sync_with_name if is_new else sync_file, path)
            except FileNotFoundError:
                raise disturbed(path, MOVED) from None
            except OSError as e:
                if e.errno not in TOO_FEW:
                    raise
                await asyncio.sleep(_AGAIN)
            else:
                self._synced[path] = length
                return


def _sync_with_name(path: str) -> None:
    sync_file(path)
    sync_name(path)


def sync_closed(lengths: Mapping[str, int]) -> None:
    """Wait until the closed files of a run are on the disk. Raises OSError."""
    for path, length in lengths.items():
        if length and Path(path).exists():
            _sync_with_name(path)
