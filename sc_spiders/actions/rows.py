"""The rows of a plan's file: JSON Lines, or CSV of flat actions."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sc_spiders.actions.action import BODIES, Row
from sc_spiders.api.writes import FLAGS
from sc_spiders.errors import ArgumentError

LINE = frozenset({"do", "target", "key", "file", "artwork", "not_before"})
"""What a line may have beside its object of fields."""

RECORDS = ("action.jsonl", "action.csv")
"""The names of the output of a dry run."""

_LARGEST = 64_000_000  # bytes
_DELIMITERS = (",", ";", "\t")
_SEPARATOR = re.compile('"?sep=([,;\t])"?\r?\n', re.IGNORECASE)
_FLAG_WORDS = {"true": True, "1": True, "false": False, "0": False}


def rows(path: Path) -> Iterator[tuple[int, Row]]:
    """The rows of the file with the numbers of their lines. Raises ArgumentError."""
    text = _text(path)
    if path.suffix.lower() == ".csv":
        yield from _csv_rows(text, path)
        return
    for number, line in enumerate(text.split("\n"), 1):  # splitlines() would cut texts at other separators, too
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
        raise ArgumentError(f"{path} is not text in UTF-8; spreadsheets call that 'CSV UTF-8'") from None


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
    first = 1
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)  # semicolons where the comma parts decimals
    if told := _SEPARATOR.match(text):  # Excel takes such a first line
        first, delimiter, text = 2, told[1], text[told.end() :]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        _check_names(names, f"{path}, line {first}")
        number = first + reader.line_num
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield number, _row(names, cells, f"{path}, line {number}")
            number = first + reader.line_num
    except csv.Error as e:
        raise ArgumentError(f"{path}, line {first - 1 + reader.line_num}: is not CSV ({e})") from None


def _check_names(names: list[str], place: str) -> None:
    if "do" not in names:
        raise ArgumentError(f"{place}: has no column 'do'; the first line names the columns")
    ((name, count),) = Counter(filter(None, names)).most_common(1)
    if count > 1:
        raise ArgumentError(f"{place}: has the column {name!r} twice")


def _row(names: list[str], cells: list[str], place: str) -> Row:
    if len(cells) != len(names):
        raise ArgumentError(f"{place}: has {len(cells)} cells, and the first line has {len(names)}")
    return _unfolded({name: cell.strip() for name, cell in zip(names, cells, strict=True) if cell.strip()}, place)


def _unfolded(cells: dict[str, str], place: str) -> Row:
    row: Row = {name: cells[name] for name in cells.keys() & LINE}
    fields = {name: _value(name, cells[name]) for name in cells.keys() - LINE}
    if not fields:
        return row
    body = BODIES.get(row.get("do", ""))
    if body is None:
        raise ArgumentError(f"{place}: {row.get('do')} takes no {min(fields)!r}")
    return {**row, body: fields}


def _value(name: str, cell: str) -> Any:
    if name in FLAGS:
        return _FLAG_WORDS.get(cell.lower(), cell)
    if name == "timestamp" and cell.isdigit():
        return int(cell)
    if name == "tracks":
        return cell.split()
    return cell
