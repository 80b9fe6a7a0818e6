"""What of a worker's output files is on the disk: Redis is told of no page before its records are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from sc_spiders.disk import TOO_FEW, sync_file, sync_name

_AGAIN = 0.2  # seconds until it is tried again where connections have all descriptors


class DurableOutput:
    """Syncs the output files that have grown, all at once, beside the crawl."""

    def __init__(self) -> None:
        self._synced: dict[str, int] = {}

    async def sync(self, lengths: Mapping[str, int]) -> None:
        """Return once so many bytes of each file are on the disk. Raises OSError."""
        grown = {path: length for path, length in lengths.items() if length > self._synced.get(path, 0)}
        await asyncio.gather(*[self._sync(path, length) for path, length in grown.items()])

    async def _sync(self, path: str, length: int) -> None:
        is_new = path not in self._synced
        while True:
            try:
                await asyncio.to_thread(_sync_with_name if is_new else sync_file, path)
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
    """Return once the files that a run has left are on the disk. Raises OSError."""
    for path, length in lengths.items():
        if length and Path(path).exists():
            _sync_with_name(path)
