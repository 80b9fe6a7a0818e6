"""Reads one file of records as a stream. A partial last line, as a kill leaves it, is dropped and reported."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from sc_spiders.disk.text_file import LONGEST_LINE, Lines, open_bytes
from sc_spiders.errors import Endless, EndlessInput, InputError
from sc_spiders.records import FIELDS, KINDS, dumps

from .fields import fields

Row = dict[str, Any]
Record = tuple[Row, bytes]
"""A record, and its JSON without a line end."""
Numbered = tuple[int, Row, bytes]
"""The number of its line (`.jsonl`) or row (`.csv`), from 1; a record; its JSON without a line end."""


def read(file: Path, on_cut: Callable[[Path], None]) -> Iterator[Numbered]:
    """The records of a `.jsonl`, `.jl` or `<kind>.csv` file. `on_cut` is called if its last line was cut off.

    Raises InputError, with file and line, for a line that is no record; EndlessInput for a file that may have no end.
    """
    if file.suffix == ".csv":
        return _read_csv(file, on_cut)
    return _read_lines(file, on_cut)


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """Opens a file. Raises InputError; EndlessInput for a file that may have no end."""
    try:
        with open_bytes(file) as data:
            yield data
    except OSError as e:
        raise InputError(f"{file}: cannot be read: {e.strerror or e}") from None
    except Endless as e:
        raise EndlessInput(f"{file}: cannot be read: {e}") from None


def place(file: Path, number: int) -> str:
    """File and line, for a message."""
    if file.suffix == ".csv":
        return f"{file}, row {number}"
    return f"{file}, line {number}"


def _read_lines(file: Path, on_cut: Callable[[Path], None]) -> Iterator[Numbered]:
    for number, row, text in values(file, on_cut):
        if not isinstance(row, dict) or row.get("kind") not in KINDS or "reasons" in row:
            raise InputError(f"{place(file, number)}: is no record of a known kind; is it a file of this project?")
        yield number, row, text


def values(file: Path, on_cut: Callable[[Path], None]) -> Iterator[tuple[int, Any, bytes]]:
    """The values in the lines of a file of JSON Lines, as `read` gives records."""
    for number, line in numbered_lines(file):
        text = line.strip()
        if not text:
            continue
        try:
            value, text = _loads(text)
        except (ValueError, RecursionError):
            if not line.endswith(b"\n"):
                on_cut(file)
                return
            raise InputError(f"{place(file, number)}: is not JSON; was the file edited or mixed up?") from None
        yield number, value, text


def numbered_lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file with their numbers, from 1. Raises InputError; EndlessInput, with file and line."""
    number = 0
    with opened(file) as data:
        lines = Lines(data)
        try:
            for number, line in enumerate(lines, 1):
                lines.restart()
                yield number, line
        except Endless as e:
            raise EndlessInput(f"{place(file, number + 1)}: {e}; was the file damaged?") from None


def _loads(text: bytes) -> tuple[Any, bytes]:
    """The value of a line, and the line in JSON that any tool can read. Raises ValueError."""
    try:
        return orjson.loads(text), text
    except ValueError:
        # orjson refuses half a surrogate pair, and no other format can hold it, so it is replaced.
        text = json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace")
        return orjson.loads(text), text


def _read_csv(file: Path, on_cut: Callable[[Path], None]) -> Iterator[Numbered]:
    csv.field_size_limit(LONGEST_LINE)  # a description may have a million characters
    kind = file.stem
    with opened(file) as data:
        whole = _ends_with_newline(data)
        errors = "strict" if whole else "replace"  # the cut may be inside a character
        text = io.TextIOWrapper(data, encoding="utf-8-sig", errors=errors, newline="")  # it may be made for Excel
        rows = _whole_rows(Lines(text), file, whole, on_cut)
        header = next(rows, None)
        if header is None:
            return
        readers = _readers(file, kind, header)
        for number, cells in enumerate(rows, 2):
            if len(cells) != len(header):
                raise InputError(f"{place(file, number)}: {len(cells)} cells under {len(header)} columns")
            try:
                row = {name: read(cell) for name, read, cell in zip(header, readers, cells, strict=True)}
            except ValueError as e:
                raise InputError(f"{place(file, number)}: {e}") from None
            yield number, row, dumps(row)


def _readers(file: Path, kind: str, header: list[str]) -> list[Callable[[str], Any]]:
    """For each column a function from a cell to its value. Raises InputError for a column that the kind does not
    have."""
    if unknown := [name for name in header if name not in FIELDS[kind] and name != "raw"]:
        raise InputError(f"{file}: {unknown[0]!r} is no column of the kind {kind}; is it a file of this project?")
    return [_reader(kind, name) for name in header]


def _whole_rows(lines: Lines[str], file: Path, whole: bool, on_cut: Callable[[Path], None]) -> Iterator[list[str]]:
    """All complete rows. A last row that ends inside a quoted cell, or without a line end, is left out."""
    held: list[str] | None = None
    try:
        for row in csv.reader(lines, strict=True):
            lines.restart()
            if held is not None:
                yield held
            held = row
    except csv.Error as e:
        if held is not None:
            yield held
        if "unexpected end" not in str(e):
            raise InputError(f"{file}: is not CSV: {e}") from None
        on_cut(file)
        return
    except UnicodeDecodeError:
        raise InputError(f"{file}: is not UTF-8 text") from None
    if whole and held is not None:
        yield held
    elif held is not None:
        on_cut(file)


def _ends_with_newline(data: BinaryIO) -> bool:
    """Whether the file ends with a newline or is empty. Leaves its position at the beginning."""
    size = data.seek(0, 2)
    data.seek(max(0, size - 1))
    last = data.read(1)
    data.seek(0)
    return last in (b"", b"\n")


def _boolean(cell: str) -> Any:
    if cell.lower() not in ("true", "false"):  # pandas writes True and False
        raise ValueError(f"{cell!r} is neither true nor false")
    return cell.lower() == "true"


def _number(cell: str) -> int | float:
    try:
        return int(cell)
    except ValueError:
        return float(cell)


def _json_or_text(cell: str) -> Any:
    try:
        return orjson.loads(cell)
    except ValueError:
        return cell


_OF_TYPE: dict[str, Callable[[str], Any]] = {
    "boolean": _boolean,
    "integer": int,
    "number": _number,
    "array": orjson.loads,
    "object": orjson.loads,
    "string": str,
}


def _reader(kind: str, name: str) -> Callable[[str], Any]:
    """A function from a cell to its value. An empty cell is null if the field may be null: in CSV, null and "" are
    equal."""
    field = fields(kind).get(name)
    if field is None:  # `raw`
        return lambda cell: orjson.loads(cell) if cell else None
    convert: Callable[[str], Any] = _json_or_text
    if len(field.types) == 1:
        convert = _OF_TYPE[field.types[0]]
    if field.is_nullable:
        return lambda cell: convert(cell) if cell else None
    return convert
