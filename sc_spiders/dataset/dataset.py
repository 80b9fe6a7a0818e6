"""The data set that exports and the report read. It has every record once, and can be read repeatedly, kind by kind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import orjson

from sc_spiders.records import schema
from sc_spiders.records.words import listed

from .added import Added
from .columns import columns_of, literal, quoted
from .completeness import Completeness
from .crawls import reconcile
from .distinct import distinct
from .fitting import fitted
from .libraries import library
from .origin import Origin
from .reading import Record, read
from .rejected import Rejected, read_rejected
from .sources import find_files, left_out, rejected_beside

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

Row = dict[str, Any]

RELATIONS: tuple[str, ...] = tuple(schema("edge")["properties"]["relation"]["enum"])
_LIMITS = {"memory_limit": "400MB", "threads": 2}


class Dataset:
    """The distinct records of files and folders. A temporary folder holds them by kind while the data set is open.

    Use it as a context manager. `inputs`: as `find_files` takes them. `scratch`: a folder on a disk with free space for
    twice the input (default: the system's temporary folder). Opening raises InputError and OSError.
    """

    def __init__(self, inputs: Sequence[str | Path], scratch: Path | None = None) -> None:
        self.files = find_files(inputs)
        self._left_out = left_out(inputs)
        self.counts: dict[str, int] = {}
        """Distinct records by kind."""
        self.read = 0
        """Records read, duplicates included."""
        self.cut: list[Path] = []
        """Files whose partial last line was dropped."""
        self.completeness = Completeness()
        self.crawls: list[Row] = []
        """Crawl records in the order of time, one for all workers of a crawl."""
        self.origin = Origin()
        self.added = Added()
        self._scratch = scratch
        self._folder: Path
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(TemporaryDirectory(prefix=".dataset-", dir=self._scratch)))
            self._sort_out()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    @cached_property
    def connection(self) -> DuckDBPyConnection:
        """A DuckDB connection with a view of each kind, and of each relation. It is closed with the data set."""
        duckdb = library("duckdb", "reading a data set by SQL")
        connection = duckdb.connect(config={**_LIMITS, "temp_directory": str(self._folder)})
        self._stack.callback(connection.close)
        for kind in (*self.counts, *(["edge"] if "edge" not in self.counts else [])):
            connection.execute(f"CREATE VIEW {quoted(kind)} AS {self._select(kind)}")
        for relation in RELATIONS:
            edges = f"SELECT * EXCLUDE relation FROM edge WHERE relation = '{relation}'"  # noqa: S608 - our own names
            connection.execute(f"CREATE VIEW {relation} AS {edges}")
        return connection  # type: ignore[no-any-return]

    @property
    def kinds(self) -> list[str]:
        """The kinds that have records, by name."""
        return sorted(self.counts)

    def __getitem__(self, kind: str) -> DuckDBPyRelation:
        """The records of a kind, or the edges of a relation, as a relation of DuckDB."""
        return self.connection.table(quoted(kind))

    @property
    def repeated(self) -> int:
        """The number of duplicates."""
        return self.read - sum(self.counts.values())

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
        for file in self.cut:
            yield f"{file}: its last line was cut off and is left out"

    def lines(self, kind: str) -> Iterator[bytes]:
        """The JSON of each record of a kind, unchanged, without line ends."""
        if kind in self.counts:
            with self._file(kind).open("rb") as lines:
                for line in lines:
                    yield line[:-1]

    def copy(self, kind: str, to: BinaryIO) -> None:
        """Writes the lines of a kind to a file."""
        if kind in self.counts:
            with self._file(kind).open("rb") as lines:
                shutil.copyfileobj(lines, to, 1 << 20)

    def records(self, kind: str) -> Iterator[Row]:
        """The records of a kind."""
        return map(orjson.loads, self.lines(kind))

    def rejected(self) -> Iterator[Rejected]:
        """The rejected objects, from the files beside the data. Raises InputError."""
        return read_rejected(rejected_beside(self.files))

    def _sort_out(self) -> None:
        size = sum(file.stat().st_size for file in self.files)
        outputs: dict[str, BinaryIO] = {}
        counts: dict[str, int] = {}
        crawls: list[Row] = []
        with ExitStack() as open_files:
            for kind, line in distinct(self._records(), size, self._folder):
                if kind not in outputs:
                    outputs[kind] = open_files.enter_context(self._file(kind).open("wb", buffering=1 << 18))
                    counts[kind] = 0
                counts[kind] += 1
                if kind == "crawl":
                    crawls.append(orjson.loads(line))
                    continue
                outputs[kind].write(line + b"\n")
                if kind == "listing":
                    self.completeness.add(orjson.loads(line))
            self.origin = Origin.of(crawls)
            self.crawls = reconcile(crawls)
            if len(self.crawls) == 1:  # its workers counted some records twice
                self.crawls[0]["counts"].update({kind: count for kind, count in counts.items() if kind != "crawl"})
            for row in self.crawls:
                self.completeness.add(row)
                outputs["crawl"].write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
                counts["crawl"] = len(self.crawls)
        self.counts = counts

    def _select(self, kind: str) -> str:
        of_kind = columns_of(kind, self.added)
        types = ", ".join(f"{literal(one.name)}: {literal(one.sql_type)}" for one in of_kind)
        file = self._file(kind)
        if kind not in self.counts:
            file.touch()
        return f"FROM read_json({literal(str(file))}, format = 'newline_delimited', columns = {{{types}}})"

    def _file(self, kind: str) -> Path:
        return self._folder / kind

    def _records(self) -> Iterator[Record]:
        for file in self.files:
            for record in fitted(read(file, self.cut.append), file):
                self.read += 1
                self.added.add(record[0])
                yield record
