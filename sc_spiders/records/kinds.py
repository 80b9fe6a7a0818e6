"""API objects -> records of a kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sc_spiders.errors import Unfit
from sc_spiders.redaction.values import redact, strip

from .compile import projection
from .convert import anything, convert, groups, identity, pair
from .drift import Drift
from .schemas import APIS, FIELDS, NAMES, schema
from .shapes import Observer
from .validate import Rejected, fits, mended, projected_valid, reasons, valid

__all__ = ["Kind", "kind", "kind_of"]

_MAX_ID = 2**63 - 1
_LONGEST = 500  # characters of an exception's message

Row = dict[str, Any]
Projected = tuple[list[Row], list[Rejected]]


class Kind:
    """The records of one kind, made from the objects of one API. `kind` returns it.

    `names`: the API's own names of the kind: an object has one of them as its `kind`. Empty if the API has no name.
    """

    def __init__(self, name: str, api: str) -> None:
        if api not in APIS:
            raise KeyError(api)
        declared = schema(name)
        self.name = name
        self.api = api
        self.fields = FIELDS[name]
        self.names: frozenset[str] = frozenset(declared.get("kinds", ()))
        self._rows = projection(name, api).rows
        self._groups = groups(name, api)
        self._full: str | None = declared.get("full", {}).get(api)
        self._has_id = "id" in self.fields
        self._prefix: str = declared["properties"].get("urn", {}).get("pair", {}).get("prefix", "")

    def project(
        self,
        objects: Sequence[Any],
        fetched_at: str,
        *,
        drift: Drift | None = None,
        subject: str | None = None,
        raw: bool = False,
    ) -> Projected:
        """Rows of `objects`, in their order, and the objects that were refused.

        `fetched_at`: ISO 8601, UTC. `drift`: the crawl's; without it, unknown keys are not counted. `subject`: what was
        asked about, for the kinds with a field for it (the user of a web profile, the track of a download, the address
        of an oembed, the path of an object). With `raw`, each row also has the redacted object as `raw`. Raises
        nothing, whatever the objects are.
        """
        observer = (drift or Drift(self.api)).observers[self.name]
        try:
            rows = self._rows(objects, fetched_at, subject, observer)
            convert(rows, self._groups)
        except Exception:  # one odd object: find it
            return self._one_by_one(objects, fetched_at, subject, observer, raw)
        accepted = projected_valid(self.name, self.api, rows)
        if raw or not accepted:
            return self._pick(objects, rows, raw, accepted)
        return rows, []

    def _one_by_one(
        self, objects: Sequence[Any], fetched_at: str, subject: str | None, observer: Observer, raw: bool
    ) -> Projected:
        rows: list[Row] = []
        rejected: list[Rejected] = []
        for o in objects:
            try:
                made = self._rows([o], fetched_at, subject, observer)
                convert(made, self._groups)
            except Exception as error:
                observer.settle()  # its keys were counted before it failed
                rejected.append(Rejected(self.name, redact(o), [_reason(o, error)]))
                continue
            good, bad = self._pick([o], made, raw, accepted=False)
            rows += good
            rejected += bad
        return rows, rejected

    def _pick(self, objects: Sequence[Any], rows: list[Row], raw: bool, accepted: bool) -> Projected:
        """The rows that their schema accepts, and the objects of the others. `accepted`: it accepts all of them."""
        good: list[Row] = []
        rejected: list[Rejected] = []
        for o, made in zip(objects, rows, strict=True):
            row: Row | None = made
            if not accepted and not valid(self.name, [made]):
                row = self._mended(made)
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

    def _mended(self, row: Row) -> Row | None:
        try:
            return mended(self.name, row)
        except Unfit:
            return None

    def object_of(self, row: Row) -> Row:
        """An object of the API that has this record: what can be read off an object when only its record is known."""
        made: Row = {"kind": self.name}
        for name, paths in projection(self.name, self.api).reads.items():
            if row[name] is None:
                continue
            for *parents, last in paths:
                member = made
                for parent in parents:
                    member = member.setdefault(parent, {})
                member[last] = row[name]
        return made

    def key(self, obj: Any) -> int | str | None:
        """The valid id of `obj`, even if its record is refused; None if it has none.

        An id is valid if its schema accepts it, or `number_of` reads it. If the object has a URN, the id must fit it.
        Kinds without ids give None.
        """
        if type(obj) is not dict or not self._has_id:
            return None
        number, urn = obj.get("id"), obj.get("urn")
        if type(number) is int and 0 < number <= _MAX_ID and urn in (None, f"{self._prefix}{number}"):
            return number  # nearly always
        try:
            number, _ = identity(number, urn, self._prefix)
        except Unfit:
            return None
        return self._sound(number)

    def _sound(self, number: Any) -> int | str | None:
        """The id, if it is valid."""
        if type(number) is int and 0 < number <= _MAX_ID:
            return number
        if type(number) is not str or not fits(self.name, "id", number):
            return None
        if self._prefix and not fits(self.name, "urn", number):
            return None
        return number

    def is_full(self, obj: Any) -> bool:
        """Whether `obj` is in its full form: its record has `partial: false`."""
        return type(obj) is dict and (self._full is None or self._full in obj)

    def full_among(self, objects: Mapping[int, Any], numbers: Iterable[int]) -> list[int]:
        """The numbers whose objects are in their full form. One call for all of a page's objects."""
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


@cache
def kind(name: str, api: str) -> Kind:
    """The one Kind of that name for that API (v2 or public). Raises KeyError if there is none."""
    return Kind(name, api)


def kind_of(obj: Any) -> str | None:
    """The name of our kind for an API object, from its own `kind`; None if we have no such kind."""
    if type(obj) is not dict:
        return None
    found = obj.get("kind")
    if type(found) is not str:
        return None
    return NAMES.get(found) or NAMES.get(found.lower())


def _reason(obj: Any, error: Exception) -> dict[str, str]:
    """Why an object could not be projected."""
    if not isinstance(obj, dict):
        return {"field": "", "message": "is not an object"}
    message = strip(str(error))[:_LONGEST] or type(error).__name__
    if isinstance(error, Unfit):
        return {"field": error.field, "message": message}
    return {"field": "", "message": message}
