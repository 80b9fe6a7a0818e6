"""Schema drift of one crawl: keys that the API sends and no schema knows, and fields that it no longer sends."""

from __future__ import annotations

from collections.abc import KeysView
from operator import attrgetter
from typing import Any

from .compile import projection
from .kind_drift import Kept, KindDrift
from .schemas import FIELDS, schema
from .shapes import Observer

__all__ = ["Drift"]

_is_changed = attrgetter("changed")


class _Observers(dict[str, Observer]):
    """The observers of kinds, each made when it is needed first."""

    def __init__(self, api: str) -> None:
        super().__init__()
        self._api = api

    def __missing__(self, kind: str) -> Observer:
        observer = self[kind] = projection(kind, self._api).observer()
        return observer


class Drift:
    """Drift by kind, and drift of pages and rows. Pages and rows contain objects, and have no schemas.

    `api`: the crawl's API. `observers`: by kind, what observes the objects that projections read.
    """

    def __init__(self, api: str) -> None:
        self.api = api
        self.observers = _Observers(api)
        self._others: dict[str, KindDrift] = {}

    def notice(self, name: str, known: frozenset[str], keys: KeysView[str], prefix: str = "") -> None:
        """Count the unknown keys of a `page` or `row`. `prefix` is put before their names."""
        if unknown := keys - known:
            drift = self._other(name)
            found = drift.key_set((), [f"{prefix}{key}" for key in sorted(unknown)])
            drift.count_unknown(dict.fromkeys(found.unknown, 1))

    def report(self) -> dict[str, dict[str, Any]]:
        """`unknown` and `absent` by kind; kinds without either are left out.

        `unknown`: dotted names of keys that are neither used nor ignored by the schema, with the number of objects that
        had them. `absent`: fields whose key no object had, although every full object used to have it;
        empty until a full object was seen.
        """
        reports = {}
        for name, drift in sorted(self._by_name().items()):
            report = {"unknown": dict(drift.unknown), "absent": self._absent(name, drift)}
            if any(report.values()):
                reports[name] = report
        return reports

    def changes(self) -> dict[str, Kept] | None:
        """The drift as plain data for `restore`; None if nothing has changed since the last call."""
        found = self._by_name()
        if not any(map(_is_changed, found.values())):
            return None
        for drift in found.values():
            drift.changed = False
        return {name: drift.kept() for name, drift in found.items()}

    def restore(self, kept: dict[str, Kept]) -> None:
        """Add the drift that another process stored. Raises TypeError, ValueError, KeyError for anything else."""
        for name, one in kept.items():
            if name in FIELDS:
                self.observers[name].drift.restore(one)
            else:
                self._other(name).restore(one)

    def _other(self, name: str) -> KindDrift:
        return self._others.setdefault(name, KindDrift())

    def _by_name(self) -> dict[str, KindDrift]:
        return self._others | {name: observer.drift for name, observer in self.observers.items()}

    def _absent(self, kind: str, drift: KindDrift) -> list[str]:
        if not drift.full:
            return []
        properties = schema(kind)["properties"]
        return [
            field
            for field, paths in projection(kind, self.api).reads.items()
            if paths and self.api not in properties[field].get("rare", ()) and not any(map(drift.was_sent, paths))
        ]
