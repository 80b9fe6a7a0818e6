"""The seeds of a crawl on their way into its store: some at a time, in their order, as those before them end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from sc_spiders.pages.listing import Listing

__all__ = ["BATCH", "FEW", "Planting"]

BATCH = 1000  # seeds that are added at once
FEW = 500  # of them that are open, or fewer: more are added


class Planting:
    """`seeds`: all of the crawl, in their order, which are of one level. `planted`: how many are in the store."""

    def __init__(self, seeds: Sequence[Listing] = (), planted: int = 0) -> None:
        self.seeds = seeds
        self.planted = planted

    @property
    def left(self) -> int:
        """How many are to come yet."""
        return len(self.seeds) - self.planted

    @cached_property
    def level(self) -> int:
        """Of the seeds; there must be one."""
        return self.seeds[0].level

    def due(self, open_: int = 0) -> list[Listing]:
        """Those to be added now, which count as planted. `open_`: how many of those before them have not ended."""
        if not self.left or open_ > FEW:
            return []
        found = self.some(BATCH)
        self.planted += len(found)
        return found

    def some(self, most: int) -> list[Listing]:
        """As many of those to come, at most."""
        return list(self.seeds[self.planted : self.planted + most])
