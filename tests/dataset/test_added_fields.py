"""Item pipelines may add fields to records, and take fields out. Every format has what they added."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.crawls import reconcile
from sc_spiders.export import FORMATS

from . import readers
from .make import Row, crawl, follows, listing, track, user, write
from .run import Runner
from .test_neo4j import NODE, RELATIONSHIP, table

ODD = "Ünï-'q'"
FIRST = {"mood": "calm", "plays": 2**53 + 1, "share": 1.5, "seen": True}
FIRST |= {"tags": ["a", {}], "mixed": "3", "hash": 2**64 - 1}
SECOND = {"mood": "", "plays": 0, "share": 2, "seen": False, "tags": None, "mixed": 3, "hash": 1, "none": None}
ROWS: list[Row] = [
    user(1) | FIRST,
    user(2) | SECOND,
    user(3),
    track(4) | {"mood": 7},
    follows(1, 2) | {"weight": 0.5, ODD: [1]},
    follows(2, 1),
    listing("followers", "soundcloud:users:1") | {"batch": 7},
    crawl("user_graph", {"user": "one"}) | {"machine": "here"},
]
del ROWS[0]["username"]
del ROWS[4]["position"]
EXPORTED = {
    1: FIRST | {"tags": '["a",{}]', "mixed": '"3"', "hash": str(2**64 - 1), "none": None, "username": None},
    2: SECOND | {"mixed": "3", "hash": "1", "username": "User 2"},
    3: dict.fromkeys([*SECOND]) | {"username": "User 3"},
}
NUMBERS = {"plays": int, "share": float}


def lines(file: Path) -> list[Row]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def from_parquet(path: Path) -> tuple[list[Row], list[Row]]:
    users, edges = (readers.parquet(path / f"{kind}.parquet").to_pylist() for kind in ("user", "edge"))
    assert readers.parquet(path / "listing.parquet")["batch"].to_pylist() == [7]
    assert readers.parquet(path / "crawl.parquet")["machine"].to_pylist() == ["here"]
    return users, edges


def from_sqlite(path: Path) -> tuple[list[Row], list[Row]]:
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        users, edges = ([dict(row) for row in db.execute(f"SELECT * FROM {name}")] for name in ("user", "follows"))
        assert db.execute("SELECT batch FROM listing").fetchone()[0] == 7
    return users, edges


def from_duckdb(path: Path) -> tuple[list[Row], list[Row]]:
    with duckdb.connect(str(path), read_only=True) as db:
        users, edges = (db.sql(f"SELECT * FROM {name}").to_arrow_table().to_pylist() for name in ("user", "follows"))
        assert db.execute("SELECT machine FROM crawl").fetchone() == ("here",)
        assert db.execute("SELECT tags ->> '$[0]' FROM user WHERE id = 1").fetchone() == ("a",)
    return users, edges


def from_graph(path: Path) -> tuple[list[Row], list[Row]]:
    graph = readers.graph(path)
    assert graph.nodes["soundcloud:tracks:4"]["mood"] == "7"  # text, as the users' is
    users = [row | {"urn": urn} for urn, row in graph.nodes(data=True) if row["kind"] == "user"]
    return users, [row | {"source": source} for source, _, row in graph.edges(data=True)]


def from_neo4j(path: Path) -> tuple[list[Row], list[Row]]:
    users, edges = table(path / "user-nodes.csv", NODE), table(path / "relationships.csv", RELATIONSHIP)
    return [row | {"urn": row["ID"]} for row in users], [row | {"source": row["START_ID"]} for row in edges]


READERS = {
    "graphml": from_graph,
    "gexf": from_graph,
    "parquet": from_parquet,
    "sqlite": from_sqlite,
    "duckdb": from_duckdb,
    "neo4j": from_neo4j,
}


@pytest.mark.parametrize("form", READERS)
def test_an_added_field_is_a_typed_column_and_a_removed_one_is_null(tmp_path: Path, scrapy: Runner, form: str) -> None:
    write(tmp_path / "a.jsonl", ROWS)
    assert scrapy("export", "a.jsonl", form).code == 0
    users, edges = READERS[form](Path(f"a{FORMATS[form].suffix}"))
    by_number = {int(row["urn"].rpartition(":")[2]): row for row in users}
    assert {number: {name: row.get(name) for name in EXPORTED[3]} for number, row in by_number.items()} == EXPORTED
    assert {name: type(by_number[2][name]) for name in NUMBERS} == NUMBERS
    assert type(by_number[2]["seen"]) is (int if form == "sqlite" else bool)
    weights = {row["source"]: (row.get("weight"), row.get(ODD), row.get("position")) for row in edges}
    assert weights == {"soundcloud:users:1": (0.5, "[1]", None), "soundcloud:users:2": (None, None, None)}


def from_csv(path: Path) -> list[Row]:
    with (path / "user.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def from_xlsx(path: Path) -> list[Row]:
    head, *rows = readers.workbook(path)["user"].values
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.parametrize(("form", "read"), [("csv", from_csv), ("xlsx", from_xlsx)])
def test_so_it_is_in_spreadsheets(tmp_path: Path, scrapy: Runner, form: str, read: Callable[[Path], list[Row]]) -> None:
    write(tmp_path / "a.jsonl", ROWS)
    assert scrapy("export", "a.jsonl", form).code == 0
    first, second, third = read(Path(f"a{FORMATS[form].suffix}"))
    assert (first["mood"], second["mood"] or "", third["mood"] or "") == ("calm", "", "")
    assert (str(first["share"]), str(first["seen"]).lower(), first["tags"]) == ("1.5", "true", '["a",{}]')
    assert first["username"] in ("", None)
    assert {*READERS, "csv", "xlsx"} == {*FORMATS}


def test_merge_and_report_pass_over_added_fields(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", ROWS)
    assert scrapy("merge", "a.jsonl", "-o", "b.jsonl").code == 0
    whole = [dict(row) for row in ROWS]
    whole[0]["username"] = whole[4]["position"] = None
    whole[-1]["counts"] = {"user": 3, "track": 1, "edge": 2, "listing": 1}
    assert sorted(lines(tmp_path / "b.jsonl"), key=repr_sorted) == sorted(whole, key=repr_sorted)
    assert scrapy("report", "a.jsonl").code == 0


def repr_sorted(row: Row) -> str:
    return json.dumps(row, sort_keys=True)


def test_a_label_of_ones_own_is_the_label_of_the_node(tmp_path: Path, scrapy: Runner) -> None:
    long = "x" * 100
    write(tmp_path / "a.jsonl", [user(1) | {"label": long}, user(2) | {"label": 7}, user(3)])
    for form in ("graphml", "gexf"):
        assert scrapy("export", "a.jsonl", form).code == 0
        assert [label for _, label in readers.graph(f"a.{form}").nodes(data="label")] == [long, "7", "User 3"]


def test_fields_added_by_any_worker_are_kept() -> None:
    one, other = crawl("user", {}) | {"a": 1}, crawl("user", {}) | {"b": 2}
    (joined,) = reconcile([one, other])
    assert (joined["a"], joined["b"]) == (1, 2)


NO_COLUMN = "which no column can be named; rename it"
ONE_NAME = "which are one name in SQL; rename one"


@pytest.mark.parametrize(
    ("form", "fields", "message"),
    [
        *((form, {"": 1}, f"the user records have a field '', {NO_COLUMN}") for form in FORMATS),
        ("csv", {"a\0": 1}, f"the user records have a field 'a\\x00', {NO_COLUMN}"),
        *((form, {"mood": 1, "Mood": 1}, f"the fields 'mood' and 'Mood', {ONE_NAME}") for form in ("sqlite", "duckdb")),
        *((form, {"URN": 1}, f"the fields 'urn' and 'URN', {ONE_NAME}") for form in ("sqlite", "duckdb")),
        ("neo4j", {"plays:long": 1}, "the field 'plays:long' has a character that Neo4j's headers reserve"),
        ("neo4j", {"plays{a}": 1}, "the field 'plays{a}' has a character that Neo4j's headers reserve"),
    ],
)
def test_a_name_that_a_format_cannot_hold_is_one_line(
    tmp_path: Path, scrapy: Runner, form: str, fields: Row, message: str
) -> None:
    write(tmp_path / "a.jsonl", [user(1) | fields])
    result = scrapy("export", "a.jsonl", form)
    assert result.code == 2
    assert re.fullmatch(rf"export: .*{re.escape(message)}.*\n", result.err)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize("row", [listing("likes", "u"), crawl("user", {})], ids=["listing", "crawl"])
@pytest.mark.parametrize("command", ["merge", "report", "sqlite"])
def test_a_removed_field_that_completeness_needs_is_named(
    tmp_path: Path, scrapy: Runner, command: str, row: Row
) -> None:
    needed = {"listing": "fetched", "crawl": "started_at"}[row["kind"]]
    write(tmp_path / "a.jsonl", [user(1), {name: value for name, value in row.items() if name != needed}])
    args = {"merge": ("merge", "a.jsonl", "-o", "b.jsonl"), "report": ("report", "a.jsonl")}
    result = scrapy(*args.get(command, ("export", "a.jsonl", command)))
    assert result.code == 2
    assert f"a.jsonl, line 2: the {row['kind']} record has no {needed}" in result.err


def test_the_types_of_many_records_are_known_before_the_first_is_written(tmp_path: Path) -> None:
    rows = [user(number) | {"mood": number} for number in range(1, 1001)]
    write(tmp_path / "a.jsonl", [*rows, user(1001) | {"mood": "calm", "late": True}])
    with Dataset([tmp_path / "a.jsonl"]) as data:
        assert data.added["user"] == {"mood": "json", "late": "boolean"}
        assert "edge" not in data.added
