"""Parquet, one file per kind, with typed columns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sc_spiders.dataset import Dataset, InputError
from sc_spiders.dataset.libraries import library

from .columns import Column, columns, json_text

Row = dict[str, Any]

CELLS = 300_000
"""Values of one batch: about 30 MB of Python objects."""


def export(data: Dataset, path: Path) -> None:
    """Writes `path`/<kind>.parquet for each kind. Raises InputError for a value of the wrong type."""
    parquet = library("pyarrow.parquet", "the Parquet export")
    for kind in sorted(data.counts):
        of_kind = columns(data, kind)
        described = arrow_schema(of_kind).with_metadata({"description": data.origin.words})
        with parquet.ParquetWriter(path / f"{kind}.parquet", described, compression="zstd") as file:
            for batch in batches(data, kind, of_kind):
                file.write_batch(batch)


def arrow_schema(of_kind: list[Column]) -> Any:
    """The Arrow schema of these columns: times in UTC, lists of strings as lists, other lists and objects as JSON."""
    pa = library("pyarrow", "the export")
    types = {
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
        "strings": pa.list_(pa.string()),
    }
    return pa.schema(
        [pa.field(one.name, types.get(one.type, pa.string()), nullable=not one.required) for one in of_kind]
    )


def batches(data: Dataset, kind: str, of_kind: list[Column]) -> Iterator[Any]:
    """The records of a kind as Arrow record batches of that schema. Raises InputError."""
    pa = library("pyarrow", "the export")
    arrow = arrow_schema(of_kind)
    rows = data.records(kind)
    while some := list(islice(rows, max(1, CELLS // len(of_kind)))):
        arrays = []
        for column, field in zip(of_kind, arrow, strict=True):
            try:
                arrays.append(_array(pa, [row.get(column.name) for row in some], column, field.type))
            except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, OverflowError) as e:
                raise InputError(f"the {kind} records' {column.name} is not of its type: {e}") from None
        try:
            yield pa.RecordBatch.from_arrays(arrays, schema=arrow)
        except pa.ArrowInvalid as e:
            raise InputError(f"the {kind} records are not valid: {e}") from None


def _array(pa: Any, values: list[Any], column: Column, type_: Any) -> Any:
    match column.type:
        case "time":
            return pa.array(values, pa.string()).cast(type_)
        case "json":
            return pa.array(map(json_text, values), pa.string())
        case "string":
            return pa.array(map(_text, values), pa.string())
    return pa.array(values, type_)


def _text(value: Any) -> str | None:
    """The value as text. An id may be a number in one record and text in another."""
    if value is None or isinstance(value, str):
        return value
    return str(value)
