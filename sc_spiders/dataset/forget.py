"""Takes people and things out of the files of an output, with all records that name them."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import os
import shutil
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson

from sc_spiders.disk import sync_name
from sc_spiders.disk.text_file import LONGEST_LINE
from sc_spiders.errors import InputError
from sc_spiders.pages.listing import LISTED
from sc_spiders.records import KINDS, BadBody, OptOut, People, decode, dumps
from sc_spiders.records.words import listed

from .atomic import writing_to
from .dataset import SCRATCH
from .sources import CARD, DATASETTE, METADATA, RESULTS, default_output, is_exported, shown

Row = dict[str, Any]

# Files about an output: they hold sums of its files, or name who is walked.
_ABOUT = (*METADATA, "progress.json")
_MADE = b"Made by sc_spiders"  # in the footer of every report
# As Scrapy's postprocessing packs feeds.
_PACKED: Mapping[str, Callable[[BinaryIO, Any], Any]] = {
    ".gz": lambda file, mode: gzip.GzipFile(fileobj=file, mode=mode),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
}
_STORE = "frontier.sqlite"  # in every job directory
_TEACH = {"track": 1, "playlist": 1, "user": 2}  # kinds
_OURS = frozenset({*KINDS, "rejected"})
_PARTIAL = "partial line"  # in place of a kind
_NEW = ".forgetting"  # suffix of a new file, until it takes the place of the old one

Ends = tuple[int, int]
"""Where a file's acknowledged part ends, and the file itself."""
NewEnds = tuple[int, int, int]
"""The same in the new file, and the CRC-32 of what is between."""


class Job(Protocol):
    """The job of an output: the crawl that may go on."""

    def ends(self) -> dict[Path, Ends]:
        """The job's files. Raises InputError if one is not as the job left it."""

    def replace(self, new: Mapping[Path, Path], ends: Mapping[Path, NewEnds], people: People) -> None:
        """Let the new files take the place of the job's. `people`: whom the job never writes about again."""


def forget(
    output: Path, people: People, job: Job | None, shared: Callable[[Collection[str]], None] | None = None
) -> Iterator[str]:
    """Take people out of all files of an output. Returns lines for the user.

    `shared`: raises InputError if one of the crawls that began at these times can go on elsewhere. A stop leaves each
    file old or new; the same call finishes the work. Raises InputError, OSError.
    """
    forgetting = Forgetting(OptOut(people))
    files = record_files(output)
    for file in sorted(files, key=_teaching, reverse=True):
        forgetting.learn(file)
    forgetting.check_key(output)
    if shared:
        shared(forgetting.starts)
    _rewrite(files, forgetting, job)
    for path in made_from(output):
        _delete(path)
        if not path.name.endswith(CARD):
            yield f"{path}: deleted; it can be made again"
    yield f"{output}: {listed(dict(sorted(forgetting.taken.items()))) or 'nothing'} taken out"
    if forgetting.changed:
        yield f"  {listed(dict(sorted(forgetting.changed.items())))} stay without what named them"


def _rewrite(files: Sequence[Path], forgetting: Forgetting, job: Job | None) -> None:
    """Write all files anew; then let the new ones take the place of the old ones."""
    old = job.ends() if job else {}
    if packed := [path for path in old if path.suffix in _PACKED]:
        raise InputError(f"{packed[0]}: is compressed, and its crawl can go on; let it finish, then forget")
    new: dict[Path, Path] = {}
    own: dict[Path, NewEnds] = {}
    try:
        for file in files:
            path, beside = file.absolute(), file.with_name(f".{file.name}{_NEW}")
            new[path] = beside
            with writing_to(file):
                ends = _write(file, beside, forgetting, old.get(path))
            if path in old:
                own[path] = ends
        if job:
            untouched = {path: (*ends, 0) for path, ends in old.items()}
            job.replace({path: new.pop(path) for path in own}, {**untouched, **own}, forgetting.opt_out.people)
        for path in sorted(new, key=_teaching):
            new[path].replace(path)
            sync_name(path)
    finally:
        for beside in new.values():
            beside.unlink(missing_ok=True)


def _teaching(file: Path) -> int:
    """How much a file tells about names and owners.

    Files that tell most are replaced last: if this call is stopped, the next one reads them again.
    """
    return _TEACH.get(file.name.partition(".")[0], 0)


def _write(file: Path, beside: Path, forgetting: Forgetting, ends: Ends | None) -> NewEnds:
    with beside.open("wb") as to:
        if file.suffix in _PACKED:
            with _PACKED[file.suffix](to, "wb") as packed:
                found = forgetting.rewrite(file, packed)
        else:
            found = forgetting.rewrite(file, to, ends or ())
        to.flush()
        os.fsync(to.fileno())
    shutil.copymode(file, beside)
    if not found:
        return 0, 0, 0
    (acknowledged, _), (end, sum_) = found
    return acknowledged, end, sum_


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def record_files(output: Path) -> list[Path]:
    """The files with records of an output (a folder or a file), also with rejected objects and with what a job cut off.

    Raises InputError if there is none.
    """
    found = [output, output.with_name(f"{output.stem}.rejected.jsonl")]
    if output.is_dir():
        found = [path for path in _shown(output) if not is_exported(path, output)]
    files = [file for file in found if file.is_file() and _holds_records(file, output)]
    if not files:
        raise InputError(
            f"{output}: holds no records in JSON Lines or CSV; name the folder of a crawl, or its file. "
            "An export is made again from that"
        )
    return sorted(files, key=lambda file: (file.stem == "crawl", file))  # crawl records count what the others lost


def described(output: Path) -> list[Path]:
    """The files of records, and folders of these, that have a card. What was made from the output is not among them."""
    cards = (path for path in made_from(output) if path.name.endswith(CARD))
    about = (path.parent if path.name == CARD else path.with_name(path.name.removesuffix(f".{CARD}")) for path in cards)
    return [path for path in about if path.exists() and not _is_made(path)]


def not_searched(output: Path) -> list[Path]:
    """Files of a folder whose content is unknown. `forget` leaves them alone, although they may name people."""
    if not output.is_dir():
        return []
    made = [path for path in _shown(output) if _is_made(path)]
    return [
        path
        for path in _shown(output)
        if path.is_file() and not _holds_records(path, output) and not any(map(path.is_relative_to, made))
    ]


def _holds_records(file: Path, output: Path) -> bool:
    name = file.name.partition(".cut-")[0]
    if file.suffix in _PACKED:
        name = file.stem
    return name.endswith((".jsonl", ".jl")) or (name.endswith(".csv") and (Path(name).stem in KINDS or file == output))


def made_from(output: Path) -> list[Path]:
    """What this project made from an output, and may name anybody: exports, reports, cards, leftovers of commands."""
    beside = [default_output([output], suffix) for suffix in (*sorted(RESULTS), DATASETTE, ".csv")]
    cards = [path.with_name(f"{path.name}.{CARD}") for path in beside]
    about = [output.with_name(f"{output.name}.{name}") for name in _ABOUT]
    found = list(filter(_is_made, beside)) + list(filter(Path.exists, (*cards, *about)))
    if not output.is_dir():
        return found
    leftovers = output.rglob(f"{SCRATCH}*")  # of commands that were killed
    return [*found, *filter(_is_made, _shown(output)), *leftovers]


def _shown(folder: Path) -> Iterator[Path]:
    """What is in a folder, without job directories and what is hidden: these hold no export."""
    return (path for path in shown(folder) if not (path.parent / _STORE).exists())


def _is_made(path: Path) -> bool:
    """Whether this project made it from records: an export, which has a card, or a report, which says so itself."""
    if path.name.endswith(DATASETTE):
        return _is_made(path.with_name(path.name.removesuffix(DATASETTE) + ".sqlite"))
    if path.suffix == ".html" and path.is_file():
        return _MADE in path.read_bytes()
    if path.suffix in RESULTS or (path.suffix == ".csv" and path.is_dir()):
        return (path / CARD).exists() or path.with_name(f"{path.name}.{CARD}").exists()
    return path.name.endswith(_ABOUT)


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    """The content of a file, unpacked if it is packed. Raises InputError, OSError."""
    with file.open("rb") as raw:
        if file.suffix not in _PACKED:
            yield raw
            return
        try:
            with _PACKED[file.suffix](raw, "rb") as lines:
                yield lines
        except (EOFError, LZMAError, zlib.error, gzip.BadGzipFile) as e:
            raise InputError(f"{file}: cannot be unpacked to its end: {e}; was its crawl killed?") from None


class Forgetting:
    """Rewrites the files of one output. `taken`: the records that were taken out, by kind; `changed`: those that name
    them no more. `keys`: fingerprints of the keys that made the output's pseudonyms. `starts`: when its crawls began.

    First `learn` reads each file: what belongs to the people on the list is on the list, too. Then `rewrite` writes it.
    """

    def __init__(self, opt_out: OptOut) -> None:
        self.opt_out = opt_out
        self.taken: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self.keys: set[str] = set()
        self.starts: set[str] = set()
        self._when: list[tuple[str, str]] = []  # kind and time of each record that was taken out

    def learn(self, file: Path) -> None:
        """Raises InputError for a line that is no record, OSError."""
        with _opened(file) as lines:
            for _, kind, row in _records(file, lines):
                if row is not None:
                    self.opt_out.learn(kind, row)
                    if kind == "crawl" and isinstance(row.get("versions"), dict):
                        self.keys.update(filter(None, [row["versions"].get("pseudonyms")]))
                    if kind == "listing":
                        self.starts.update(filter(None, [row.get("crawl_started_at")]))

    def check_key(self, output: Path) -> None:
        """Raises InputError if the people are named by id and the output has pseudonyms, or those of another key."""
        key = self.opt_out.people.fingerprint
        if self.keys and not key:
            raise InputError(f"{output}: has pseudonyms; name their key with --pseudonyms")
        if key and self.keys != {key}:
            raise InputError(f"{output}: was not written with that key, or with further keys too")

    def rewrite(self, file: Path, to: BinaryIO, marks: Sequence[int] = ()) -> list[tuple[int, int]]:
        """Write the file without them. A partial last line is left out.

        `marks`: positions at ends of lines, in order; what follows on the last one is left out. Returns, for each, the
        position that corresponds to it, and the CRC-32 of what is between the mark before and this one. Raises
        InputError, OSError.
        """
        found: list[tuple[int, int]] = []
        at = sum_ = 0
        with _opened(file) as lines:
            records = _records(file, lines)
            for mark in marks or (sys.maxsize,):
                while at < mark and (record := next(records, None)):
                    at += len(record[0])
                    written = self._written(*record)
                    sum_ = zlib.crc32(written, sum_)
                    to.write(written)
                found.append((to.tell(), sum_))
                sum_ = 0
        return found[: len(marks)]

    def _written(self, line: bytes, kind: str, row: Row | None) -> bytes:
        """The line as it is to be written; nothing of a record that is taken out."""
        if kind == _PARTIAL:
            self.taken[kind] += 1
            return b""
        if row is None:  # a header
            return line
        before = dict(row)
        is_out = not self.opt_out.kept(kind, [row])
        if kind not in _OURS and self.opt_out.is_in(row):  # an item of a pipeline, say: nobody knows its fields
            is_out = True
        if is_out:
            self.taken[kind] += 1
            if kind in KINDS:
                self._when.append((kind, str(row.get("fetched_at"))))
            return b""
        if kind == "crawl":
            self._count_anew(row)
        if row == before:
            return line
        self.changed[kind] += 1
        return _line(line, row)

    def _count_anew(self, crawl: Row) -> None:
        """Take from a crawl record's counts what was taken out of its records: else they would count as missing."""
        begun, ended, counts = crawl.get("started_at"), crawl.get("finished_at"), crawl.get("counts")
        if not (begun and ended and isinstance(counts, dict)):
            return
        lost = Counter(kind for kind, when in self._when if begun <= when <= ended)
        lost[LISTED] = lost["listing"]
        counted = {name: count for name, count in counts.items() if isinstance(count, int)}
        crawl["counts"] = {**counts, **{name: max(0, count - lost[name]) for name, count in counted.items()}}


def _records(file: Path, lines: BinaryIO) -> Iterator[tuple[bytes, str, Row | None]]:
    """Each line with its kind and its record. The header of a CSV file and a partial last line have no record."""
    rejected = "rejected." in file.name
    if ".csv" in file.name:
        yield from _records_of_csv(file, lines)
        return
    for number, line in enumerate(lines, 1):
        try:
            row = decode(line)
            kind = row["kind"]
        except BadBody:
            if line.startswith(b"{") and not line.endswith(b"\n"):
                yield line, _PARTIAL, None
                return
            raise _no_record(file, number) from None
        except (TypeError, KeyError):
            raise _no_record(file, number) from None
        yield line, "rejected" if rejected else str(kind), row


def _no_record(file: Path, number: int) -> InputError:
    return InputError(f"{file}, line {number}: no record; mend the line or take it out")


def _records_of_csv(file: Path, lines: BinaryIO) -> Iterator[tuple[bytes, str, Row | None]]:
    csv.field_size_limit(LONGEST_LINE)  # a description may have a million characters
    header: list[str] = []
    whole = b""
    for number, line in enumerate(lines, 1):
        whole += line
        if not line.endswith(b"\n") and header:
            yield whole, _PARTIAL, None
            return
        if whole.count(b'"') % 2 and len(whole) < LONGEST_LINE:
            continue  # a line end within a cell
        cells = _cells(whole, header)
        if cells is None:
            raise _no_record(file, number)
        if not header:
            header = cells
            yield whole, "", None
        else:
            row = {name: _value(cell) for name, cell in zip(header, cells, strict=False)}
            yield whole, str(row.get("kind")), row
        whole = b""


def _cells(line: bytes, header: list[str]) -> list[str] | None:
    """The cells of a row; None if it is no row under that header."""
    try:
        cells = next(csv.reader(io.StringIO(line.decode("utf-8-sig"), newline=""), strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return None
    if header and cells and len(cells) != len(header):
        return None
    return cells


def _value(cell: str) -> Any:
    """A cell; a list or an object that was written as JSON."""
    if cell[:1] in ("[", "{"):
        try:
            return orjson.loads(cell)
        except ValueError:
            return cell
    return cell


def _line(line: bytes, row: Row) -> bytes:
    """The line of a record that has changed, in the form of the line that it had."""
    if line.startswith(b"{"):
        return dumps(row) + b"\n"
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(map(_cell, row.values()))
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return dumps(value).decode()
    return value
