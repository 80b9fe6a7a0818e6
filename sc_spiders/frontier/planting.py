"""Adds a crawl's seeds to its store, in order and in batches. The next batch follows when most seeds have ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from sc_spiders.pages.listing import Listing

__all__ = ["BATCH", "FEW", "Planting"]

BATCH = 1000  # seeds that are added at once
FEW = 500  # the next batch is added if no more seeds than this are open


class Planting:
    """`seeds`: all seeds of the crawl, in their order; they have one level. `planted`: how many are in the store.

    `arrange`: see `CrawlSpec`.
    """

    def __init__(
        self,
        seeds: Sequence[Listing] = (),
        planted: int = 0,
        arrange: Callable[[list[Listing]], list[Listing]] = list,
    ) -> None:
        self.seeds = seeds
        self.planted = planted
        self._arrange = arrange

    @property
    def left(self) -> int:
        """How many are not in the store yet."""
        return len(self.seeds) - self.planted

    @cached_property
    def level(self) -> int:
        """The level of the seeds. There must be a seed."""
        return self.seeds[0].level

    def due(self, open_: int = 0) -> list[Listing]:
        """The seeds to add now; they count as planted. `open_`: how many of the earlier ones have not ended."""
        if not self.left or open_ > FEW:
            return []
        found = self.some(BATCH)
        self.planted += len(found)
        return self._arrange(found)

    def some(self, most: int) -> list[Listing]:
        """Up to `most` of the next seeds."""
        return list(self.seeds[self.planted : self.planted + most])
