"""All edges of a data set as numbers, a few bytes each."""

from __future__ import annotations

from array import array

from sc_spiders.dataset import Dataset


class Edges:
    """The ends of all edges as numbers, by relation. `urns` gives the URN of a number.

    10 million edges take 80 MB, and each distinct end about 150 bytes.
    """

    def __init__(self, data: Dataset) -> None:
        self.urns: list[str] = []
        self.sources: dict[str, array[int]] = {}
        self.targets: dict[str, array[int]] = {}
        self.ordered: dict[str, dict[str, list[tuple[int, int]]]] = {}
        """For relations with an order: source -> (position, number of the target), sorted by position."""
        self._numbers: dict[str, int] = {}
        for row in data.rows("SELECT relation, source, target, position FROM edge"):
            self._add(*row)
        for of_source in self.ordered.values():
            for members in of_source.values():
                members.sort()

    def count(self, relation: str) -> int:
        return len(self.sources.get(relation, ()))

    def known(self, urn: str) -> int | None:
        """The number of a URN that an edge names, or None."""
        return self._numbers.get(urn)

    def number(self, urn: str) -> int:
        """The number of a URN. A new URN gets a new number."""
        numbers = self._numbers
        if urn not in numbers:
            numbers[urn] = len(self.urns)
            self.urns.append(urn)
        return numbers[urn]

    def _add(self, relation: str, source: str, target: str, position: int | None) -> None:
        if relation not in self.sources:
            self.sources[relation], self.targets[relation] = array("i"), array("i")
        self.sources[relation].append(self.number(source))
        number = self.number(target)
        self.targets[relation].append(number)
        if position is not None:
            self.ordered.setdefault(relation, {}).setdefault(source, []).append((position, number))
