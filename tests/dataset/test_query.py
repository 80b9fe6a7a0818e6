"""`scrapy query`, and `read` in Python: a data set asked in SQL."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

import sc_spiders
from sc_spiders.dataset import InputError, libraries

from .make import crawl, edge, follows, listing, track, user, write, write_folder
from .run import Runner

TAGS = [{"product": {"id": "free"}}]
ROWS = [
    user(1, username='a, "ü"', created_at="2010-02-03T04:05:06Z", verified=True, creator_subscriptions=TAGS),
    user(2, description=""),
    track(7, available_country_codes=["DE"], bpm=120.5),
    follows(1, 2),
    follows(2, 1),
    edge("likes", "soundcloud:users:1", "soundcloud:tracks:7"),
    listing("followings", "soundcloud:users:1"),
    crawl("user_graph", {"user": "one"}),
]
FIELDS = "id, username, created_at, verified, creator_subscriptions"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "crawl", ROWS)


def test_a_table(folder: Path, scrapy: Runner) -> None:
    done = scrapy("query", folder, "SELECT target, count(*) AS people FROM follows GROUP BY ALL ORDER BY target")
    assert (done.code, done.err) == (0, "")
    assert "soundcloud:users:1" in done.out
    assert "people" in done.out


def test_a_query_may_be_longer_than_the_name_of_a_file(folder: Path, scrapy: Runner) -> None:
    done = scrapy("query", folder, f"SELECT count(*) AS people FROM follows WHERE true{' AND true' * 1000}")
    assert (done.code, done.err) == (0, "")
    assert "people" in done.out


def test_csv_and_json_lines_are_as_a_crawl_writes_them(folder: Path, scrapy: Runner) -> None:
    query = f"SELECT {FIELDS} FROM user ORDER BY id"

    rows = list(csv.DictReader(io.StringIO(scrapy("query", folder, query, "--csv").out)))
    lines = [json.loads(line) for line in scrapy("query", folder, query, "--jsonl").out.splitlines()]

    assert lines == [{name: row[name] for name in FIELDS.split(", ")} for row in ROWS[:2]]
    assert list(rows[0].values()) == [
        "1",
        'a, "ü"',
        "2010-02-03T04:05:06Z",
        "true",
        json.dumps(TAGS, separators=(",", ":")),
    ]
    assert rows[1] == dict.fromkeys(FIELDS.split(", "), "") | {"id": "2", "username": "User 2"}


def test_several_outputs_are_one_data_set(tmp_path: Path, folder: Path, scrapy: Runner) -> None:
    other = write(tmp_path / "other.jsonl", [user(1), user(3)])
    done = scrapy("query", folder, other, "SELECT count(*) AS n FROM user", "--jsonl")
    assert json.loads(done.out) == {"n": 3}


def test_a_kind_without_records_is_an_empty_table(folder: Path, scrapy: Runner) -> None:
    done = scrapy("query", folder, "SELECT (SELECT count(*) FROM comment) + (SELECT count(*) FROM plays) AS n", "--csv")
    assert done.out == "n\r\n0\r\n"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELCT 1", 'Parser Error: syntax error at or near "SELCT"'),
        ("SELECT usernme FROM user", 'Candidate bindings: "username"'),
        ("SELECT username::INT FROM user", "Could not convert string"),
        ("SELECT 1; SELECT 2", "a query is one statement that reads"),
        ("DROP TABLE record.user", "a query is one statement that reads"),
        ("COPY user TO 'stolen.csv'", "a query is one statement that reads"),
        ("SET memory_limit = '10GB'", "a query is one statement that reads"),
        ("FROM read_text('secret.txt')", "file system operations are disabled"),
        ("", "a query is one statement that reads"),
    ],
)
def test_a_bad_query_is_one_line(tmp_path: Path, folder: Path, scrapy: Runner, query: str, message: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    before = sorted(tmp_path.rglob("*"))

    done = scrapy("query", folder, query)

    assert done.code == 2
    (line,) = done.err.splitlines()
    assert line.startswith("query: ")
    assert message in line
    assert sorted(tmp_path.rglob("*")) == before


def test_without_its_extra_it_says_which(folder: Path, scrapy: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(libraries, "import_module", absent)
    for command in (("query", folder, "SELECT 1"), ("merge", folder, "-o", "a.jsonl"), ("export", folder, "csv")):
        done = scrapy(*command)
        assert done.code == 2
        assert done.err.endswith("run: pip install 'sc-spiders[data]'\n")
        assert len(done.err.splitlines()) == 1


def test_read_gives_a_relation_for_each_kind_and_relation(folder: Path) -> None:
    with sc_spiders.read(folder) as data:
        assert data.kinds == ["crawl", "edge", "listing", "track", "user"]
        users = data["user"].df().set_index("id")
        assert users.loc[1, "username"] == 'a, "ü"'
        assert str(users.loc[1, "created_at"]) == "2010-02-03 04:05:06"
        assert json.loads(data["track"].df()["available_country_codes"][0]) == ["DE"]
        assert data["listing"].project("missing").fetchall() == [([],)]
        assert data["follows"].project("source").order("source").fetchall() == [
            ("soundcloud:users:1",),
            ("soundcloud:users:2",),
        ]
        assert data.sql("SELECT count(*) FROM likes").fetchall() == [(1,)]
        assert data.completeness.is_complete
        with pytest.raises(KeyError, match="'shoe' is no kind and no relation"):
            data["shoe"]
    with pytest.raises(duckdb.Error):
        data.connection.execute("SELECT 1")


def test_a_relation_outlives_the_name_of_its_data_set(folder: Path) -> None:
    assert len(sc_spiders.read(folder)["edge"].df()) == 3


def test_read_tells_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: no such file or folder"):
        sc_spiders.read(tmp_path / "nowhere")
    (tmp_path / "a.jsonl").write_text("{}\n")
    with pytest.raises(InputError, match=r"a\.jsonl, line 1: is no record of a known kind"):
        sc_spiders.read(tmp_path / "a.jsonl")
