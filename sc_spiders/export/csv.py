"""CSV, one file per kind, in the form of a crawl's own CSV files."""

from __future__ import annotations

from pathlib import Path

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.columns import Column, literal, quoted

_FORM = r"FORMAT csv, HEADER, NEW_LINE '\r\n'"


def export(data: Dataset, path: Path) -> list[str]:
    """Writes `path`/<kind>.csv for each kind. Returns what a spreadsheet would do with them."""
    data.connection.execute("SET threads = 1")  # several would hold 100,000 records each, to write them in order
    for kind in data.kinds:
        cells = ", ".join(f"{_cell(one)} AS {quoted(one.name)}" for one in data.columns(kind))
        file = literal(str(path / f"{kind}.csv"))
        data.connection.execute(f"COPY (SELECT {cells} FROM {quoted(kind)}) TO {file} ({_FORM})")
    return [
        "spreadsheets run cells that begin with =, +, - or @, and anybody on SoundCloud can write such text; "
        "for a spreadsheet export xlsx, which has none that run"
    ]


def _cell(column: Column) -> str:
    """SQL for a cell. Null and "" are both empty cells."""
    if column.type == "string":
        return f"nullif({column.as_text}, '')"
    return column.as_text
