"""Finds the foreign keys of a data set: fields whose every URN has its record.

A crawl of one list brings edges and names of users, but not all of these users. So it depends on the data which
references hold, and a Data Package may only declare those that do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from sc_spiders.records import FIELDS

Row = dict[str, Any]

Read = Callable[[Sequence[str]], Iterable[Sequence[Any]]]
"""Reads all records of a kind: takes names of fields, and returns the values of these fields, record by record."""

LARGEST = 200_000
"""Records of the largest data set that is looked through, which takes about a second."""

_TARGETS = ("user", "track", "playlist")


def foreign_keys(kinds: Mapping[str, Read]) -> dict[str, list[Row]]:
    """The `foreignKeys` of the Table Schema of each kind that has some. `kinds`: how to read the records of each."""
    targets = [target for target in _TARGETS if target in kinds]
    candidates = {kind: pairs for kind in kinds if (pairs := _candidates(kind, targets))}
    referred = {target for pairs in candidates.values() for _, target in pairs}
    urns = {target: _urns(kinds[target]) for target in referred}
    found: dict[str, list[Row]] = {}
    for kind, pairs in candidates.items():
        if held := _held(kinds[kind], pairs, urns):
            found[kind] = [
                {"fields": [field], "reference": {"resource": target, "fields": ["urn"]}} for field, target in held
            ]
    return found


def _urns(read: Read) -> set[Any]:
    return {urn for (urn,) in read(["urn"])}


def _candidates(kind: str, targets: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of a field and the kind whose URNs it may hold."""
    if kind == "edge":
        return list(product(("source", "target"), targets))
    return [(f"{target}_urn", target) for target in targets if f"{target}_urn" in FIELDS.get(kind, ())]


def _held(read: Read, candidates: Sequence[tuple[str, str]], urns: Mapping[str, set[Any]]) -> list[tuple[str, str]]:
    """The candidates that hold in all records, and in at least one."""
    left = dict.fromkeys(candidates, False)
    fields = [field for field, _ in candidates]
    for values in read(fields):
        for (field, target), value in zip(candidates, values, strict=True):
            if not value or (field, target) not in left:
                continue
            left[field, target] = True
            if value not in urns[target]:
                del left[field, target]
        if not left:
            break
    return [pair for pair, occurs in left.items() if occurs]
