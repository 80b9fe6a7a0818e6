"""Reads rejected objects, which failed their schema. A crawl writes them beside its output, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sc_spiders.errors import InputError

from .reading import place, values


@dataclass(frozen=True, slots=True)
class Rejected:
    """`kind`: the kind of its schema. `object`: as the API sent it. `reasons`: one line for each wrong field.

    `file`: the file that it was read from.
    """

    kind: str
    object: dict[str, Any]
    reasons: tuple[str, ...]
    file: Path

    @property
    def identity(self) -> tuple[str, ...]:
        """Equal for the same object with the same reasons."""
        return self.kind, str(self.object.get("urn") or self.object.get("id") or self.object), *self.reasons


def read_rejected(files: Iterable[Path]) -> Iterator[Rejected]:
    """The rejected objects of these files, each once. A partial last line is dropped. Raises InputError."""
    seen: set[tuple[str, ...]] = set()
    for file in files:
        for number, value, _ in values(file, lambda _: None):
            try:
                one = _rejected(value, file)
            except (TypeError, KeyError):
                told = "is no rejected object; was the file edited or mixed up?"
                raise InputError(f"{place(file, number)}: {told}") from None
            if one.identity not in seen:
                seen.add(one.identity)
                yield one


def _rejected(row: Any, file: Path) -> Rejected:
    reasons = tuple(": ".join(filter(None, (one["field"], one["message"]))) for one in row["reasons"])
    object_ = row["object"]
    if not isinstance(object_, dict):
        object_ = {"value": object_}
    return Rejected(str(row["kind"]), object_, reasons, file)
