"""Loads files of records into tables of DuckDB, one a kind.

DuckDB reads the files where they lie, once. It makes values of a record's fields, and of these values the record again:
if that is the same line, the record is as this project writes it, and fits its schema. A file with any other record,
and every CSV file, is read record by record in Python (`reading`, `fitting`), which adds what is missing, or tells file
and line of what is wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, BinaryIO

from sc_spiders.errors import InputError
from sc_spiders.records import FIELDS, KINDS, Pseudonyms, dumps
from sc_spiders.records.readable import types_of

from .columns import Column, Type, columns_of, literal, loadable, quoted
from .fields import WHOLE, fields
from .fitting import fitted
from .libraries import library
from .parquet import readable
from .reading import read

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_USUAL_LINE = 16 * 1024 * 1024
"""Bytes of the longest line that DuckDB reads. Its buffers grow with it."""

_PATTERN = re.compile(r"[*?[]")  # these are patterns for DuckDB

# The JSON text of a value of each type that can be written in several ways, or stands where others may stand.
_FIT = {
    "string": "starts_with({0}, '\"')",
    "integer": "regexp_full_match({0}, '-?[0-9]{{1,18}}')",
    "number": "(regexp_full_match({0}, '-?[0-9][-+.0-9eE]{{0,30}}') AND isfinite(TRY_CAST({0} AS DOUBLE)))",
    "boolean": "{0} IN ('true', 'false')",
    "array": "starts_with({0}, '[')",
    "object": "starts_with({0}, '{{')",
}
# SQL for what a keyword of a schema asks of a value: our schemas use no others, but for types and lengths of items.
_LIMITS: Mapping[str, Callable[[str, Any], str]] = {
    "enum": lambda value, allowed: f"{value} IN ({', '.join(map(literal, allowed))})",
    "minimum": lambda value, least: f"{value} >= {least}",
    "minLength": lambda value, least: f"length({value}) >= {least}",
    "maxLength": lambda value, most: f"length({value}) <= {most}",
    "items": lambda value, _: f"len({value}) = list_count({value})",  # none is null
    "additionalProperties": lambda value, of: f"regexp_full_match({value}::VARCHAR, {literal(_object(of))})",
}
_TEXT = r'"(?:[^"\\]|\\.)*"'
_MEMBERS = {"string": f"(?:{_TEXT}|null)", "integer": "[0-9]{1,18}"}  # by the first type that is allowed
# The types in which values are looked at, where these are not the columns' own.
_GIVEN = {"time": "VARCHAR", "strings": ["VARCHAR"]}

_LATE = re.compile(rb"-(?:29|3[01])T").search
"""Finds days that not all months have."""

_OF_PYTHON: Mapping[type, Type] = {bool: "boolean", int: "integer", float: "number", str: "string"}
_LARGEST = 2**63


class Intake:
    """Loads the records of files. After `load`, the table `record.<kind>` has a column for each field, and `line`.

    `folder`: for temporary files. `pseudonyms`: records are loaded with these. `cut`: files whose partial last line was
    dropped. `added`: the fields that no schema declares. `undated`: the number of dates that no calendar has, such as
    2026-02-30: they are null. Without `keeps_lines`, `line` is null, except for listings and crawls: in a large data
    set, lines take the most room.
    """

    def __init__(
        self,
        connection: DuckDBPyConnection,
        folder: Path,
        pseudonyms: Pseudonyms | None = None,
        *,
        keeps_lines: bool = True,
    ) -> None:
        self._duckdb = library("duckdb", "reading a data set")
        self._connection = connection
        self._folder = folder
        self._pseudonyms = pseudonyms
        self._keeps_lines = keeps_lines
        self._given: dict[Path, Path] = {}  # by what is read
        self._rewritten: dict[str, list[Path]] = {}  # files of one kind, which Python has written
        self._longest = 0  # bytes of a line in them
        self._met: set[str] = set()  # kinds that may have records
        self._types: dict[str, dict[str, set[Type]]] = {}  # of added fields, by kind and name
        self.cut: list[Path] = []
        self.undated = 0
        self.added: dict[str, dict[str, Type]] = {}

    def load(self, files: Iterable[Path]) -> dict[str, int]:
        """Loads all records. Returns their number by kind. Raises InputError, OSError."""
        for kind in KINDS:
            columns = ", ".join(f"{quoted(one.name)} {one.sql_type}" for one in columns_of(kind))
            self._connection.execute(f"CREATE TABLE record.{quoted(kind)} (line VARCHAR, {columns})")
        named: dict[str, list[Path]] = {}
        self._given = readable(files, self._folder)
        for file in self._given:
            if file.suffix == ".csv" or self._pseudonyms:
                self._rewrite(file)
            elif file.stem in KINDS:
                named.setdefault(file.stem, []).append(file)
            elif not self._load_mixed(file):
                self._rewrite(file)
        for kind, of_kind in named.items():
            self._load_named(kind, of_kind)
        for kind, rewritten in self._rewritten.items():
            self._met.add(kind)
            self._add_columns(kind)
            lines = _lines(rewritten, self._longest)
            self._connection.execute(insertion(kind, loadable(kind, self.added), lines, self._line(kind)))
        return {kind: self._count(kind) for kind in KINDS if kind in self._met}

    def _load_named(self, kind: str, files: list[Path]) -> None:
        """Loads files with records of one kind, all at once.

        If that fails, they are loaded one by one, and a file that cannot be loaded is rewritten.
        """
        if self._load_written(kind, _lines(files)):
            return
        for file in files:
            if not self._load_written(kind, _lines([file])):
                self._rewrite(file)

    def _load_written(self, kind: str, lines: str) -> bool:
        """Loads records of a kind if each line is as this project writes it. Else loads nothing, and returns False.

        The fields may be in any order, but in the same one in all lines.
        """
        values = f"{self._line(kind)} AS line, * EXCLUDE (json, given){_texts(kind)}"
        written = f"CASE WHEN {_as_written(kind)} THEN true ELSE error('a record in another form') END"
        try:
            first = self._connection.execute(f"SELECT json_keys(json) FROM {lines} LIMIT 1").fetchone()
            keys = first[0] if first else FIELDS[kind]
            if keys is None or sorted(keys) != sorted(FIELDS[kind]):
                return False
            self._met.add(kind)
            self._connection.execute(
                f"INSERT INTO record.{quoted(kind)} BY NAME SELECT {values} FROM {_given(kind, keys, lines)} "
                f"WHERE {written}"
            )
        except self._duckdb.InvalidInputException:
            return False
        return True

    def _load_mixed(self, file: Path) -> bool:
        """Loads a file with records of several kinds, as `_load_written` does.

        It is copied into a table, since it is read once for each kind.
        """
        self._connection.begin()
        kinds = self._copy(file)
        if kinds is not None and all(kind in KINDS and self._load_written(kind, _copied(kind)) for kind in kinds):
            self._connection.execute("DROP TABLE copied")
            self._connection.commit()
            return True
        self._connection.rollback()
        return False

    def _copy(self, file: Path) -> list[str] | None:
        """Copies the lines of a file. Returns the kinds of its records; None if DuckDB cannot read the file."""
        try:
            self._connection.execute(
                f"CREATE TABLE copied AS SELECT json ->> 'kind' AS kind, json FROM {_lines([file])}"
            )
        except self._duckdb.InvalidInputException:  # such as a very long line
            return None
        found = self._connection.execute("SELECT DISTINCT kind FROM copied ORDER BY kind").fetchall()
        return [kind for (kind,) in found]

    def _rewrite(self, file: Path) -> None:
        """Reads a file in Python, and writes its records, one file a kind. Raises InputError."""
        folder = Path(mkdtemp(dir=self._folder))
        outputs: dict[str, BinaryIO] = {}
        with ExitStack() as stack:
            for row, line in fitted(read(file, self.cut.append), self._given[file]):
                kind = row["kind"]
                if self._pseudonyms:
                    line = _covered(row, file, self._pseudonyms)
                if _LATE(line):
                    self.undated += sum(map(_is_no_date, map(row.get, _dates(kind))))
                if kind not in outputs:
                    outputs[kind] = stack.enter_context((folder / kind).open("wb", buffering=1 << 18))
                    self._rewritten.setdefault(kind, []).append(folder / kind)
                outputs[kind].write(line + b"\n")
                self._longest = max(self._longest, len(line))
                known = fields(kind)
                for name, value in row.items():
                    if name in known:
                        continue
                    types = self._types.setdefault(kind, {}).setdefault(name, set())
                    types.update(_type_of(value))

    def _add_columns(self, kind: str) -> None:
        """Add a column for each field that records of this kind have and their schema does not."""
        self.added[kind] = {name: _common(types) for name, types in self._types.get(kind, {}).items()}
        for column in loadable(kind, self.added)[len(FIELDS[kind]) :]:
            added = f"{quoted(column.name)} {column.sql_type}"
            self._connection.execute(f"ALTER TABLE record.{quoted(kind)} ADD COLUMN {added}")

    def _count(self, kind: str) -> int:
        ((rows,),) = self._connection.execute(f"SELECT count(*) FROM record.{quoted(kind)}").fetchall()
        return int(rows)

    def _line(self, kind: str) -> str:
        """SQL for the column `line`."""
        if self._keeps_lines or kind in WHOLE:
            return "json"
        return "NULL"


def _covered(row: dict[str, Any], file: Path, pseudonyms: Pseudonyms) -> bytes:
    """The record with pseudonyms, as JSON. Raises InputError if it has some already."""
    if row["kind"] == "crawl" and row["versions"].get("pseudonyms"):
        raise InputError(f"{file}: has pseudonyms already; leave --pseudonyms out")
    pseudonyms.cover(row["kind"], [row])
    return dumps(row)


@cache
def _dates(kind: str) -> tuple[str, ...]:
    return tuple(one.name for one in columns_of(kind) if one.type == "time")


def _is_no_date(value: str | None) -> bool:
    """Whether no calendar has this date. Its form was checked."""
    if not value:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return True
    return False


def _type_of(value: Any) -> set[Type]:
    """The type of a value; none for null."""
    if value is None:
        return set()
    if type(value) is int and not -_LARGEST <= value < _LARGEST:
        return {"json"}
    return {_OF_PYTHON.get(type(value), "json")}


def _common(types: set[Type]) -> Type:
    """The type that holds values of all these types."""
    if types == {"integer", "number"}:
        return "number"
    if len(types) == 1:
        return types.pop()
    return "json"


def insertion(kind: str, columns: Sequence[Column], lines: str, line: str = "json") -> str:
    """The statement that adds the records of that source to the table of their kind. `line`: what is its `line`."""
    types: dict[str, Any] = {one.name: one.sql_type for one in columns}
    types |= {one.name: ["VARCHAR"] for one in columns if one.type == "strings"}
    values = f"unnest(json_transform(json, {literal(json.dumps(types))}))"
    return f"INSERT INTO record.{quoted(kind)} SELECT {line}, {values} FROM {lines}"


def _lines(files: Iterable[Path], longest: int = 0) -> str:
    """SQL for the lines of files, as `json`. `longest`: bytes of the longest line, if known."""
    paths = ", ".join(literal(_PATTERN.sub(r"[\g<0>]", str(file.resolve()))) for file in files)
    size = max(_USUAL_LINE, longest + 2)
    return f"read_ndjson_objects([{paths}], ignore_errors = true, maximum_object_size = {size})"


def _copied(kind: str) -> str:
    """SQL for the copied lines of a kind."""
    return f"(FROM copied WHERE kind = {literal(kind)})"


def _given(kind: str, keys: Iterable[str], lines: str) -> str:
    """SQL for lines with the values of their fields: each a column, and all in `given`. `keys`: the fields in order."""
    types: dict[str, Any] = {one.name: _GIVEN.get(one.type, one.sql_type) for one in columns_of(kind)}
    types |= dict.fromkeys(_mixed(kind), "JSON")
    ordered = json.dumps({name: types[name] for name in keys})
    given = f"SELECT json, json_transform(json, {literal(ordered)}) AS given FROM {lines}"
    return f"(SELECT json, given, unnest(given) FROM ({given}))"


@cache
def _as_written(kind: str) -> str:
    """SQL for whether a line is as this project writes it, with values that fit the schema."""
    conditions = ["to_json(given)::VARCHAR = json::VARCHAR", f"kind = '{kind}'"]
    for column in columns_of(kind):
        value = quoted(column.name)
        if column.required:
            conditions.append(f"{value} IS NOT NULL")
        if fits := " AND ".join(_fits(kind, column, value)):
            conditions.append(f"({value} IS NULL OR ({fits}))")
    return " AND ".join(conditions)


def _fits(kind: str, column: Column, value: str) -> Iterator[str]:
    """SQL for what a value must be, if it is not null, beside its type. It is what `fitting` asks."""
    field = fields(kind)[column.name]
    if column.name in _mixed(kind):
        yield f"({' OR '.join(_FIT[one].format(f'{value}::VARCHAR') for one in field.types)})"
    elif column.type == "time":
        yield f"regexp_full_match({value}, {literal(field.declared['pattern'])})"
        yield f"TRY_CAST({value} AS TIMESTAMP) IS NOT NULL"
        return  # its pattern bounds its length
    if kind in WHOLE:
        yield from (_LIMITS[name](value, field.declared[name]) for name in _LIMITS.keys() & field.declared.keys())


def _object(of: dict[str, Any]) -> str:
    """A pattern of the JSON text of an object whose members are like that."""
    member = f"{_TEXT}:{_MEMBERS[types_of(of)[0]]}"
    return rf"\{{(?:{member}(?:,{member})*)?\}}"


@cache
def _mixed(kind: str) -> frozenset[str]:
    """The fields whose values are looked at as JSON: numbers can be written in several ways, others have several
    types."""
    several = {name for name, field in fields(kind).items() if len(field.types) > 1}
    return frozenset(one.name for one in columns_of(kind) if one.type in ("number", "json") or one.name in several)


def _texts(kind: str) -> str:
    """SQL after `*` that takes the text of values which `given` has as JSON, and their columns as text."""
    mixed = [quoted(one.name) for one in columns_of(kind) if one.type == "string" and one.name in _mixed(kind)]
    if not mixed:
        return ""
    texts = ", ".join(f"{name} ->> '$' AS {name}" for name in mixed)
    return f" REPLACE ({texts})"
