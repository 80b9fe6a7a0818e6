"""What the APIs send that the schemas do not know, and the other way round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from .compile import Path, Projection
from .schemas import schema

__all__ = ["Counts", "add", "counts", "report", "reset"]

Counts = list[tuple[Path, tuple[str, ...], int]]
"""How many objects of each shape were seen: where they stand, their keys, their number. Plain data, but for tuples."""


def _seen(projection: Projection) -> Iterator[tuple[Path, tuple[str, ...], int]]:
    for keys, shape in projection.shapes.items():
        if shape.count:
            yield (), keys, shape.count
    for parent, counts in projection.nested.items():
        for keys, count in counts.items():
            yield parent, keys, count


def report(kind: str, api: str, projection: Projection) -> dict[str, Any]:
    """What the shapes seen so far tell.

    `unknown`: dotted names of keys that no field is taken from and the schema does not ignore, with the number of
    objects that had them. `absent`: fields of which no object had the key, though every full object used to; empty
    until a full one was seen.
    """
    ignored = {tuple(entry.split(".")) for entry in schema(kind).get("ignored", ())}
    known = {path[:n] for paths in projection.reads.values() for path in paths for n in range(1, len(path) + 1)}
    unknown: Counter[str] = Counter()
    sent: set[Path] = set()
    parents: set[Path] = set()
    for parent, keys, count in _seen(projection):
        parents.add(parent)
        for key in keys:
            path = (*parent, key)
            sent.add(path)
            if not {path, (*parent, "*")} & ignored and path not in known:
                unknown[".".join(path)] += count

    def was_sent(path: Path) -> bool:
        # Of members of an object that was null all the time, or is not watched, nothing is known.
        return path in sent or (path[:-1] in sent and path[:-1] not in parents)

    properties = schema(kind)["properties"]
    absent = [
        name
        for name, paths in projection.reads.items()
        if paths and api not in properties[name].get("rare", ()) and not any(map(was_sent, paths))
    ]
    full = any(shape.count and not shape.partial for shape in projection.shapes.values())
    return {"unknown": dict(unknown), "absent": absent if full else []}


def counts(projection: Projection) -> Counts:
    """The shapes seen so far, to be kept."""
    return list(_seen(projection))


def add(projection: Projection, kept: Counts) -> None:
    """Count the shapes that were kept. Raises TypeError, ValueError where they are none."""
    for parent, keys, count in kept:
        if not parent:
            projection.shapes[tuple(keys)].count += count
        elif (found := projection.nested.get(tuple(parent))) is not None:
            found[tuple(keys)] += count


def reset(projection: Projection) -> None:
    """Forgets the shapes seen."""
    projection.shapes.clear()
    for counts in projection.nested.values():
        counts.clear()
