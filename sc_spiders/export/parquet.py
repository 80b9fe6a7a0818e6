"""Parquet with typed columns: one file per kind, or partitioned by kind, relation and month."""

from __future__ import annotations

from pathlib import Path

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.columns import Column, literal, quoted


def export(data: Dataset, path: Path, *, partitioned: bool = False) -> list[str]:
    """Writes `path`/<kind>.parquet for each kind.

    With `partitioned`, writes `path`/kind=<kind>/month=<month of fetching>/ with files, and for edges a folder
    relation=<relation> above the month.
    """
    db = data.connection
    form = f"FORMAT parquet, COMPRESSION zstd, KV_METADATA {{description: {literal(data.origin.words)}}}"
    for kind in data.kinds:
        values = {quoted(one.name): _value(one) for one in data.columns(kind)}
        to, parts = path / f"{kind}.parquet", ""
        if partitioned:
            del values['"kind"']  # it is in the name of the folder
            values["month"] = "strftime(fetched_at, '%Y-%m')"
            by = [name for name in ('"relation"', "month") if name in values]
            to, parts = path / f"kind={kind}", f", PARTITION_BY ({', '.join(by)}), FILENAME_PATTERN '{kind}-{{i}}'"
        selected = ", ".join(f"{value} AS {name}" for name, value in values.items())
        db.execute(f"COPY (SELECT {selected} FROM {quoted(kind)}) TO {literal(str(to))} ({form}{parts})")
    return []


def _value(column: Column) -> str:
    """SQL for a value. JSON is plain text: not every reader knows Parquet's own type of JSON."""
    name = quoted(column.name)
    match column.type:
        case "time":
            return f"{name} AT TIME ZONE 'UTC'"
        case "json":
            return f"{name}::VARCHAR"
    return name
