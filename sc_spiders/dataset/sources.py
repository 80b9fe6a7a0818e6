"""Finds the data files of a command's INPUT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count
from pathlib import Path

from sc_spiders.errors import EndlessInput, InputError
from sc_spiders.records import KINDS

RESULTS = frozenset({".html", ".graphml", ".gexf", ".parquet", ".sqlite", ".duckdb", ".neo4j", ".xlsx"})
"""Suffixes of the results of `report` and `export`. They lie beside the input, where `output/user_graph/*` finds them.
So does a folder of CSV files, whose name ends in .csv."""
CARD = "datapackage.json"
"""The card of a folder. That of a single file is `<name of the file>.datapackage.json`."""
DATASETTE = ".metadata.json"
"""Suffix of what Datasette reads about an export to SQLite; the file lies beside it."""
METADATA = (CARD, DATASETTE, "croissant.json", "ro-crate-metadata.json")
"""Ends of the names of files about a data set."""
REJECTED = "rejected.jsonl"
"""A crawl's file of rejected objects in its output folder. Beside a single file it is `<stem>.rejected.jsonl`."""
_NAMED = 3
"""So many inputs are in the name of a result of several."""
_LINES = (".jsonl", ".jl")  # suffixes of files with one record per line


def find_files(inputs: Sequence[str | Path]) -> list[Path]:
    """The data files of folders and files, each once, in order.

    The data files of a folder are its `.jsonl` files (Scrapyd: `.jl`) and its `<kind>.csv` files, also in
    subfolders (a cluster has one for each worker). If there are none, they are its `.parquet` files of a kind, by name
    or by folder (`kind=edge`): it is an export to Parquet. Rejected objects and the results that `left_out` names are
    not data.
    Raises InputError if an input is missing or holds no data file.
    """
    found: dict[Path, Path] = {}
    others = left_out(inputs)
    for one in (path for path in map(Path, inputs) if path not in others):
        for file in _files(one):
            found.setdefault(file.resolve(), file)
    return list(found.values())


def is_utf8(path: Path) -> bool:
    """Whether the path is UTF-8. DuckDB opens no other files, and no card can name them."""
    return not any("\ud800" <= one <= "\udfff" for one in str(path.absolute()))


def left_out(inputs: Sequence[str | Path]) -> list[Path]:
    """The inputs that are results of earlier commands, which a `*` names too. Empty if there are no other inputs.

    An export to Parquet is data, unless it is named after another input, from which it was made.
    """
    paths = list(map(Path, inputs))
    found = [path for path in paths if (_is_result(path) and not _is_source(path, paths)) or _is_rejected(path)]
    if len(found) == len(paths):
        return []
    return found


def _is_source(path: Path, paths: Sequence[Path]) -> bool:
    if path.suffix != ".parquet" or not (path.is_dir() or kind_of_parquet(path)):
        return False
    return not any(other != path and path.stem in (other.name, other.stem) for other in paths)


def kind_of_parquet(file: Path) -> str | None:
    """The kind of a Parquet file's records, by its name or by its folder (`kind=edge`). None for other files."""
    folders = (part.removeprefix("kind=") for part in file.parts[:-1] if part.startswith("kind="))
    return next((name for name in (file.stem, *folders) if name in KINDS), None)


def _is_result(path: Path) -> bool:
    is_folder_of_csv = path.suffix == ".csv" and path.is_dir()
    return path.suffix in RESULTS or path.name.endswith(METADATA) or is_folder_of_csv


def rejected_beside(files: Iterable[Path]) -> list[Path]:
    """The files of rejected objects beside these data files."""
    beside = (file.with_name(REJECTED if file.stem in KINDS else f"{file.stem}.{REJECTED}") for file in files)
    return [path for path in dict.fromkeys(beside) if path.is_file()]


def default_output(inputs: Sequence[str | Path], suffix: str) -> Path:
    """The default path of a result: beside the first input, with its name and this suffix."""
    first = next(_named(inputs))
    return first.with_name(_stem(first) + suffix)


def joint_output(inputs: Sequence[str | Path], suffix: str) -> Path:
    """As `default_output`; but of several inputs the name tells them all, and no file has it yet.

    So what is made of two crawls replaces nothing that was made of one: `a+b.html`, then `a+b-2.html`.
    """
    several = list(dict.fromkeys(path.resolve() for path in _named(inputs)))
    output = default_output(inputs, suffix)
    if len(several) == 1:
        return output
    stem = "+".join(map(_stem, several[:_NAMED]))
    if len(several) > _NAMED:
        stem += f"+{len(several) - _NAMED}-more"
    stem = stem[:200]  # a name has at most 255 bytes
    names = chain([stem], (f"{stem}-{number}" for number in count(2)))
    return next(path for name in names if not (path := output.with_name(name + suffix)).exists())


def _named(inputs: Sequence[str | Path]) -> Iterator[Path]:
    """The inputs that are data, with names of their own."""
    others = left_out(inputs)
    for path in map(Path, inputs):
        if path in others:
            continue
        if path.name in ("", ".", ".."):  # `.` has no name of its own
            path = path.resolve()
        yield path


def _stem(path: Path) -> str:
    if path.is_dir():
        return path.name
    return path.stem


def _files(one: Path) -> list[Path]:
    """The data files of one input. Raises InputError if there is none."""
    if not one.is_dir():
        return [_file(one)]
    within = [path for path in shown(one) if not path.is_dir()]
    files = [file for file in within if _holds_records(file) and not is_exported(file, one)]
    if one.suffix == ".parquet" or not files:  # beside other files of records, Parquet was made from them
        files = [file for file in within if file.suffix == ".parquet" and kind_of_parquet(file)]
    if not files:
        raise InputError(
            f"{one}: no .jsonl, .jl, <kind>.csv or <kind>.parquet file in this folder; name the folder of a crawl"
        )
    return list(map(_regular, files))


def shown(folder: Path) -> Iterator[Path]:
    """What is in a folder and below it, in order. Jobs and unfinished results are left out, because they are hidden."""
    for path in sorted(folder.rglob("*")):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def is_exported(file: Path, folder: Path) -> bool:
    """Whether a file in a folder is of an export to CSV."""
    return any(part.endswith(".csv") for part in file.relative_to(folder).parts[:-1])


def _regular(file: Path) -> Path:
    if not file.is_file():
        raise EndlessInput(f"{file}: is not a regular file (a pipe or a device, say); write its data to one")
    return file


def _holds_records(file: Path) -> bool:
    if file.suffix in _LINES:
        return not _is_rejected(file)
    return file.suffix == ".csv" and file.stem in KINDS


def _is_rejected(file: Path) -> bool:
    return file.suffix in _LINES and (file.stem == "rejected" or file.stem.endswith(".rejected"))


def _file(file: Path) -> Path:
    if not file.exists():
        raise InputError(f"{file}: no such file or folder")
    if file.suffix == ".csv" and file.stem not in KINDS:
        raise InputError(f"{file}: a CSV file must be named after its kind, such as user.csv or edge.csv")
    if file.suffix == ".parquet" and not kind_of_parquet(file):
        raise InputError(f"{file}: a Parquet file of records is named after its kind, such as user.parquet")
    if file.suffix not in (*_LINES, ".csv", ".parquet"):
        raise InputError(f"{file}: a data file ends in .jsonl, .jl, .csv or .parquet")
    return _regular(file)
