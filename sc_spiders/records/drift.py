"""What the APIs send that the schemas do not know, and the other way round.

Names of keys are others' words: they are noted as they can be shown and kept, and only so many of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sc_spiders.redaction.printable import shown

__all__ = ["OTHERS", "Kept", "Noticed", "Path", "Sight"]

Path = tuple[str, ...]
Sight = tuple[tuple[str, ...], tuple[Path, ...]]
"""What a set of keys is: names of the unknown ones, dotted, and the paths of the others that matter."""
Kept = dict[str, Any]
"""What was noticed, as plain data."""

OTHERS = "(others)"
"""The name of all that are beyond what is told by name."""

_NAMES = 100  # unknown keys told by name, a kind
_LONGEST = 80  # characters of one


class Noticed:
    """What the objects of one kind had beyond its schema, and what of it, so far.

    `known`: paths of keys that fields are taken from or through; `ignored`: those left out on purpose, with `*` for all
    members.
    """

    def __init__(self, known: frozenset[Path], ignored: frozenset[Path] = frozenset()) -> None:
        self._known = known
        self._ignored = ignored
        self.reset()

    def reset(self) -> None:
        """Forget all of it."""
        self.unknown: Counter[str] = Counter()
        self.sent: set[Path] = set()
        self.full = False
        self.news = False  # since that was last asked

    def sight(self, parent: Path, keys: Iterable[str]) -> Sight:
        """What the keys of an object at `parent` are."""
        known, unknown = [(*parent, "")], []
        for key in keys:
            path = (*parent, key)
            if path in self._known:
                known.append(path)
            elif path not in self._ignored and (*parent, "*") not in self._ignored:
                unknown.append(path)
        names = [shown(".".join(path), _LONGEST) for path in unknown[:_NAMES]]
        return tuple(names + [OTHERS] * (len(unknown) > _NAMES)), tuple(known)

    def add(self, sight: Sight, count: int, *, full: bool = False) -> None:
        """Note so many objects that were seen to be that. `full`: in their full form."""
        unknown, sent = sight
        if unknown:
            self._count(dict.fromkeys(unknown, count))
        if (full and not self.full) or not self.sent.issuperset(sent):
            self.full |= full
            self.sent.update(sent)
            self.news = True

    def _count(self, names: dict[str, int]) -> None:
        beyond = 0
        for name, count in names.items():
            if name in self.unknown or (len(self.unknown) < _NAMES and name != OTHERS):
                self.unknown[name] += count
            else:
                beyond = max(beyond, count)  # of one object, or at least of so many
        if beyond:
            self.unknown[OTHERS] += beyond
        self.news = True

    def was_sent(self, path: Path) -> bool:
        """Whether any object had that key. Of members of an object that was never seen itself, nothing is known."""
        return path in self.sent or (path[:-1] in self.sent and (*path[:-1], "") not in self.sent)

    def kept(self) -> Kept:
        """All of it, for `go_on`."""
        return {"unknown": self.unknown, "sent": sorted(self.sent), "full": self.full}

    def go_on(self, kept: Kept) -> None:
        """Go on from what was kept. Raises TypeError, ValueError, KeyError where it is none of that."""
        self._count({str(name): int(count) for name, count in kept["unknown"].items()})
        self.sent.update(tuple(map(str, path)) for path in kept["sent"])
        self.full |= bool(kept["full"])
