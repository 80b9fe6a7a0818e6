"""The columns of each kind and their types: the fields of its schema, and fields that the records have beside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.columns import Column, Type, added_columns, columns_of

__all__ = ["Column", "Type", "added", "columns", "flat", "json_text", "used"]


def columns(data: Dataset, kind: str) -> list[Column]:
    """The columns of a kind: its schema's fields, then the added ones. Raises InputError."""
    return columns_of(kind, data.added)


def added(data: Dataset, kind: str) -> list[Column]:
    """The columns of fields that no schema declares. Raises InputError for a name that no format can hold."""
    return added_columns(kind, data.added)


def used(data: Dataset, kind: str) -> list[Column]:
    """The columns of a kind that hold a value in at least one record."""
    found: set[str] = set()
    for row in data.records(kind):
        found.update([name for name, value in row.items() if value is not None])
    return [column for column in columns(data, kind) if column.name in found]


def json_text(value: Any) -> str | None:
    """A value as JSON text. Null stays null."""
    if value is None:
        return None
    return orjson.dumps(value).decode()


def flat(row: dict[str, Any], of: Iterable[Column]) -> list[Any]:
    """The values of a row in the order of the columns, those of `json` and `strings` as JSON text."""
    return [
        json_text(row.get(column.name)) if column.type in ("json", "strings") else row.get(column.name) for column in of
    ]
