"""The columns of each kind, and SQL for their values."""

from __future__ import annotations

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.columns import Column, Type, describe, literal, quoted

__all__ = ["Column", "Type", "as_text", "describe", "literal", "quoted", "used"]


def used(data: Dataset, kind: str) -> list[Column]:
    """The columns of a kind that hold a value in at least one record."""
    of_kind = data.columns(kind)
    counted = ", ".join(f"count({quoted(one.name)})" for one in of_kind)
    counts = data.connection.execute(f"SELECT {counted} FROM {quoted(kind)}").fetchone() or ()
    return [column for column, count in zip(of_kind, counts, strict=True) if count]


def as_text(column: Column) -> str:
    """SQL for a value as it is in the record: times in ISO 8601, lists and objects as JSON text."""
    name = quoted(column.name)
    match column.type:
        case "time":
            return f"replace({name}::VARCHAR, ' ', 'T') || 'Z'"
        case "strings":
            return f"to_json({name})::VARCHAR"
        case "json":
            return f"{name}::VARCHAR"
    return name
