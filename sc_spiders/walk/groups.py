"""The objects of a page by kind, each once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sc_spiders import records
from sc_spiders.endpoints import Api
from sc_spiders.frontier.seen import ident
from sc_spiders.listing import Listing
from sc_spiders.page import Row

from .rows import Entry
from .shape import NODES

MAX_ID = 2**63 - 1
BLANK = Entry({})
"""The entry of a row that is the object itself, and says nothing more."""


@dataclass(slots=True)
class Group:
    """Objects of one kind of a page: those with an id, each once, with the number it is remembered by; the others."""

    kind: records.Kind
    objects: dict[int, Row] = field(default_factory=dict)
    keys: dict[int, int | str] = field(default_factory=dict)
    nameless: list[Row] = field(default_factory=list)
    entries: list[tuple[int, Entry]] = field(default_factory=list)


def plain(listing: Listing, rows: list[Any], api: Api) -> Group | None:
    """The one group of a page that holds objects of one kind as they are, each once: nearly every page.

    What unwrapping and `grouped` make of such a page, at a third of the cost; None for any other page.
    """
    spec = listing.spec
    if spec.rows or len(spec.kinds) > 1 or (spec.edge and spec.edge.position):
        return None
    try:
        ids = [row["id"] for row in rows]
    except (TypeError, KeyError):
        return None
    objects = dict(zip(ids, rows, strict=True)) if set(map(type, ids)) == {int} else {}
    if len(objects) < len(rows) or not rows or min(ids) <= 0 or max(ids) > MAX_ID:
        return None
    kind = records.kind(spec.kinds[0], api)
    if kind.key(rows[0]) is None:
        return None
    return Group(kind, objects, dict(zip(ids, ids, strict=True)), entries=[(i, BLANK) for i in ids])


def grouped(listing: Listing, entries: Iterable[Entry], api: Api, only: str | None = None) -> list[Group]:
    """The entries by kind, in the order in which the kinds come first. `only`: the kind that all are taken for."""
    kinds = (only,) if only else listing.spec.kinds
    groups: dict[str, Group] = {}
    for entry in entries:
        object_ = entry.object
        name = kinds[0]
        if len(kinds) > 1 and (found := records.kind_of(object_)) in kinds:
            name = found
        group = groups.get(name)
        if group is None:
            group = groups[name] = Group(records.kind(name, api))
        key = group.kind.key(object_)
        if key is None or (isinstance(key, str) and name in NODES and not key.startswith("soundcloud:")):
            group.nameless.append(object_)
        else:
            i = ident(key)
            group.entries.append((i, entry))
            if i not in group.objects:
                group.objects[i] = object_
                group.keys[i] = key
    return list(groups.values())
