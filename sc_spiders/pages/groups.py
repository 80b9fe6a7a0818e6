"""The objects of a page by kind, each once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sc_spiders import records
from sc_spiders.api import Api
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Row
from sc_spiders.pages.seen import ident

from .rows import Entry

MAX_ID = 2**63 - 1
BLANK = Entry({})
"""The entry of a row that is the object itself, and says nothing more."""


@dataclass(slots=True)
class Group:
    """Objects of one kind of a page: those with an id, each once, with the number it is remembered by; the others.

    `urns` are those of kinds that have some.
    """

    kind: records.Kind
    objects: dict[int, Row] = field(default_factory=dict)
    keys: dict[int, int | str] = field(default_factory=dict)
    urns: dict[int, str] = field(default_factory=dict)
    nameless: list[Row] = field(default_factory=list)
    entries: list[tuple[int, Entry]] = field(default_factory=list)

    def drop(self, ids: Iterable[int]) -> None:
        """Leave these out: nothing leads to them."""
        gone = set(ids)
        if gone:
            self.objects = {i: object_ for i, object_ in self.objects.items() if i not in gone}
            self.entries = [(i, entry) for i, entry in self.entries if i not in gone]


def plain(listing: Listing, rows: list[Any], api: Api) -> Group | None:
    """The one group of a page that holds objects of one kind as they are, each once: nearly every page.

    What unwrapping and `grouped` make of such a page, at a third of the cost; None for any other page.
    """
    spec = listing.spec
    if spec.rows or len(spec.kinds) > 1 or (spec.edge and spec.edge.position):
        return None
    kind = records.kind(spec.kinds[0], api)
    try:
        ids = [row["id"] for row in rows]
        said = {row["kind"] for row in rows} if kind.names else kind.names
        given = [row.get("urn") for row in rows]
    except (TypeError, KeyError):
        return None
    objects = dict(zip(ids, rows, strict=True)) if set(map(type, ids)) == {int} else {}
    if len(objects) < len(rows) or not rows or min(ids) <= 0 or max(ids) > MAX_ID or not said <= kind.names:
        return None
    urns = kind.urns(ids)
    if kind.key(rows[0]) is None or (given != list(urns.values()) and any(given)):
        return None
    return Group(kind, objects, dict(zip(ids, ids, strict=True)), urns, entries=[(i, BLANK) for i in ids])


def grouped(
    listing: Listing, entries: Iterable[Entry], api: Api, only: str | None = None
) -> tuple[list[Group], list[records.Rejected]]:
    """The entries by kind, in the order in which the kinds come first, and those of kinds that the list does not give.

    `only`: the kind that there can be, where that is not the list's.
    """
    kinds = (only,) if only else listing.spec.kinds
    # For what comes first the API may have no name: whatever says nothing else is taken for it.
    other = None if records.kind(kinds[0], api).names else kinds[0]
    groups: dict[str, Group] = {}
    strangers: list[records.Rejected] = []
    for entry in entries:
        object_ = entry.object
        name = records.kind_of(object_)
        if name not in kinds:
            name = other or _unsaid(entry, kinds)
        if name is None:
            strangers.append(_stranger(object_, kinds))
            continue
        group = groups.get(name)
        if group is None:
            group = groups[name] = Group(records.kind(name, api))
        key = group.kind.key(object_)
        if key is None:
            group.nameless.append(object_)
        else:
            i = ident(key)
            group.entries.append((i, entry))
            if i not in group.objects:
                group.objects[i] = object_
                group.keys[i] = key
                if group.kind.names:
                    group.urns[i] = group.kind.urn(key)
    return list(groups.values()), strangers


def take_strangers(group: Group, asked: Iterable[int]) -> list[records.Rejected]:
    """Take the objects out of the group that nobody asked for by id, and return them as rejected."""
    strangers = group.objects.keys() - set(asked)
    message = "was not asked for"
    rejected = [
        records.Rejected(group.kind.name, records.redact(group.objects[i]), [{"field": "id", "message": message}])
        for i in sorted(strangers)
    ]
    group.drop(strangers)
    return rejected


def _unsaid(entry: Entry, kinds: tuple[str, ...]) -> str | None:
    """Which of these kinds an object is of that does not say so: by its row's word, or because there is but one."""
    if "kind" in entry.object:
        return None
    return entry.kind if entry.kind in kinds else kinds[0] if len(kinds) == 1 else None


def _stranger(object_: Row, kinds: tuple[str, ...]) -> records.Rejected:
    said = records.strip(repr(object_["kind"])[:100]) if "kind" in object_ else "nothing"
    message = f"{said} is none of: {', '.join(kinds)}"
    name = kinds[0] if len(kinds) == 1 else "object"
    return records.Rejected(name, records.redact(object_), [{"field": "kind", "message": message}])
