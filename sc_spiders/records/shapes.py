"""The shapes of objects: for each set of keys, how projection and drift handle it.

An API sends the same few sets of keys again and again. So each is examined once, and an object costs one look-up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .kind_drift import KeySet, KindDrift, Path

__all__ = ["Layout", "Observer", "Shape", "Shapes"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of a kind's fields in the objects of an API."""

    fields: frozenset[str] = frozenset()
    same: frozenset[str] = frozenset()
    """Fields that are taken from the key of the same name."""
    full: str | None = None
    """The key that only the full form has."""
    known: frozenset[Path] = frozenset()
    """Paths of keys that fields are taken from or through."""
    ignored: frozenset[Path] = frozenset()
    """Paths that the schema leaves out on purpose."""


@dataclass(slots=True)
class Shape:
    """The properties of objects with the same keys."""

    keys: KeySet
    partial: bool
    """Whether they lack the key that tells the full form."""
    drop: tuple[str, ...]
    """Keys that are no fields."""
    reset: tuple[str, ...]
    """Keys with the name of a field that is taken from elsewhere."""
    count: int = 0
    """Objects that drift has not counted yet."""


class Shapes(dict[tuple[str, ...], Shape]):
    """Shapes by the keys of an object, in their order. Their number is limited, in case an API makes keys up.

    `parent`: the objects' path in those of the kind.
    """

    LIMIT = 500
    LONGEST = 10_000  # characters of all keys of an object

    def __init__(self, drift: KindDrift, layout: Layout, parent: Path = ()) -> None:
        super().__init__()
        self._drift = drift
        self._layout = layout
        self._parent = parent
        self.unknown: list[Shape] = []  # shapes with unknown keys: their objects are counted

    def __missing__(self, keys: tuple[str, ...]) -> Shape:
        shape = self._shape(keys)
        self._drift.add_sent(shape.keys, full=not self._parent and not shape.partial)
        if sum(map(len, keys)) > self.LONGEST:  # not stored: there may be many more such objects
            self._count(shape, 1)
            return shape
        if len(self) >= self.LIMIT:
            self.settle()
            self.clear()
            self.unknown.clear()
        if shape.keys.unknown:
            self.unknown.append(shape)
        self[keys] = shape
        return shape

    def settle(self) -> None:
        """Add the objects that were counted since the last call to the drift."""
        for shape in self.unknown:
            if shape.count:
                self._count(shape, shape.count)
                shape.count = 0

    def _shape(self, keys: tuple[str, ...]) -> Shape:
        layout = self._layout
        taken = [key for key in keys if key not in layout.same]
        return Shape(
            keys=self._drift.key_set(self._parent, keys),
            partial=layout.full is not None and layout.full not in keys,
            drop=tuple(key for key in taken if key not in layout.fields),
            reset=tuple(key for key in taken if key in layout.fields),
        )

    def _count(self, shape: Shape, count: int) -> None:
        if shape.keys.unknown:
            self._drift.count_unknown(dict.fromkeys(shape.keys.unknown, count))


class Observer:
    """Observes the objects of one kind in one crawl: their shapes, the shapes of nested objects, and their drift.

    `nested`: the paths of these nested objects.
    """

    def __init__(self, layout: Layout, nested: Sequence[Path] = ()) -> None:
        self.drift = KindDrift(layout.known, layout.ignored)
        self.shapes = Shapes(self.drift, layout)
        self.nested = [Shapes(self.drift, Layout(), path) for path in nested]

    def count(self, *nested: list[dict[str, object]]) -> None:
        """A page was projected: count its nested objects, given by path, and bring `drift` up to date."""
        for shapes, objects in zip(self.nested, nested, strict=True):
            for keys, count in Counter(map(tuple, objects)).items():
                shapes[keys].count += count
        self.settle()

    def settle(self) -> None:
        """Add to `drift` the objects that were counted since the last call."""
        for shapes in (self.shapes, *self.nested):
            if shapes.unknown:
                shapes.settle()
