"""Fields that no schema declares: those that item pipelines add, and `raw`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Type = Literal["integer", "number", "boolean", "string", "json"]

# What DuckDB's json_type says of a value. It says BIGINT of negative integers only.
_TYPES: dict[str, Type] = {
    "BIGINT": "integer",
    "UBIGINT": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "VARCHAR": "string",
}


class Added:
    """The added fields of each kind, with one type for all values of a field."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, Type]] = {}

    def add(self, kind: str, name: str, types: Iterable[str]) -> None:
        """Adds a field. `types`: what DuckDB's json_type says of its values; HUGEINT for integers over 64 bits."""
        found = {_TYPES.get(one, "json") for one in types if one != "NULL"}
        self._found.setdefault(kind, {})[name] = _common(found)

    def of(self, kind: str) -> dict[str, Type]:
        """The added fields of a kind, in the order in which they were found."""
        return self._found.get(kind, {})


def _common(types: set[Type]) -> Type:
    """The type that holds values of all these types."""
    if types == {"integer", "number"}:
        return "number"
    if len(types) == 1:
        return next(iter(types))
    return "json"
