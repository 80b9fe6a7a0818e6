"""API objects -> records of a kind."""

from __future__ import annotations

from collections.abc import Iterable, KeysView, Mapping, Sequence
from typing import Any

from sc_spiders.errors import Unfit
from sc_spiders.redaction.values import redact, strip

from .compile import compile_kind
from .convert import anything, convert, groups, identity, pair
from .drift import Kept, Noticed
from .schemas import APIS, FIELDS, NAMES, schema
from .validate import Rejected, fits, mended, projected_valid, reasons, valid

__all__ = ["Kind", "add_drift", "drift", "kind", "kind_of", "new_drift", "notice", "reset_drift"]

_MAX_ID = 2**63 - 1


class Kind:
    """The records of one kind, made from the objects of one API. Get it from `kind`.

    `names`: the API's own, that an object says as its `kind`; none where the API has no name for it.
    """

    def __init__(self, name: str, api: str) -> None:
        if api not in APIS:
            raise KeyError(api)
        declared = schema(name)
        self.name = name
        self.api = api
        self.fields = FIELDS[name]
        self.projection = compile_kind(name, api)
        self.names: frozenset[str] = frozenset(declared.get("kinds", ()))
        self._groups = groups(name, api)
        self._full: str | None = declared.get("full", {}).get(api)
        self._has_id = "id" in self.fields
        self._prefix: str = declared["properties"].get("urn", {}).get("pair", {}).get("prefix", "")

    def project(
        self, objects: Sequence[Any], fetched_at: str, *, subject: str | None = None, raw: bool = False
    ) -> tuple[list[dict[str, Any]], list[Rejected]]:
        """Rows of `objects`, in their order, and the objects that were refused.

        `fetched_at`: ISO 8601, UTC. `subject`: what was asked about, for the kinds with a field for it (the user of a
        web profile, the track of a download, the address of an oembed, the path of an object). With `raw`, each row
        also carries the redacted object as `raw`. Nothing is raised, whatever the objects are.
        """
        try:
            rows = self.projection.rows(objects, fetched_at, subject)
            convert(rows, self._groups)
        except Exception:  # one odd object: find it
            return self._one_by_one(objects, fetched_at, subject, raw)
        accepted = projected_valid(self.name, self.api, rows)
        if raw or not accepted:
            return self._pick(objects, rows, raw, accepted)
        return rows, []

    def _one_by_one(
        self, objects: Sequence[Any], fetched_at: str, subject: str | None, raw: bool
    ) -> tuple[list[dict[str, Any]], list[Rejected]]:
        rows: list[dict[str, Any]] = []
        rejected: list[Rejected] = []
        for o in objects:
            try:
                made = self.projection.rows([o], fetched_at, subject)
                convert(made, self._groups)
            except Exception as error:
                message = strip(str(error))[:500] or type(error).__name__ if isinstance(o, dict) else "is not an object"
                field = error.field if isinstance(error, Unfit) else ""
                rejected.append(Rejected(self.name, redact(o), [{"field": field, "message": message}]))
                continue
            good, bad = self._pick([o], made, raw, accepted=False)
            rows += good
            rejected += bad
        return rows, rejected

    def _pick(
        self, objects: Sequence[Any], rows: list[dict[str, Any]], raw: bool, accepted: bool
    ) -> tuple[list[dict[str, Any]], list[Rejected]]:
        good: list[dict[str, Any]] = []
        rejected: list[Rejected] = []
        for o, made in zip(objects, rows, strict=True):
            row = made if accepted or valid(self.name, [made]) else self._mended(made)
            if row is None:
                rejected.append(Rejected(self.name, redact(o), reasons(self.name, made)))
                continue
            if raw:
                try:
                    row["raw"] = anything(o)
                except ValueError as error:
                    rejected.append(Rejected(self.name, redact(o), [{"field": "raw", "message": str(error)}]))
                    continue
            good.append(row)
        return good, rejected

    def _mended(self, row: dict[str, Any]) -> dict[str, Any] | None:
        try:
            return mended(self.name, row)
        except Unfit:
            return None

    def key(self, obj: Any) -> int | str | None:
        """The id that `obj` is known by, be its record refused or not; None where it has none that is sound.

        Sound is an id that its schema accepts, or a spelling of it (`number_of`), and of kinds with URNs one that
        goes with the URN, where there is one. Kinds without ids give None.
        """
        if type(obj) is not dict or not self._has_id:
            return None
        number, urn = obj.get("id"), obj.get("urn")
        if type(number) is not int or (urn is not None and urn != f"{self._prefix}{number}" and self._prefix):
            try:
                number, _ = identity(number, urn, self._prefix)
            except Unfit:
                return None
        if type(number) is int:
            return number if 0 < number <= _MAX_ID else None
        sound = type(number) is str and fits(self.name, "id", number)
        return number if sound and (not self._prefix or fits(self.name, "urn", number)) else None

    def is_full(self, obj: Any) -> bool:
        """Whether `obj` is in its full form, so that its record has `partial: false`."""
        return type(obj) is dict and (self._full is None or self._full in obj)

    def full_among(self, objects: Mapping[int, Any], numbers: Iterable[int]) -> list[int]:
        """Those of the numbers whose objects are in their full form: `is_full` of each, in one go."""
        name = self._full
        if name is None:
            return [i for i in numbers if type(objects[i]) is dict]
        return [i for i in numbers if type(objects[i]) is dict and name in objects[i]]

    def urns(self, numbers: Iterable[int]) -> dict[int, str]:
        """The URNs of the things with these ids, by id."""
        return {number: f"{self._prefix}{number}" for number in numbers}

    def urn(self, number: int | str) -> str:
        """The URN of the thing with that id."""
        if type(number) is int:
            return f"{self._prefix}{number}"
        urn = pair(number, None, self._prefix)[1]
        if not isinstance(urn, str):
            raise ValueError(f"no id of a {self.name}: {number!r}")
        return urn


_made: dict[tuple[str, str], Kind] = {}


def kind(name: str, api: str) -> Kind:
    """The one Kind of that name for that API (v2 or public). KeyError where there is none."""
    made = _made.get((name, api))
    if made is None:
        made = _made[name, api] = Kind(name, api)
    return made


def kind_of(obj: Any) -> str | None:
    """The name of our kind that an API object is of, by its own `kind`; None where it is none of ours."""
    found = obj.get("kind") if type(obj) is dict else None
    if type(found) is not str:
        return None
    return NAMES.get(found) or NAMES.get(found.lower())


_around: dict[tuple[str, str], Noticed] = {}


def notice(name: str, api: str, known: frozenset[str], keys: KeysView[str], prefix: str = "") -> None:
    """Note one of what stands around objects (`name`: page, row), which has no schema but the keys it is `known` for.

    `prefix` stands before the names of others.
    """
    if new := keys - known:
        noticed = _around.setdefault((name, api), Noticed(frozenset()))
        noticed.add(noticed.sight((), [f"{prefix}{key}" for key in sorted(new)]), 1)


def drift(api: str) -> dict[str, dict[str, Any]]:
    """What objects projected since the start (or `reset_drift`) had beyond the schemas, and what they lacked, a kind.

    `unknown`: dotted names of keys that no field is taken from and the schema does not ignore, with the number of
    objects that had them. `absent`: fields of which no object had the key, though every full object used to; empty
    until a full one was seen. Kinds without either are left out.
    """
    reports: dict[str, dict[str, Any]] = {}
    for (name, its_api), noticed in _all_noticed().items():
        if its_api == api and (noticed.unknown or noticed.full):
            absent = _absent(name, api, noticed) if noticed.full else []
            reports[name] = {"unknown": dict(noticed.unknown), "absent": absent}
    return {name: report for name, report in sorted(reports.items()) if any(report.values())}


def _absent(name: str, api: str, noticed: Noticed) -> list[str]:
    properties = schema(name)["properties"]
    return [
        field
        for field, paths in kind(name, api).projection.reads.items()
        if paths and api not in properties[field].get("rare", ()) and not any(map(noticed.was_sent, paths))
    ]


def _all_noticed() -> dict[tuple[str, str], Noticed]:
    """By kind (or what else is noticed) and API."""
    return {which: made.projection.settle() for which, made in _made.items()} | _around


def new_drift(api: str) -> dict[str, Kept] | None:
    """All that `drift` is made of so far, as plain data for `add_drift` in another process; None where that is not
    new since this was last asked.
    """
    found = {name: noticed for (name, its_api), noticed in _all_noticed().items() if its_api == api}
    if not any(noticed.news for noticed in found.values()):
        return None
    for noticed in found.values():
        noticed.news = False
    return {name: noticed.kept() for name, noticed in found.items()}


def add_drift(api: str, kept: dict[str, Kept]) -> None:
    """Goes on from what another process noticed. Raises TypeError, ValueError, KeyError where that is none."""
    for name, noticed in kept.items():
        if name in FIELDS:
            kind(name, api).projection.noticed.go_on(noticed)
        else:
            _around.setdefault((name, api), Noticed(frozenset())).go_on(noticed)


def reset_drift() -> None:
    """Forgets what was noticed, for all kinds of both APIs."""
    for made in _made.values():
        made.projection.reset()
    _around.clear()
