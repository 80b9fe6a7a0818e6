"""What the APIs send that the schemas do not know, and the other way round."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from .schemas import schema

__all__ = ["Drift"]

Path = tuple[str, ...]


class Drift:
    """Counts the shapes (the keys, in their order) of the objects of one kind of one API, nested ones included.

    Noting an object is a hash and a count; what is new or gone is worked out when it is asked for.
    """

    def __init__(self, kind: str, reads: dict[str, tuple[Path, ...]]) -> None:
        self._reads = reads
        self._ignored = {tuple(entry.split(".")) for entry in schema(kind).get("ignored", ())}
        self._known = {path[:n] for found in reads.values() for path in found for n in range(1, len(path) + 1)}
        self._shapes: dict[Path, Counter[tuple[str, ...]]] = defaultdict(Counter)

    def note(self, objects: Sequence[dict[str, Any]], nested: dict[Path, list[dict[str, Any]]]) -> None:
        """Counts a page of objects and the objects nested in them, by their paths."""
        self._shapes[()].update(map(tuple, objects))
        for path, found in nested.items():
            self._shapes[path].update(map(tuple, found))

    def reset(self) -> None:
        """Forgets what was counted."""
        self._shapes.clear()

    def report(self) -> dict[str, Any]:
        """`unknown`: dotted names of keys no field is taken from, with the number of objects that had them.
        `absent`: fields of which no object had the key. Empty before any object was seen."""
        unknown: Counter[str] = Counter()
        sent: set[Path] = set()
        for parent, shapes in self._shapes.items():
            for shape, count in shapes.items():
                for key in shape:
                    path = (*parent, key)
                    sent.add(path)
                    if path not in self._known and path not in self._ignored:
                        unknown[".".join(path)] += count
        absent = [name for name, found in self._reads.items() if not any(self._was_sent(p, sent) for p in found)]
        return {"unknown": dict(unknown), "absent": absent if self._shapes else []}

    def _was_sent(self, path: Path, sent: Iterable[Path]) -> bool:
        # Of members of an object that was null all the time nothing is known.
        return path in sent or (path[:-1] in sent and path[:-1] not in self._shapes)
