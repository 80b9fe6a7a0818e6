"""The rows of a plan's file: JSON Lines, or CSV of flat actions."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sc_spiders.actions.action import BODIES, Row
from sc_spiders.api.writes import FLAGS
from sc_spiders.errors import ArgumentError

LINE = frozenset({"do", "target", "key", "file", "artwork", "not_before"})
"""What a line may have beside its object of fields."""

_LARGEST = 64_000_000  # bytes
_FLAG_WORDS = {"true": True, "1": True, "false": False, "0": False}


def rows(path: Path) -> Iterator[tuple[int, Row]]:
    """The rows of the file with the numbers of their lines. Raises ArgumentError."""
    text = _text(path)
    if path.suffix == ".csv":
        yield from _csv_rows(text, path)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, _object(line, f"{path}, line {number}")


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise ArgumentError(f"{path} has more than {_LARGEST:,} bytes")
        return path.read_text("utf-8-sig")
    except OSError as e:
        raise ArgumentError(f"cannot read the plan {path}: {e.strerror}") from None
    except UnicodeError:
        raise ArgumentError(f"{path} is not text in UTF-8") from None


def _object(line: str, place: str) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise ArgumentError(f"{place}: is not JSON; a plan has one object a line") from None
    if not isinstance(row, dict):
        raise ArgumentError(f"{place}: is not an object")
    return row


def _csv_rows(text: str, path: Path) -> Iterator[tuple[int, Row]]:
    """The columns are do, target, key, file, artwork, not_before, and any field of the object."""
    for number, cells in enumerate(csv.DictReader(text.splitlines()), 2):
        if None in cells or None in cells.values():
            raise ArgumentError(f"{path}, line {number}: has another number of cells than the first line")
        yield number, _unfolded({name.strip(): cell.strip() for name, cell in cells.items() if cell.strip()})


def _unfolded(cells: dict[str, str]) -> Row:
    row: Row = {name: cells[name] for name in cells.keys() & LINE}
    fields = {name: _value(name, cells[name]) for name in cells.keys() - LINE}
    if fields:
        row[BODIES.get(row.get("do", ""), "fields")] = fields
    return row


def _value(name: str, cell: str) -> Any:
    if name in FLAGS:
        return _FLAG_WORDS.get(cell.lower(), cell)
    if name == "timestamp" and cell.isdigit():
        return int(cell)
    if name == "tracks":
        return cell.split()
    return cell
