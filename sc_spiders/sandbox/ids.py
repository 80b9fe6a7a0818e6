"""Maps positions of objects (0, 1, 2…) to ids as large as real ones, and back.

The map is computed: a world of a hundred thousand users needs no table of ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import gcd

from sc_spiders.sandbox.dates import FOUNDED, NOW

LOWEST = 10_000  # pinned ids stay below it


class NotFound(KeyError):
    """No such object."""


class Ids:
    """Spread `count` ids over `LOWEST`…`highest`, in a pseudo-random order that depends on `seed`.

    `pinned`: fixed ids of single positions. They must be below `LOWEST`. `exists`: whether the object at a position
    exists. `until`: when the object with the highest id is made, in milliseconds since 1970.
    """

    def __init__(
        self,
        count: int,
        highest: int,
        seed: int,
        pinned: Mapping[int, int],
        exists: Callable[[int], bool] = lambda _: True,
        until: int = NOW,
    ) -> None:
        self._count = max(count, 1)
        self._gap = (highest - LOWEST) // self._count
        if self._gap < 2:
            raise ValueError(f"{count} ids do not fit below {highest}")
        self._factor = self._coprime(int(self._count * 0.618) + seed)
        self._inverse = pow(self._factor, -1, self._count) if self._count > 1 else 0
        self._pinned = dict(pinned)
        self._unpinned = {value: index for index, value in pinned.items()}
        self._highest = highest
        self._exists = exists
        self._until = until

    def _coprime(self, number: int) -> int:
        number = max(number % self._count, 1)
        while gcd(number, self._count) != 1:
            number += 1
        return number

    def id(self, index: int) -> int:
        """Return the id of the object at this position."""
        if (pinned := self._pinned.get(index)) is not None:
            return pinned
        rank = index * self._factor % self._count
        return LOWEST + rank * self._gap + rank * 2_654_435_761 % (self._gap // 2 or 1)

    def index(self, value: int) -> int:
        """Return the position of the object with this id, or raise NotFound."""
        index = self._find(value)
        if not self._exists(index):
            raise NotFound(value)
        return index

    def born(self, value: int) -> int:
        """Return when the object with this id is made, in milliseconds since 1970.

        As in reality, greater ids are newer.
        """
        return FOUNDED + value * (self._until - FOUNDED) // self._highest

    def _find(self, value: int) -> int:
        if (index := self._unpinned.get(value)) is not None:
            return index
        rank = (value - LOWEST) // self._gap
        if not 0 <= rank < self._count:
            raise NotFound(value)
        index = rank * self._inverse % self._count
        if index in self._pinned or self.id(index) != value:
            raise NotFound(value)
        return index
