"""Sets of ids that a spider keeps over all runs of a crawl."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from sc_spiders.pages.namespaces import Namespace
from sc_spiders.pages.seen import Seen, ident

__all__ = ["IdSet"]

Key = TypeVar("Key", bound=int | str)


class IdSet:
    """One set of ids, by its namespace. The ids of a page are removed again if the page is not written."""

    def __init__(self, seen: Seen, namespace: Namespace) -> None:
        self._seen = seen
        self._namespace = namespace

    def new(self, keys: Iterable[Key]) -> list[Key]:
        """The keys that are not in the set, each once."""
        numbers = {ident(key): key for key in keys}
        return [numbers[number] for number in self._seen.fresh(self._namespace, numbers)]

    def add(self, keys: Iterable[int | str]) -> None:
        self._seen.add(self._namespace, [ident(key) for key in keys])

    def take(self, keys: Iterable[Key]) -> list[Key]:
        """Add the keys. Returns those that were not in the set."""
        new = self.new(keys)
        self.add(new)
        return new

    def __contains__(self, key: int | str) -> bool:
        return self._seen.has(self._namespace, ident(key))

    def __len__(self) -> int:
        return self._seen.count(self._namespace)
