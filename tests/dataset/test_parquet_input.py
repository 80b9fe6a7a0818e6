"""An export to Parquet is a data set again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sc_spiders.dataset import Dataset

from .make import Row, crawl, follows, listing, node, user, write, write_folder
from .run import Runner
from .sample import SAMPLE

ROWS: list[Row] = [
    *SAMPLE,
    user(8, created_at="2020-01-02T03:04:05.678Z") | {"raw": {"a": [1, "ü"]}, "mood": "fine"},
    node("user", 9, username=None, fetched_at="2026-01-02T12:00:00.250Z"),
]


def records(*inputs: Path) -> dict[str, list[Row]]:
    """All records by kind, without the fields that are null: a table has those of all records."""
    with Dataset(inputs) as data:
        return {
            kind: sorted(
                ({name: value for name, value in row.items() if value is not None} for row in data.records(kind)),
                key=lambda row: json.dumps(row, sort_keys=True),
            )
            for kind in data.kinds
        }


@pytest.mark.parametrize(("name", "options"), [("b.parquet", ["--partitioned"]), ("whole", [])])
def test_it_has_the_same_records_and_any_name(tmp_path: Path, scrapy: Runner, name: str, options: list[str]) -> None:
    file = write(tmp_path / "a.jsonl", ROWS)
    scrapy("export", "a.jsonl", "parquet", "-o", name, *options)
    assert scrapy("merge", name, "-o", "c.jsonl").code == 0
    assert records(tmp_path / "c.jsonl") == records(tmp_path / name) == records(file)


def test_a_part_is_a_data_set(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", ROWS)
    scrapy("export", "a.jsonl", "parquet", "-o", "whole", "--partitioned")
    assert records(tmp_path / "whole/kind=edge") == {"edge": records(tmp_path / "whole")["edge"]}


def test_beside_records_it_is_no_data(tmp_path: Path, scrapy: Runner) -> None:
    """It was made from them. If it is old, it has what is no more."""
    write_folder(tmp_path / "a", ROWS)
    scrapy("export", "a", "parquet", "-o", "a/whole", "--partitioned")
    write(tmp_path / "a/user.jsonl", [user(8)])
    assert [row["id"] for row in records(tmp_path / "a")["user"]] == [8]


def test_all_commands_take_it(tmp_path: Path, scrapy: Runner) -> None:
    write_folder(tmp_path / "a", ROWS)
    scrapy("export", "a", "parquet", "-o", "b.parquet")
    assert "1" in scrapy("query", "b.parquet", "SELECT count(*) FROM likes", "--csv").out.split()
    assert scrapy("export", "b.parquet", "graphml").code == 0
    assert (tmp_path / "b.graphml").exists() or (tmp_path / "b.parquet.graphml").exists()
    assert "soundcloud:users:1\n" in scrapy("dehydrate", "b.parquet").out
    assert "soundcloud:users:1\n" in scrapy("dehydrate", "b.parquet/user.parquet").out
    assert "No edge and no node" in scrapy("diff", "a", "b.parquet").out
    assert scrapy("merge", "b.parquet", "-o", "c.jsonl", "--pseudonyms", "key").code == 0
    assert 'soundcloud:users:1"' not in (tmp_path / "c.jsonl").read_text()


def test_what_was_made_from_another_input_is_left_out(tmp_path: Path, scrapy: Runner) -> None:
    write_folder(tmp_path / "output/a", [user(1), crawl("user", {})])
    write_folder(tmp_path / "b", [user(2), crawl("user", {})])
    scrapy("export", "output/a", "parquet")
    scrapy("export", "b", "parquet")
    done = scrapy("merge", "output/a", "output/a.parquet", "b.parquet", "-o", "c.jsonl")
    assert "output/a.parquet: left out, because it is the result of a command" in done.out
    assert sorted(row["id"] for row in records(tmp_path / "c.jsonl")["user"]) == [1, 2]


def test_a_file_of_another_program(tmp_path: Path, scrapy: Runner) -> None:
    """pandas and others write fewer columns, numbers as floats, and times without a zone."""
    columns = "'user' AS kind, TIMESTAMP '2026-01-02 12:00:00' AS fetched_at, 'v2' AS api, 5.0 AS id"
    query = f"SELECT {columns}, 'soundcloud:users:5' AS urn, 7.0 AS followers_count"
    duckdb.sql(f"COPY ({query}) TO '{tmp_path}/user.parquet' (FORMAT parquet)")
    (row,) = records(tmp_path / "user.parquet")["user"]
    expected: dict[str, Any] = {"id": 5, "followers_count": 7, "fetched_at": "2026-01-02T12:00:00Z"}
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("name", "query", "message"),
    [
        ("panel.parquet", "SELECT 1 AS a", "panel.parquet: a Parquet file of records is named after its kind"),
        (
            "user.parquet",
            "SELECT 'user' AS kind, 'v2' AS api",
            "merge: user.parquet, line 1: the user record has no urn",
        ),
        ("user.parquet", None, "user.parquet: is no Parquet file of records"),
        ("edge.parquet", "SELECT 'spring' AS fetched_at", "edge.parquet: is no Parquet file of records"),
        ("empty.parquet", "folder", "empty.parquet: no "),
    ],
)
def test_what_is_no_data_is_refused_in_one_line(
    tmp_path: Path, scrapy: Runner, name: str, query: str | None, message: str
) -> None:
    if query == "folder":
        (tmp_path / name).mkdir()
    elif query:
        duckdb.sql(f"COPY ({query}) TO '{tmp_path / name}' (FORMAT parquet)")
    else:
        (tmp_path / name).write_text("no Parquet")
    done = scrapy("merge", name, "-o", "b.jsonl")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert message in done.err


def test_lists_are_there_too(tmp_path: Path, scrapy: Runner) -> None:
    whole = listing("followings", "soundcloud:users:1", missing=["soundcloud:users:7"], complete=False)
    write(tmp_path / "a.jsonl", [whole, follows(1, 2), crawl("user", {"user": "a,b"}, counts={"edge": 1})])
    scrapy("export", "a.jsonl", "parquet", "-o", "b.parquet")
    assert records(tmp_path / "b.parquet") == records(tmp_path / "a.jsonl")
    assert "NOT complete: 0 of 1 listings" in scrapy("merge", "b.parquet", "-o", "c.jsonl").out
