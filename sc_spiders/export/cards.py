"""The card of an export: `datapackage.json` in its folder, or `<name of the file>.datapackage.json` beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sc_spiders.dataset import Dataset, card
from sc_spiders.dataset.foreign_keys import LARGEST
from sc_spiders.dataset.reading import read
from sc_spiders.dataset.sources import rejected_beside
from sc_spiders.dataset.table_schema import table_schema
from sc_spiders.records import KINDS

Row = dict[str, Any]

_MEDIA_TYPES = {
    "csv": "text/csv",
    "gexf": "application/gexf+xml",
    "graphml": "application/graphml+xml",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
    "sqlite": "application/vnd.sqlite3",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_TABLES = {"sqlite": "table", "duckdb": "table", "xlsx": "sheetName"}
"""Formats whose files hold a table for each kind, and the property of a Table Dialect that names it."""
_TEXT = frozenset({"csv", "xlsx"})  # in which null is an empty cell


def place(path: Path) -> Path:
    """The path of an export's card."""
    return path / card.NAME if path.is_dir() else card.beside(path)


def write(data: Dataset, path: Path, form: str) -> None:
    """Write the card of what was exported to `path`. `form`: the name of the format. Raises OutputRefused, OSError."""
    if path.is_dir():
        forms = {file: file.suffix.removeprefix(".") for file in sorted(path.rglob("*")) if file.is_file()}
    else:
        forms = {path: form}
    card_of = place(path)
    resources: list[Row] = []
    for file, form in forms.items():
        resources += _resources(data, file, form, card_of.parent)
    if sum(data.counts.values()) <= LARGEST:
        card.relate(resources, {kind: partial(_values, data, kind) for kind in data.counts})
    card.write(card_of, card.card(path.name, resources, data.crawls, data.completeness))


def make_anew(described: Path) -> Path:
    """Write the card of records as they are now: of a folder, or of a file. Returns its path.

    Raises InputError if there are no records, MissingLibrary, OutputRefused, OSError.
    """
    path = place(described)
    with Dataset([described], path.parent, keeps_lines=False) as data:
        files = [*data.files, *rejected_beside(data.files)]
        resources = [_of_records(data, file, path.parent) for file in files if card.can_name(file)]
        card.write(path, card.card(described.resolve().name, resources, data.crawls, data.completeness))
    return path


def _of_records(data: Dataset, file: Path, folder: Path) -> Row:
    """The Data Resource of a file of records."""
    form = {"jl": "jsonl"}.get(suffix := file.suffix.removeprefix("."), suffix)
    facts = card.facts_of(file, is_quoted=form == "csv")
    described: Row = {"format": form, "mediatype": _MEDIA_TYPES.get(form), "encoding": "utf-8"}
    rows = facts.lines - (form == "csv")
    if file.stem in KINDS:
        schema = table_schema(file.stem, _names(data, file.stem), is_text=form in _TEXT, is_merged=False)
        if rows != data.counts.get(file.stem):  # other crawls may have written the same thing
            schema.pop("primaryKey", None)
        described |= {"type": "table", "rows": rows, "schema": schema}
    elif file not in data.files:
        described |= {"type": "table", "rows": rows, "schema": table_schema("rejected")}
    else:
        counts = Counter(row["kind"] for _, row, _ in read(file, lambda _: None))
        described |= {"rows": rows, "kinds": {kind: _of_kind(data, kind, counts[kind]) for kind in sorted(counts)}}
    return card.resource(file.relative_to(folder).as_posix(), facts, **described)


def _values(data: Dataset, kind: str, names: Sequence[str]) -> Iterable[Sequence[Any]]:
    """The values of these fields in each record of a kind."""
    return data.rows(f"SELECT {', '.join(names)} FROM {kind}")


def _resources(data: Dataset, file: Path, form: str, folder: Path) -> Iterator[Row]:
    """The Data Resources of one file: one for each table in it. `folder`: of the card."""
    facts = card.facts_of(file)
    described: Row = {"format": form, "mediatype": _MEDIA_TYPES.get(form)}
    if form in ("csv", "jsonl"):
        described["encoding"] = "utf-8"
    made = partial(card.resource, file.relative_to(folder).as_posix(), facts, **described)
    if form in _TABLES:
        for kind in data.counts:
            yield made(name=kind, dialect={_TABLES[form]: kind}, **_table(data, kind, form))
    elif file.stem in data.counts and form in ("csv", "parquet"):
        yield made(**_table(data, file.stem, form))
    elif form == "jsonl":
        yield made(
            rows=sum(data.counts.values()),
            kinds={kind: _of_kind(data, kind, rows) for kind, rows in data.counts.items()},
        )
    else:
        yield made()


def _table(data: Dataset, kind: str, form: str) -> Row:
    schema = table_schema(kind, _names(data, kind), is_text=form in _TEXT)
    return {"type": "table", "rows": data.counts[kind], "schema": schema}


def _of_kind(data: Dataset, kind: str, rows: int) -> Row:
    """What a file of several kinds has of one."""
    schema = table_schema(kind, _names(data, kind))
    return {"rows": rows, "schema": {**schema, "fieldsMatch": "partial"}}


def _names(data: Dataset, kind: str) -> list[str]:
    return [column.name for column in data.columns(kind)]
