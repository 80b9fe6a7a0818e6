"""Fields that no schema declares: those that item pipelines add, and `raw`."""

from __future__ import annotations

from typing import Any, Literal

from sc_spiders.records import schema

Type = Literal["integer", "number", "boolean", "string", "json"]

_TYPES: dict[type, Type] = {int: "integer", float: "number", bool: "boolean", str: "string"}
_LARGEST = 2**63 - 1


class Added:
    """The added fields of each kind, collected while records are read, with one type for all values of a field."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, set[Type]]] = {}

    def add(self, row: dict[str, Any]) -> None:
        """Adds the fields of a record, which has all fields of its schema."""
        declared = schema(row["kind"])["properties"]
        if len(row) == len(declared):
            return
        found = self._found.setdefault(row["kind"], {})
        for name, value in row.items():
            if name not in declared:
                types = found.setdefault(name, set())
                if value is not None:
                    types.add(_type(value))

    def of(self, kind: str) -> dict[str, Type]:
        """The added fields of a kind, in the order in which they were found."""
        return {name: _common(types) for name, types in self._found.get(kind, {}).items()}


def _type(value: Any) -> Type:
    if type(value) is int and abs(value) > _LARGEST:
        return "json"  # no format has such integers
    return _TYPES.get(type(value), "json")


def _common(types: set[Type]) -> Type:
    """The type that holds values of all these types."""
    if types == {"integer", "number"}:
        return "number"
    if len(types) == 1:
        return next(iter(types))
    return "json"
