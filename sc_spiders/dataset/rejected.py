"""Objects that failed their schema, with the reasons: a crawl writes them beside its output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sc_spiders.errors import InputError

from .reading import loads, numbered_lines


@dataclass(frozen=True, slots=True)
class Rejected:
    """`kind`: what it was taken for. `object`: as the API sent it. `reasons`: the field and what is wrong, a line each.

    `file`: where it stands.
    """

    kind: str
    object: dict[str, Any]
    reasons: tuple[str, ...]
    file: Path

    @property
    def identity(self) -> tuple[str, ...]:
        """Equal for two refusals of the same object for the same reasons."""
        return self.kind, str(self.object.get("urn") or self.object.get("id") or self.object), *self.reasons


def read_rejected(files: Iterable[Path]) -> Iterator[Rejected]:
    """What those files hold, each once. A last line that was cut off is left out. Raises InputError."""
    seen: set[tuple[str, ...]] = set()
    for file in files:
        try:
            for number, line in numbered_lines(file):
                one = _one(file, number, line)
                if one and one.identity not in seen:
                    seen.add(one.identity)
                    yield one
        except OSError as e:
            raise InputError(f"{file}: cannot be read: {e.strerror or e}") from None


def _one(file: Path, number: int, line: bytes) -> Rejected | None:
    """What a line holds; None for an empty one and one that was cut off."""
    if not line.strip():
        return None
    try:
        row, _ = loads(line.strip())
        reasons = tuple(": ".join(filter(None, (one["field"], one["message"]))) for one in row["reasons"])
        object_ = row["object"]
        if not isinstance(object_, dict):
            object_ = {"value": object_}
        return Rejected(str(row["kind"]), object_, reasons, file)
    except (ValueError, TypeError, KeyError):
        if not line.endswith(b"\n"):
            return None
        raise InputError(f"{file}, line {number}: is no rejected object; was the file edited or mixed up?") from None
