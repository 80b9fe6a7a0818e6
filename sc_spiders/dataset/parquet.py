"""Reads Parquet files, as `export parquet` writes them, as lines of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from sc_spiders.errors import InputError

from .columns import Column, columns_of, literal, quoted
from .fields import fields
from .libraries import library
from .sources import kind_of_parquet

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TIME = """
replace(regexp_replace(
    strftime({0}::TIMESTAMPTZ AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), '000Z$', 'Z'
), '.000Z', 'Z')
"""
_JSON_OR_TEXT = """
CASE WHEN regexp_matches({0}::VARCHAR, '^[\\[{{]') AND json_valid({0}::VARCHAR) THEN {0}::VARCHAR::JSON
    ELSE to_json({0}) END
"""
_NUMBER_OR_TEXT = "CASE WHEN TRY_CAST({0} AS BIGINT) IS NULL THEN to_json({0}) ELSE {0}::JSON END"


def readable(files: Iterable[Path], folder: Path) -> dict[Path, Path]:
    """Each file by what is read in its place: itself; of Parquet a file <kind>.jsonl in `folder` with the same records.

    Raises InputError.
    """
    found: dict[Path, Path] = {}
    with ExitStack() as stack:
        db: DuckDBPyConnection | None = None
        for file in files:
            if file.suffix != ".parquet":
                found[file] = file
                continue
            db = db or stack.enter_context(_connection())
            found[_rewritten(file, folder, db)] = file
    return found


def _connection() -> DuckDBPyConnection:
    db = library("duckdb", "reading a data set").connect(config={"threads": 2})
    db.execute("SET TimeZone = 'UTC'")
    return db  # type: ignore[no-any-return]


def _rewritten(file: Path, folder: Path, db: DuckDBPyConnection) -> Path:
    """The records of a Parquet file, as lines of JSON."""
    duckdb = library("duckdb", "reading a data set")
    kind = kind_of_parquet(file)
    assert kind
    to = Path(mkdtemp(dir=folder), f"{kind}.jsonl")
    source = f"read_parquet({literal(str(file.resolve()))}, hive_partitioning = false)"
    try:
        found = [str(name) for name, *_ in db.execute(f"DESCRIBE FROM {source}").fetchall()]
        selected = ", ".join(_values(kind, found, {**_in_path(file), "kind": kind}))
        db.execute(f"COPY (SELECT {selected} FROM {source}) TO {literal(str(to))} (FORMAT json)")
    except duckdb.OperationalError:  # such as a full disk: not the file's fault
        raise
    except duckdb.Error as e:
        raise InputError(f"{file}: is no Parquet file of records: {str(e).partition(chr(10))[0]}") from None
    return to


def _values(kind: str, columns: list[str], given: dict[str, str]) -> Iterator[str]:
    """SQL for the fields of a record, in their order. `columns`: those of the file; `given`: what its path tells."""
    declared = {one.name: one for one in columns_of(kind)}
    added = [name for name in columns if name not in declared]
    for name in (*declared, *added):
        if name in columns:
            yield f"{_value(kind, declared.get(name), name)} AS {quoted(name)}"
        elif name in given:
            yield f"{literal(given[name])} AS {quoted(name)}"


def _value(kind: str, column: Column | None, name: str) -> str:
    """SQL for the value of a column as JSON has it."""
    value = quoted(name)
    if column is None:  # an added field
        return _JSON_OR_TEXT.format(value)
    match column.type:
        case "time":
            return _TIME.format(value)
        case "json":
            return f"{value}::JSON"
    if {"integer", "string"} <= set(fields(kind)[name].types):
        return _NUMBER_OR_TEXT.format(value)
    return value


def _in_path(file: Path) -> dict[str, str]:
    """What the names of the folders of a partitioned export say: `kind=edge/relation=likes/month=2026-01`."""
    pairs = (part.partition("=") for part in file.parts[:-1])
    return {name: value for name, mark, value in pairs if mark}
