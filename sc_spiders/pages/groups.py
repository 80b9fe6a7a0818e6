"""The objects of a page by kind, each once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import repeat
from operator import itemgetter
from typing import Any

from sc_spiders import records
from sc_spiders.api import Api
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.page import Row
from sc_spiders.pages.seen import ident

from .rows import MAX_ID, Entry

_ID, _KIND = itemgetter("id"), itemgetter("kind")
BLANK = Entry({})
"""The entry of a row that is the object itself."""


@dataclass(slots=True)
class Group:
    """A page's objects of one kind.

    `objects`, `keys`, `urns`: each object with an id once, its id, and its URN if its kind has one, by the number that
    `Seen` stores. `nameless`: objects without an id. `entries`: all entries with an id, in their order.
    """

    kind: records.Kind
    objects: dict[int, Row] = field(default_factory=dict)
    keys: dict[int, int | str] = field(default_factory=dict)
    urns: dict[int, str] = field(default_factory=dict)
    nameless: list[Row] = field(default_factory=list)
    entries: list[tuple[int, Entry]] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Add an entry of this kind."""
        object_ = entry.object
        key = self.kind.key(object_)
        if key is None:
            self.nameless.append(object_)
            return
        i = ident(key)
        self.entries.append((i, entry))
        if i in self.objects:
            return
        self.objects[i] = object_
        self.keys[i] = key
        if self.kind.names:
            self.urns[i] = self.kind.urn(key)

    def drop(self, ids: Iterable[int]) -> None:
        """Remove these ids."""
        gone = set(ids)
        if gone:
            self.objects = {i: object_ for i, object_ in self.objects.items() if i not in gone}
            self.entries = [(i, entry) for i, entry in self.entries if i not in gone]

    def leave_out(self, opt_out: records.OptOut) -> int:
        """Remove the objects of people on the list. Returns how many of the removed objects have no id."""
        name = self.kind.name
        given = [*self.objects.values(), *(entry.object for _, entry in self.entries), *self.nameless]
        found = set(map(id, opt_out.found(name, list({id(one): one for one in given}.values()))))
        if not found:
            return 0
        stubs = {i for i, entry in self.entries if id(entry.object) in found}
        self.drop(stubs.union(i for i, object_ in self.objects.items() if id(object_) in found))
        before = len(self.nameless)
        self.nameless = [object_ for object_ in self.nameless if id(object_) not in found]
        return before - len(self.nameless)


def plain(listing: Listing, rows: list[Any], api: Api) -> Group | None:
    """The only group of a page whose rows are distinct objects of one kind. Nearly every page is like that.

    The result is the same as with unwrapping and `grouped`, at a third of the cost. None for any other page.
    """
    spec = listing.spec
    if spec.rows not in ("", "id") or len(spec.kinds) > 1:
        return None
    kind = records.kind(spec.kinds[0], api)
    ids = _ids(kind, rows)
    if not ids:
        return None
    given = [row.get("urn") for row in rows]
    objects = dict(zip(ids, rows, strict=True))
    entries: list[tuple[int, Entry]] = list(zip(ids, repeat(BLANK)))
    if spec.edge and spec.edge.position:
        entries = [(i, Entry({}, position=position)) for position, i in enumerate(ids, listing.rows)]
    if kind.key(rows[0]) is None:
        return None
    urns = kind.urns(ids)
    if any(given) and given != list(urns.values()):
        return None
    return Group(kind, objects, dict(zip(ids, ids, strict=True)), urns, entries=entries)


def _ids(kind: records.Kind, rows: list[Any]) -> list[int]:
    """The ids of the rows if all rows are distinct objects of that kind; otherwise none."""
    try:
        ids = list(map(_ID, rows))
        if kind.names and not set(map(_KIND, rows)) <= kind.names:
            return []
    except (TypeError, KeyError):
        return []
    if set(map(type, ids)) != {int} or len(set(ids)) < len(ids):
        return []
    if not 0 < min(ids) <= max(ids) <= MAX_ID:
        return []
    return ids


def grouped(
    listing: Listing, entries: Iterable[Entry], api: Api, only: str | None = None
) -> tuple[list[Group], list[records.Rejected]]:
    """The entries by kind, in the order of each kind's first entry, and entries of other kinds as rejected.

    `only`: the only possible kind, if it differs from the list's.
    """
    kinds = listing.spec.kinds
    if only:
        kinds = (only,)
    unnamed = _unnamed(kinds[0], api)
    groups: dict[str, Group] = {}
    strangers: list[records.Rejected] = []
    for entry in entries:
        name = records.kind_of(entry.object)
        if name not in kinds:
            name = unnamed or _unsaid(entry, kinds)
        if name is None:
            strangers.append(_stranger(entry.object, kinds))
            continue
        if name not in groups:
            groups[name] = Group(records.kind(name, api))
        groups[name].add(entry)
    return list(groups.values()), strangers


def _unnamed(kind: str, api: Api) -> str | None:
    """The kind itself, if the API has no name for it. Objects without a kind then belong to it."""
    if records.kind(kind, api).names:
        return None
    return kind


def take_strangers(group: Group, asked: Iterable[int]) -> list[records.Rejected]:
    """Remove objects from the group that were not requested, and return them as rejected."""
    strangers = group.objects.keys() - set(asked)
    message = "was not asked for"
    rejected = [
        records.Rejected(group.kind.name, records.redact(group.objects[i]), [{"field": "id", "message": message}])
        for i in sorted(strangers)
    ]
    group.drop(strangers)
    return rejected


def _unsaid(entry: Entry, kinds: tuple[str, ...]) -> str | None:
    """The kind of an object without one: from its row, or the only possible kind."""
    if "kind" in entry.object:
        return None
    if entry.kind in kinds:
        return entry.kind
    if len(kinds) == 1:
        return kinds[0]
    return None


def _stranger(object_: Row, kinds: tuple[str, ...]) -> records.Rejected:
    said = "nothing"
    if "kind" in object_:
        said = records.strip(repr(object_["kind"])[:100])
    message = f"{said} is none of: {', '.join(kinds)}"
    name = "object"
    if len(kinds) == 1:
        name = kinds[0]
    return records.Rejected(name, records.redact(object_), [{"field": "kind", "message": message}])
