"""Loads files of records into tables of DuckDB, one a kind.

DuckDB reads the files where they lie, once. It makes values of a record's fields, and of these values the record again:
if that is not the same line, the record is not as this project writes it. Then the files of that kind are looked at
more closely. A file with a record that does not fit its schema, and every CSV file, is read record by record in Python
(`reading`, `fitting`), which adds what is missing, or tells file and line of what is wrong.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from itertools import chain
from os import SEEK_END
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import orjson

from sc_spiders.errors import InputError
from sc_spiders.records import FIELDS, KINDS, Pseudonyms, dumps, schema

from .added import Added
from .columns import Column, columns_of, literal, loadable, quoted
from .fitting import WHOLE, fitted, is_time
from .identity import names
from .libraries import library
from .parquet import readable
from .reading import ends_with_newline, opened, read, types_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_USUAL_LINE = 16 * 1024 * 1024
"""Bytes of the longest line that DuckDB reads. Its buffers grow with it."""

_PATTERN = re.compile(r"[*?[]")  # these are patterns for DuckDB

# The JSON text of a value of each type.
_FIT = {
    "null": "{0} IS NULL",
    "string": "starts_with({0}, '\"')",
    "time": "(ends_with({0}, 'Z\"') AND TRY_CAST({0}[2:-2] AS TIMESTAMP) IS NOT NULL)",
    "integer": "regexp_full_match({0}, '-?[0-9]{{1,18}}')",
    "number": "regexp_full_match({0}, '-?[0-9][-+.0-9eE]*')",
    "boolean": "{0} IN ('true', 'false')",
    "array": "starts_with({0}, '[')",
    "object": "starts_with({0}, '{{')",
}

# The type of a value of any record, `v`: its JSON text. A time is a string, and an integer a number, too.
_TYPE = """
CASE
    WHEN v IS NULL OR v = 'null' THEN 'null'
    WHEN ends_with(v, 'Z"') THEN CASE WHEN TRY_CAST(v[2:-2] AS TIMESTAMP) IS NULL THEN 'string' ELSE 'time' END
    WHEN starts_with(v, '"') THEN 'string'
    WHEN starts_with(v, '[') THEN 'array'
    WHEN starts_with(v, '{') THEN 'object'
    WHEN v IN ('true', 'false') THEN 'boolean'
    WHEN regexp_full_match(v, '-?[0-9]{1,18}') THEN 'integer'
    ELSE 'number'
END
"""
_NARROWER = {"string": "time", "number": "integer"}

_IS_TIME = "(ends_with({0}, 'Z') AND TRY_CAST({0} AS TIMESTAMP) IS NOT NULL)"
# The types in which values are looked at, where these are not the columns' own.
_GIVEN = {"time": "VARCHAR", "strings": ["VARCHAR"]}

# Types of values that can be written in one way only.
_EXACT = ({"string"}, {"time"}, {"integer"}, {"boolean"})


class _Source(NamedTuple):
    """`lines`: SQL for the lines of records of one kind, in the column `json`."""

    kind: str
    lines: str


class _Form(NamedTuple):
    """Records of a file with the same keys; None for lines that are no JSON. `fits`: whether all fit their schema."""

    file: str
    keys: list[str] | None
    rows: int
    fits: bool


class Intake:
    """Loads the records of files. After `load`, the table `record.<kind>` has a column for each field, and `line`.

    `folder`: for temporary files. `pseudonyms`: records are loaded with these. `cut`: files whose partial last line was
    dropped. `added`: the fields that no schema declares. Without `keeps_lines`, `line` is null, except for listings and
    crawls: in a large data set, lines take the most room.
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
        self._sources: list[_Source] = []
        self._copies: list[str] = []
        self._keys: dict[str, dict[str, None]] = {}
        self._given: dict[Path, Path] = {}  # by what is read
        self.cut: list[Path] = []
        self.added = Added()

    def load(self, files: Iterable[Path]) -> dict[str, int]:
        """Loads all records, in their order. Returns their number by kind. Raises InputError, OSError."""
        of_kind: dict[str, list[Path]] = {}
        self._given = readable(files, self._folder)
        for file in self._given:
            if file.stem in KINDS and file.suffix != ".csv" and not self._pseudonyms:
                of_kind.setdefault(file.stem, []).append(file)
            else:
                self._add_file(file)
        loaded = [kind for kind, named in of_kind.items() if self._load_named(kind, named)]
        sources = dict.fromkeys(one.kind for one in self._sources)
        for kind in sources:
            self._find_types(kind)
            self._fill(kind)
        for table in self._copies:
            self._connection.execute(f"DROP TABLE {table}")
        return {kind: self._count(kind) for kind in (*loaded, *sources)}

    def _add_file(self, file: Path) -> None:
        """Adds a file with records of any kind."""
        can_be_read = file.suffix != ".csv" and not self._pseudonyms
        if not (can_be_read and self._add_mixed(file)):
            self._rewrite(file)

    def _load_named(self, kind: str, files: list[Path]) -> bool:
        """Loads files of one kind, or adds them if their records are in another form. Returns whether it has loaded."""
        has_others = any(one.kind == kind for one in self._sources)
        if not has_others and self._load_written(kind, files):
            return True
        for file in self._add_named(kind, files):
            self._rewrite(file)
        return False

    def _load_written(self, kind: str, files: list[Path]) -> bool:
        """Loads files of one kind if each line is as this project writes it. Else loads nothing, and returns False."""
        create(self._connection, kind, loadable(kind, self.added))
        values = ", ".join([self._line(kind), *(_value(one, kind) for one in columns_of(kind, Added()))])
        written = f"CASE WHEN {_as_written(kind)} THEN true ELSE error('a record in another form') END"
        read = f"SELECT {values} FROM {_given(kind, _lines(files))} WHERE {written}"
        try:
            self._connection.execute(f"INSERT INTO record.{quoted(kind)} {read}")
        except self._duckdb.InvalidInputException:
            return False
        return True

    def _add_named(self, kind: str, files: list[Path]) -> list[Path]:
        """Adds files with records of one kind. Returns those that DuckDB cannot read as they are."""
        cut = {file for file in files if _is_cut(file)}
        try:
            forms = self._forms(kind, _lines(files))
        except self._duckdb.InvalidInputException:  # such as a very long line in one of them
            if len(files) == 1:
                return files
            return list(chain.from_iterable(self._add_named(kind, [file]) for file in files))
        odd = set(_odd(files, forms, cut))
        fitting = [file for file in files if file not in odd]
        self.cut += filter(cut.__contains__, fitting)
        if fitting:
            self._add(kind, _lines(fitting), _of_files(forms, fitting))
        return list(filter(odd.__contains__, files))

    def _add_mixed(self, file: Path) -> bool:
        """Adds a file with records of several kinds. Returns False if DuckDB cannot read it as it is.

        It is copied into a table, since it is read once for each kind.
        """
        cut, table = _is_cut(file), f"copy_{len(self._copies)}"
        try:
            self._connection.execute(
                f"CREATE TABLE {table} AS SELECT json ->> 'kind' AS kind, json, filename FROM {_lines([file])}"
            )
        except self._duckdb.InvalidInputException:
            return False
        self._copies.append(table)
        counts = dict(self._connection.execute(f"SELECT kind, count(*) FROM {table} GROUP BY kind").fetchall())
        if counts.pop(None, 0) > cut or not counts.keys() <= set(KINDS):
            return False
        sources = {kind: f"(FROM {table} WHERE kind = {literal(kind)})" for kind in sorted(counts)}
        others = {kind: lines for kind, lines in sources.items() if self._has_others(kind, lines)}
        forms = {kind: self._forms(kind, lines) for kind, lines in others.items()}
        if not all(form.fits for of_kind in forms.values() for form in of_kind):
            return False
        for kind, lines in sources.items():
            self._add(kind, lines, forms.get(kind, ()))
        if cut:
            self.cut.append(file)
        return True

    def _add(self, kind: str, lines: str, forms: Iterable[_Form]) -> None:
        self._sources.append(_Source(kind, lines))
        for form in forms:
            self._keys.setdefault(kind, {}).update(dict.fromkeys(form.keys or ()))

    def _forms(self, kind: str, lines: str) -> list[_Form]:
        """The forms of the records of a source."""
        found = self._connection.execute(
            f"""
            SELECT filename, any_value(json_keys(json)), count(*), bool_and(coalesce({_fit(kind)}, false))
            FROM {lines}
            GROUP BY filename, hash(json_keys(json))
            """
        ).fetchall()
        return [_Form(file, keys, rows, fits and _are_all(keys, kind)) for file, keys, rows, fits in found]

    def _has_others(self, kind: str, lines: str) -> bool:
        """Whether a source has records that are not as this project writes them."""
        others = f"(FROM {_given(kind, lines)} WHERE NOT coalesce({_as_written(kind)}, false))"
        ((found,),) = self._connection.execute(f"SELECT EXISTS {others}").fetchall()
        return bool(found)

    def _rewrite(self, file: Path) -> None:
        """Reads a file in Python, and writes its records, one file a kind. Adds these. Raises InputError."""
        longest, number = 0, len(self._sources)
        outputs: dict[str, BinaryIO] = {}
        with ExitStack() as stack:
            for row, line in fitted(read(file, self.cut.append), self._given[file]):
                kind = row["kind"]
                if self._pseudonyms:
                    line = _covered(row, file, self._pseudonyms)
                if kind not in outputs:
                    path = self._folder / f"{number}-{kind}.jsonl"
                    outputs[kind] = stack.enter_context(path.open("wb", buffering=1 << 18))
                outputs[kind].write(line + b"\n")
                longest = max(longest, len(line))
                self._keys.setdefault(kind, {}).update(dict.fromkeys(row))
        for kind, output in outputs.items():
            self._sources.append(_Source(kind, _lines([Path(output.name)], longest)))

    def _find_types(self, kind: str) -> None:
        """Finds the types of the fields that records of this kind have beside those of the schema."""
        for name in self._keys.get(kind, ()):
            if name in FIELDS[kind]:
                continue
            value = f"json_extract(json, {literal(_pointer(name))})"
            type_ = f"CASE WHEN {value}::VARCHAR SIMILAR TO '-?[0-9]+' AND TRY_CAST({value} AS BIGINT) IS NULL"
            type_ += f" THEN 'HUGEINT' ELSE json_type({value}) END"
            types: list[str] = []
            for source in self._sources:
                if source.kind == kind:
                    found = self._connection.execute(f"SELECT DISTINCT {type_} FROM {source.lines}").fetchall()
                    types += [one for (one,) in found if one]
            self.added.add(kind, name, types)

    def _fill(self, kind: str) -> None:
        """Fills the table of a kind from its sources."""
        columns = loadable(kind, self.added)
        create(self._connection, kind, columns)
        for source in self._sources:
            if source.kind == kind:
                self._connection.execute(insertion(kind, columns, source.lines, self._line(kind)))

    def _count(self, kind: str) -> int:
        ((rows,),) = self._connection.execute(f"SELECT count(*) FROM record.{quoted(kind)}").fetchall()
        return int(rows)

    def _line(self, kind: str) -> str:
        """SQL for the column `line`."""
        if self._keeps_lines or kind in WHOLE:
            return "json"
        return "NULL"


def _of_files(forms: Iterable[_Form], files: Iterable[Path]) -> list[_Form]:
    names = {str(file.resolve()) for file in files}
    return [form for form in forms if form.file in names]


def _odd(files: Iterable[Path], forms: Sequence[_Form], cut: set[Path]) -> Iterator[Path]:
    """The files with records that do not fit, or with lines that are no JSON, but for the last line of one that was
    cut off."""
    unfit = {form.file for form in forms if form.keys is not None and not form.fits}
    malformed = Counter({form.file: form.rows for form in forms if form.keys is None})
    for file in files:
        name = str(file.resolve())
        if name in unfit or malformed[name] > (file in cut):
            yield file


def _covered(row: dict[str, Any], file: Path, pseudonyms: Pseudonyms) -> bytes:
    """The record with pseudonyms, as JSON. Raises InputError if it has some already."""
    if row["kind"] == "crawl" and row["versions"].get("pseudonyms"):
        raise InputError(f"{file}: has pseudonyms already; leave --pseudonyms out")
    pseudonyms.cover(row["kind"], [row])
    return dumps(row)


def create(connection: DuckDBPyConnection, kind: str, columns: Sequence[Column]) -> None:
    """Creates the table of a kind."""
    declared = ", ".join(f"{quoted(one.name)} {one.sql_type}" for one in columns)
    connection.execute(f"CREATE OR REPLACE TABLE record.{quoted(kind)} (line VARCHAR, {declared})")


def insertion(kind: str, columns: Sequence[Column], lines: str, line: str = "json") -> str:
    """The statement that adds the records of that source to the table of their kind. `line`: what is its `line`."""
    types: dict[str, Any] = {one.name: one.sql_type for one in columns}
    types |= {one.name: ["VARCHAR"] for one in columns if one.type == "strings"}
    values = f"unnest(json_transform(json, {literal(json.dumps(types))}))"
    return f"INSERT INTO record.{quoted(kind)} SELECT {line}, {values} FROM {lines} WHERE json IS NOT NULL"


def _lines(files: Iterable[Path], longest: int = 0) -> str:
    """SQL for the lines of files, as `json`, and their `filename`. `longest`: bytes of the longest line, if known."""
    paths = ", ".join(literal(_PATTERN.sub(r"[\g<0>]", str(file.resolve()))) for file in files)
    size = max(_USUAL_LINE, longest + 2)
    return f"read_ndjson_objects([{paths}], filename = true, ignore_errors = true, maximum_object_size = {size})"


def _is_cut(file: Path) -> bool:
    """Whether the last line of a file is the beginning of a record. Raises InputError."""
    with opened(file) as data:
        if ends_with_newline(data):
            return False
        size = data.seek(0, SEEK_END)
        data.seek(max(0, size - _USUAL_LINE))
        last = data.read().rpartition(b"\n")[2]
    try:
        orjson.loads(last)
    except ValueError:
        return True
    return False


def _fits(value: str, types: Iterable[str]) -> str:
    """SQL for whether a value, in JSON, has one of these types."""
    return "(" + " OR ".join(_FIT[one].format(value) for one in types) + ")"


@cache
def _fit(kind: str) -> str:
    """SQL for whether the fields of a record have the types of their schema."""
    pointers = ", ".join(literal(_pointer(name)) for name in _types(kind))
    allowed = ", ".join(literal(" ".join(_allowed(types))) for types in _types(kind).values())
    fit = f"list_transform(json_extract(json, [{pointers}])::VARCHAR[], lambda v, i: contains([{allowed}][i], {_TYPE}))"
    return f"json ->> 'kind' = '{kind}' AND list_bool_and({fit})"


def _allowed(types: Iterable[str]) -> list[str]:
    """The types of values that a field of these types may have."""
    narrower = [_NARROWER[one] for one in types if one in _NARROWER]
    return [*types, *narrower]


def _are_all(keys: Sequence[str] | None, kind: str) -> bool:
    """Whether a record with these keys has each field of its kind, and none twice."""
    unique = set(keys or ())
    return len(unique) == len(keys or ()) and unique.issuperset(FIELDS[kind])


def _given(kind: str, lines: str) -> str:
    """SQL for lines with the values of their fields, in the column `given`."""
    types: dict[str, Any] = {one.name: _GIVEN.get(one.type, one.sql_type) for one in columns_of(kind, Added())}
    types |= dict.fromkeys(_mixed(kind), "JSON")
    return f"(SELECT *, json_transform(json, {literal(json.dumps(types))}) AS given FROM {lines})"


@cache
def _as_written(kind: str) -> str:
    """SQL for whether a line is as this project writes it: its fields in order, with values that fit the schema."""
    conditions = ["to_json(given)::VARCHAR = json::VARCHAR", f"given.kind = '{kind}'"]
    mixed = _mixed(kind)
    for name, types in _types(kind).items():
        value = f"given.{quoted(name)}"
        if name in mixed:
            conditions.append(_fits(f"{value}::VARCHAR", types))
        elif "time" in types:
            conditions.append(f"({value} IS NULL OR {_IS_TIME.format(value)})")
        if "null" not in types:
            conditions.append(f"{value} IS NOT NULL")
    return " AND ".join(conditions)


@cache
def _mixed(kind: str) -> frozenset[str]:
    """The fields whose values are looked at as JSON: numbers can be written in several ways, others have several
    types."""
    columns = {one.name: one.type for one in columns_of(kind, Added())}
    exact = {name for name, types in _types(kind).items() if set(types) - {"null"} in _EXACT}
    return frozenset(name for name, type_ in columns.items() if name not in exact and type_ != "strings")


def _value(column: Column, kind: str) -> str:
    """SQL for the value of a column, from `given`. INSERT casts it: with a cast of its own, planning takes longer."""
    value = f"given.{quoted(column.name)}"
    if column.type == "string" and column.name in _mixed(kind):
        return f"{value} ->> '$'"
    return value


@cache
def _types(kind: str) -> dict[str, list[str]]:
    """The types that each field of a record may have here; `time` for text that is a time."""
    found = {}
    for name in FIELDS[kind]:
        declared = schema(kind)["properties"][name]
        types = types_of(declared)
        if is_time(declared):
            types = ["time" if one == "string" else one for one in types]
        if kind not in WHOLE and name not in names(kind) and "null" not in types:
            types = [*types, "null"]
        found[name] = types
    return found


def _pointer(name: str) -> str:
    """The JSON pointer to a member of an object."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
