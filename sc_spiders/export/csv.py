"""CSV, one file per kind, in the form of a crawl's own CSV files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from sc_spiders.dataset import Dataset

from .columns import columns, flat

_BOOLEANS = {True: "true", False: "false"}


def export(data: Dataset, path: Path) -> None:
    """Writes `path`/<kind>.csv for each kind. Raises InputError, OSError."""
    for kind in sorted(data.counts):
        of_kind = columns(data, kind)
        with (path / f"{kind}.csv").open("w", encoding="utf-8", newline="") as text:
            writer = csv.writer(text, lineterminator="\r\n")
            writer.writerow(column.name for column in of_kind)
            writer.writerows(map(_cell, flat(row, of_kind)) for row in data.records(kind))


def advice(path: Path, data: Dataset) -> list[str]:
    """What a spreadsheet would do with the files."""
    return [
        "spreadsheets run cells that begin with =, +, - or @, and anybody on SoundCloud can write such text; "
        "for a spreadsheet export xlsx, which has none that run"
    ]


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return _BOOLEANS[value]
    return value
