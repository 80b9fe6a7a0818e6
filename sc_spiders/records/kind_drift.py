"""How the objects of one kind differ from its schema: keys that are unknown, and fields that are never sent.

The API chooses the names of keys. So they are stored in a printable form, and only a limited number of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from sc_spiders.redaction.printable import printable

__all__ = ["OTHERS", "Kept", "KeySet", "KindDrift", "Path"]

Path = tuple[str, ...]
Kept = dict[str, Any]
"""A `KindDrift` as plain data."""

OTHERS = "(others)"
"""Counts the unknown keys that have no counter of their own."""

_NAMES = 100  # unknown keys with a counter of their own, in each kind
_LONGEST = 80  # characters of a name


class KeySet(NamedTuple):
    """What drift needs to know about the keys of an object."""

    unknown: tuple[str, ...]
    """Dotted names, as they can be shown."""
    known: tuple[Path, ...]
    """Keys that fields are taken from or through."""


class KindDrift:
    """Drift of one kind.

    `known`: paths of keys that fields are taken from or through. `ignored`: paths that the schema leaves out on
    purpose, with `*` for all members of an object.
    """

    def __init__(self, known: frozenset[Path] = frozenset(), ignored: frozenset[Path] = frozenset()) -> None:
        self._known = known
        self._ignored = ignored
        self.unknown: Counter[str] = Counter()
        self.sent: set[Path] = set()
        self.full = False  # an object in its full form was seen
        self.changed = False  # since `Drift.changes` was last called

    def key_set(self, parent: Path, keys: Iterable[str]) -> KeySet:
        """The keys of an object at `parent`."""
        known: list[Path] = [(*parent, "")]
        unknown: list[Path] = []
        ignores_all = (*parent, "*") in self._ignored
        for key in keys:
            path = (*parent, key)
            if path in self._known:
                known.append(path)
            elif not ignores_all and path not in self._ignored:
                unknown.append(path)
        names = [printable(".".join(path), _LONGEST) for path in unknown[:_NAMES]]
        if len(unknown) > _NAMES:
            names.append(OTHERS)
        return KeySet(tuple(names), tuple(known))

    def add_sent(self, keys: KeySet, *, full: bool) -> None:
        """Note the known keys of an object. `full`: it is in its full form."""
        if (full and not self.full) or not self.sent.issuperset(keys.known):
            self.full |= full
            self.sent.update(keys.known)
            self.changed = True

    def count_unknown(self, names: dict[str, int]) -> None:
        """Add the number of objects that had each of these unknown keys."""
        others = 0
        for name, count in names.items():
            if name in self.unknown or (len(self.unknown) < _NAMES and name != OTHERS):
                self.unknown[name] += count
            else:
                others = max(others, count)  # an object may have several of these keys
        if others:
            self.unknown[OTHERS] += others
        self.changed = True

    def was_sent(self, path: Path) -> bool:
        """Whether any object had that key. Also True for members of a nested object that never came."""
        parent = path[:-1]
        return path in self.sent or (parent in self.sent and (*parent, "") not in self.sent)

    def kept(self) -> Kept:
        """The drift as plain data for `restore`."""
        return {"unknown": self.unknown, "sent": sorted(self.sent), "full": self.full}

    def restore(self, kept: Kept) -> None:
        """Add the drift that another process stored. Raises TypeError, ValueError, KeyError for anything else."""
        self.count_unknown({str(name): int(count) for name, count in kept["unknown"].items()})
        self.sent.update(tuple(map(str, path)) for path in kept["sent"])
        self.full |= bool(kept["full"])
