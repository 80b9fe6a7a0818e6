"""The data set that exports and the report read: the state last seen of all records, in tables of DuckDB."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import orjson

from sc_spiders.errors import InputError
from sc_spiders.records import KINDS, Pseudonyms, dumps, schema
from sc_spiders.records.words import counted, listed

from . import last_seen
from .columns import NONE, Added, Column, columns_of, loadable, quoted
from .completeness import Completeness
from .crawls import reconcile
from .intake import Intake, insertion
from .latest import latest_output
from .libraries import library, translated
from .listings import joined
from .moments import go_back
from .origin import Origin, check_together
from .rejected import Rejected, read_rejected
from .sources import find_files, is_utf8, left_out, rejected_beside

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

Row = dict[str, Any]

RELATIONS: tuple[str, ...] = tuple(schema("edge")["properties"]["relation"]["enum"])
"""The relations of edges."""

SCRATCH = ".dataset-"
"""How the names of folders with temporary files begin."""

_LIMITS = {"memory_limit": "256MB", "allocator_background_threads": True}  # which give freed memory back
_SMALL = 1 << 18  # bytes of files among which a second thread costs more than it does
_AT_ONCE = 2_000


class Dataset:
    """The records of files and folders: the state last seen (see `last_seen`).

    Use it as a context manager, or call `open` and `close`. `inputs`: as `find_files` takes them. `scratch`: a folder
    on a disk with free space for twice the input (default: the system's temporary folder). `pseudonyms`: records get
    these instead of ids and names. `until`: the state at that time, in UTC.
    `every`: all records of all crawls instead, as they were written; only the records of a crawl's workers are joined.
    Without `keeps_lines`, only listings and crawls have `lines` and `records`: less memory and time is needed.
    """

    def __init__(
        self,
        inputs: Sequence[str | Path],
        scratch: Path | None = None,
        pseudonyms: Pseudonyms | None = None,
        until: datetime | None = None,
        *,
        every: bool = False,
        keeps_lines: bool = True,
    ) -> None:
        self.files = find_files(inputs)
        self._left_out = left_out(inputs)
        sizes = {file: file.stat().st_size for file in self.files}
        self._empty = [file for file, size in sizes.items() if not size]
        self._threads = 1 if sum(sizes.values()) < _SMALL else 2
        self.counts: dict[str, int] = {}
        """Records by kind."""
        self.read = 0
        """Records read, duplicates included."""
        self.gone = 0
        """Records that were dropped, because a later complete walk of their list had them no more."""
        self.cut: list[Path] = []
        """Files whose partial last line was dropped."""
        self.undated = 0
        """Dates that no calendar has, such as 2026-02-30. In tables they are null."""
        self.completeness = Completeness()
        self.crawls: list[Row] = []
        """Crawl records in the order of time, one for all workers of a crawl."""
        self.origin = Origin()
        self.added: Added = NONE
        self.connection: DuckDBPyConnection
        """A connection to DuckDB with a view of each kind and of each relation."""
        self._scratch = scratch
        self._pseudonyms = pseudonyms
        self._until, self._every = until, every
        self._keeps_lines = keeps_lines
        self._stack = ExitStack()
        self._is_open = False

    def __enter__(self) -> Self:
        if not self._is_open:
            self.open()
        return self

    def open(self) -> None:
        """Reads the records. Raises InputError, MissingLibrary, OSError."""
        duckdb = library("duckdb", "reading a data set")
        for path in self.files:
            if not is_utf8(path):
                raise InputError(f"{str(path)!a}: its name is not UTF-8, and DuckDB takes no other; rename it")
        with ExitStack() as stack, translated():
            # A relation of DuckDB may live longer than this object: so may the folder with what it moved to the disk.
            folder = mkdtemp(prefix=SCRATCH, dir=self._scratch)
            remove = partial(shutil.rmtree, folder, ignore_errors=True)
            atexit.register(remove)
            stack.callback(atexit.unregister, remove)
            stack.callback(remove)
            limits = {**_LIMITS, "threads": self._threads, "temp_directory": folder}
            self.connection = duckdb.connect(":memory:", config=limits)
            stack.callback(self.connection.close)
            self.connection.execute("SET TimeZone = 'UTC'")
            self._load(Path(folder))
            self._stack = stack.pop_all()
            self._is_open = True

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection, and deletes the temporary files."""
        self._is_open = False
        self._stack.close()

    def __repr__(self) -> str:
        """What is in it: a notebook shows this."""
        return f"<data set of {self.content}>"

    def __getitem__(self, name: str) -> DuckDBPyRelation:
        """The records of a kind, or the edges of a relation, as a relation of DuckDB. Raises KeyError.

        A relation has `.df()` (pandas), `.pl()` (Polars), `.arrow()`, `.fetchall()`, and filters, joins and aggregates.
        """
        if name not in (*KINDS, *RELATIONS):
            raise KeyError(f"{name!r} is no kind and no relation: {', '.join((*KINDS, *RELATIONS))}")
        return self.connection.sql(f"FROM {quoted(name)}")

    def sql(self, query: str) -> DuckDBPyRelation:
        """The answer to a query. Each kind and each relation is a view. Raises duckdb.Error."""
        return self.connection.sql(query)

    @property
    def kinds(self) -> list[str]:
        """The kinds that have records, by name."""
        return sorted(self.counts)

    def columns(self, kind: str) -> list[Column]:
        """The columns of a kind. Raises InputError as `columns_of` does."""
        return columns_of(kind, self.added)

    @property
    def repeated(self) -> int:
        """The number of duplicates."""
        return self.read - self.gone - sum(self.counts.values())

    @property
    def content(self) -> str:
        """How many records of each kind, for people."""
        return listed(dict(sorted(self.counts.items()))) or "no record"

    def notes(self) -> Iterator[str]:
        """Notes for people: where the data is from, inputs that were left out, partial last lines."""
        if self.origin.is_elsewhere:
            yield f"{self.origin.words}."
        for path in self._left_out:
            yield f"{path}: left out, because it is the result of a command and no data set"
        for file in self._empty:
            yield f"{file}: is empty"
        for file in self.cut:
            yield f"{file}: its last line was cut off and is left out"
        if self.undated:
            yield f"the records have {counted(self.undated, 'date')} that no calendar has: null in tables"

    def rows(self, query: str, **parameters: Any) -> Iterator[tuple[Any, ...]]:
        """The rows of the answer to a query, which are not all in memory. `parameters`: values of `$name` in it."""
        with self.connection.cursor() as cursor:
            found = cursor.execute(query, parameters)
            while some := found.fetchmany(_AT_ONCE):
                yield from some

    def lines(self, kind: str) -> Iterator[str]:
        """The JSON of each record of a kind, unchanged, without line ends."""
        return (line for (line,) in self.rows(f"SELECT line FROM record.{quoted(kind)}"))

    def records(self, kind: str) -> Iterator[Row]:
        """The records of a kind."""
        return map(orjson.loads, self.lines(kind))

    def rejected(self) -> Iterator[Rejected]:
        """The rejected objects, from the files beside the data. Raises InputError."""
        return read_rejected(rejected_beside(self.files))

    def _load(self, folder: Path) -> None:
        self.connection.execute("CREATE SCHEMA record")
        intake = Intake(self.connection, folder, self._pseudonyms, keeps_lines=self._keeps_lines)
        counts = {kind: rows for kind, rows in intake.load(self.files).items() if rows}
        if self._until:
            counts = go_back(self.connection, list(counts), self._until)
        self.cut, self.added, self.read = intake.cut, intake.added, sum(counts.values())
        self.undated = intake.undated
        crawls = list(self.records("crawl"))
        check_together(crawls)
        self.origin = Origin.of(crawls)
        if not self._every:
            several = {kind for kind, rows in counts.items() if rows > 1}
            for kind in several - {"listing"}:
                last_seen.distinct(self.connection, kind)
            self.gone = last_seen.drop_gone(self.connection)
            if "listing" in several:
                _join_listings(self.connection, self.added)
        self._sum_up(list(self.records("crawl")), counts)
        for kind in KINDS:
            self.connection.execute(f"CREATE VIEW {quoted(kind)} AS SELECT * EXCLUDE line FROM record.{quoted(kind)}")
        for relation in RELATIONS:
            edges = f"SELECT * EXCLUDE (line, kind, relation) FROM record.edge WHERE relation = '{relation}'"
            self.connection.execute(f"CREATE VIEW {relation} AS {edges}")

    def _sum_up(self, crawls: list[Row], counts: dict[str, int]) -> None:
        """Counts the records, joins crawls, and finds out what is missing."""
        for kind in counts.keys() - {"crawl"}:
            ((rows,),) = self.rows(f"SELECT count(*) FROM record.{quoted(kind)}")
            if rows:
                self.counts[kind] = rows
        self.crawls = reconcile(crawls)
        if len(self.crawls) == 1:  # its workers counted some records twice
            self.crawls[0]["counts"].update(self.counts)
        if self.crawls:
            self.counts["crawl"] = len(self.crawls)
            self.connection.execute("DELETE FROM record.crawl")
            _insert(self.connection, "crawl", self.crawls, self.added)
        for row in (*self.records("listing"), *self.crawls):
            self.completeness.add(row)


def _join_listings(db: DuckDBPyConnection, added: Added) -> None:
    """Keeps one record of each list."""
    same = """
    SELECT endpoint, subject, list(line ORDER BY rowid) AS lines, min(rowid) AS first
    FROM record.listing GROUP BY ALL
    """
    repeated = db.execute(f"SELECT lines FROM ({same}) WHERE len(lines) > 1 ORDER BY first").fetchall()
    if repeated:
        db.execute(
            f"DELETE FROM record.listing AS record USING (FROM ({same}) WHERE len(lines) > 1) AS repeated "
            "WHERE record.endpoint = repeated.endpoint AND record.subject IS NOT DISTINCT FROM repeated.subject"
        )
        _insert(db, "listing", [joined(map(orjson.loads, lines)) for (lines,) in repeated], added)


def _insert(db: DuckDBPyConnection, kind: str, rows: Iterable[Row], added: Added) -> None:
    source = "(SELECT unnest($lines)::JSON AS json)"
    lines = [dumps(row).decode() for row in rows]
    db.execute(insertion(kind, loadable(kind, added), source), {"lines": lines})


def read(*inputs: str | Path) -> Dataset:
    """The data set of files and folders of records; without any, of the latest crawl in `output/`.

        with read("output/user_graph/2026-01-31T12-00-00") as data:
            data["edge"].df()
            data.sql("SELECT country_code, count(*) FROM user GROUP BY ALL").df()

    It can be read until it is closed, or until no name refers to it. Raises InputError if an input is no data set, and
    MissingLibrary without the extra `data`.
    """
    data = Dataset(inputs or [latest_output()])
    data.open()
    return data
