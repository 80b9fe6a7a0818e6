"""`scrapy export`: each format is read back with its own tool."""

from __future__ import annotations

import datetime
import errno
import importlib
import json
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sc_spiders import export
from sc_spiders.dataset import libraries
from tests.support.crawl import Crawls
from tests.support.lockless import NoLocks, set_sqlites_fcntl

from . import readers
from .make import Row, comment_on, follows, track, user, write, write_folder
from .run import Runner
from .sample import COMMENTED, EDGES, NASTY, NODES, SAMPLE, UNRECORDED


def in_xml(text: str) -> str:
    """The text as XML can hold it."""
    return re.sub("[\x00\x0b\ufffe]", "\ufffd", text)


IN_XML = in_xml(NASTY)
ROOT = Path(__file__).parents[2]
GRAPHS = ("graphml", "gexf")


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "in", SAMPLE)


@pytest.mark.parametrize("form", GRAPHS)
def test_networkx_reads_the_whole_graph(sample: Path, scrapy: Runner, form: str) -> None:
    assert scrapy("export", sample, form).code == 0
    graph = readers.graph(sample.with_suffix(f".{form}"))
    assert graph.is_directed()
    assert graph.is_multigraph()
    assert set(graph) == {in_xml(urn) for urn in {*NODES, *UNRECORDED}}
    assert {urn: kind for urn, kind in graph.nodes(data="kind") if in_xml(urn) in map(in_xml, UNRECORDED)} == {
        in_xml(urn): kind for urn, kind in UNRECORDED.items()
    }
    one = graph.nodes["soundcloud:users:1"]
    assert (one["label"], one["username"]) == (IN_XML, IN_XML)
    assert (one["followers_count"], one["verified"], one["partial"]) == (2**40, True, False)
    assert type(one["followers_count"]) is int
    assert "description" not in one
    assert graph.nodes["soundcloud:users:2"]["description"] == ""
    assert json.loads(graph.nodes["soundcloud:users:2"]["creator_subscriptions"]) == [{"product": {"id": "free"}}]
    assert graph.nodes["soundcloud:tracks:1"]["bpm"] == 174.5
    assert graph.nodes["soundcloud:users:999"]["partial"] is True
    edges = {(a, b, e["relation"]): e for a, b, e in graph.edges(data=True)}
    assert edges.keys() == {(in_xml(e["source"]), in_xml(e["target"]), e["relation"]) for e in EDGES} | set(COMMENTED)
    rank = edges["charts:top:techno", "soundcloud:tracks:1", "ranks"]
    assert (rank["position"], rank["score"], rank["api"]) == (3, 0.25, "v2")
    assert "created_at" not in rank
    assert edges["soundcloud:users:2", "soundcloud:tracks:1", "reposts"]["caption"] == IN_XML


@pytest.mark.parametrize("form", GRAPHS)
def test_comments_are_linked_with_who_wrote_them_and_what_they_are_on(
    tmp_path: Path, scrapy: Runner, form: str
) -> None:
    moment = "2020-01-02T03:04:05Z"
    first_one = comment_on(7, 1, 500, created_at=moment, user_username="Ada")
    write(tmp_path / "a.jsonl", [first_one, comment_on(7, 2, 0, user_urn=None)])
    assert scrapy("export", "a.jsonl", form).code == 0
    graph = readers.graph(f"a.{form}")
    first, second, on = "soundcloud:comments:1", "soundcloud:comments:2", "soundcloud:tracks:7"
    assert sorted((a, b, one["relation"]) for a, b, one in graph.edges(data=True)) == [
        (first, on, "comments_on"), (second, on, "comments_on"), ("soundcloud:users:1", first, "writes")
    ]  # fmt: skip
    assert graph.edges["soundcloud:users:1", first]["created_at"] == moment
    assert (graph.nodes[on]["kind"], graph.nodes[on]["partial"]) == ("track", True)
    assert graph.nodes["soundcloud:users:1"]["label"] == "Ada"


def test_gexf_has_labels_and_keeps_relations_apart_for_gephi(sample: Path, scrapy: Runner) -> None:
    scrapy("export", sample, "gexf", "-o", "x.gexf")
    text = Path("x.gexf").read_text(encoding="utf-8")
    assert 'xmlns="http://www.gexf.net/1.2draft"' in text
    assert 'label="Two"' in text
    assert re.search(r'<edge [^>]*label="likes" kind="likes"', text)


def test_a_graph_of_one_relation_is_a_plain_graph(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", [user(1), user(2), follows(1, 2), follows(2, 1)])
    for form in GRAPHS:
        assert scrapy("export", "a.jsonl", form).code == 0
        graph = readers.graph(f"a.{form}")
        assert (graph.is_directed(), graph.is_multigraph()) == (True, False)


def test_parquet_is_typed_from_the_schemas(sample: Path, scrapy: Runner) -> None:
    assert scrapy("export", sample, "parquet", "-o", "p").code == 0
    assert {file.stem for file in Path("p").glob("*.parquet")} == {row["kind"] for row in SAMPLE}
    users = readers.parquet("p/user.parquet")
    types = {name: str(users.schema.field(name).type) for name in ("id", "verified", "created_at", "username")}
    assert types == {"id": "int64", "verified": "bool", "created_at": "timestamp[us, tz=UTC]", "username": "string"}
    rows = {row["urn"]: row for row in users.to_pylist()}
    one = rows["soundcloud:users:1"]
    assert (one["username"], one["followers_count"]) == (NASTY, 2**40)
    assert one["created_at"] == datetime.datetime(2010, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
    assert rows["soundcloud:users:2"]["description"] == ""
    assert rows["soundcloud:users:2"]["creator_subscriptions"] == '[{"product":{"id":"free"}}]'
    assert set(one) == set(SAMPLE[0])
    assert readers.parquet("p/edge.parquet").num_rows == len(EDGES)
    assert ["soundcloud:tracks:4", NASTY] in readers.parquet("p/listing.parquet")["missing"].to_pylist()
    ids = readers.parquet("p/playlist.parquet")["id"].to_pylist()
    assert set(ids) == {"5", "soundcloud:system-playlists:track-stations:1"}


def test_sqlite_has_tables_keys_indexes_and_views(sample: Path, scrapy: Runner) -> None:
    assert scrapy("export", sample, "sqlite").code == 0
    with closing(sqlite3.connect(sample.with_suffix(".sqlite"))) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        one = db.execute("SELECT username, followers_count, verified FROM user WHERE urn = 'soundcloud:users:1'")
        assert one.fetchone() == (NASTY, 2**40, 1)
        assert db.execute("SELECT description FROM user ORDER BY id").fetchall() == [(None,), ("",), (None,)]
        assert db.execute("SELECT source FROM follows ORDER BY source").fetchall() == [
            ("soundcloud:users:1",),
            ("soundcloud:users:2",),
            ("soundcloud:users:3",),
        ]
        assert db.execute("SELECT position, score FROM ranks").fetchall() == [(3, 0.25)]
        (missing,) = db.execute("SELECT missing FROM listing WHERE NOT complete").fetchone()
        assert json.loads(missing) == ["soundcloud:tracks:4", NASTY]
        for query in ("source = 'x'", "target = 'x'"):
            plan = db.execute(f"EXPLAIN QUERY PLAN SELECT * FROM follows WHERE {query}").fetchone()[3]
            assert "USING INDEX edge_" in plan
        plan = db.execute("EXPLAIN QUERY PLAN SELECT * FROM comment WHERE track_urn = 'x'").fetchone()[3]
        assert "USING INDEX comment_track_urn" in plan
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("INSERT INTO edge SELECT * FROM edge")
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("INSERT INTO user SELECT * FROM user")


def test_duckdb_has_typed_tables_and_views(sample: Path, scrapy: Runner) -> None:
    assert scrapy("export", sample, "duckdb").code == 0
    with duckdb.connect(str(sample.with_suffix(".duckdb")), read_only=True) as db:
        types = {name: type_ for name, type_, *_ in db.execute("DESCRIBE user").fetchall()}
        assert (types["id"], types["verified"], types["created_at"]) == (
            "BIGINT",
            "BOOLEAN",
            "TIMESTAMP",
        )
        one = db.execute("SELECT username, followers_count, created_at FROM user WHERE urn = 'soundcloud:users:1'")
        assert one.fetchone() == (NASTY, 2**40, datetime.datetime(2010, 2, 3, 4, 5, 6))
        assert len(db.execute("SELECT * FROM edge").fetchall()) == len(EDGES)
        assert len(set(db.execute("SELECT source, relation, target FROM edge").fetchall())) == len(EDGES)
        assert db.execute("SELECT count(*) FROM follows").fetchone() == (3,)
        assert db.execute("SELECT unnest(missing) FROM listing").fetchall() == [("soundcloud:tracks:4",), (NASTY,)]
        assert db.execute("SELECT object ->> '$.a[0]' FROM object").fetchone() == ("1",)
        versions = db.execute("SELECT tags['storage_version'] FROM duckdb_databases() WHERE NOT internal")
        assert versions.fetchall() == [("v1.0.0+",)]
        # DuckDB 1.1 cannot open a renamed file with an index that DuckDB 2.0 wrote.
        assert db.execute("SELECT * FROM duckdb_indexes()").fetchall() == []
    with duckdb.connect(str(sample.with_suffix(".duckdb"))) as db, pytest.raises(duckdb.ConstraintException):
        db.execute("INSERT INTO user SELECT * FROM user")


def test_sqlite_tells_datasette_what_belongs_together_and_people_what_is_incomplete(
    sample: Path, scrapy: Runner
) -> None:
    said = scrapy("export", sample, "sqlite").out
    assert "datasette in.sqlite -m in.metadata.json" in said
    assert "NOT complete: 1 of 2 listings" in said
    with closing(sqlite3.connect(sample.with_suffix(".sqlite"))) as db:
        keys = {(row[3], row[2], row[4]) for row in db.execute("PRAGMA foreign_key_list(comment)")}
        assert keys == {("user_urn", "user", "urn"), ("track_urn", "track", "urn")}
        assert db.execute("PRAGMA foreign_key_list(edge)").fetchall() == []
        # How Datasette finds the search of a table.
        searches = "SELECT count(*) FROM sqlite_master WHERE sql LIKE '%VIRTUAL TABLE%USING FTS%content=\"user\"%'"
        assert db.execute(searches).fetchone() == (1,)
        found = "SELECT urn FROM {0} WHERE rowid IN (SELECT rowid FROM {0}_fts WHERE {0}_fts MATCH ?)"
        for kind, word, number in (("user", "two", 2), ("track", "NUMBER", 1), ("playlist", "list", 5)):
            assert db.execute(found.format(kind), [word]).fetchall() == [(f"soundcloud:{kind}s:{number}",)]
        assert db.execute(found.format("comment"), ["alert"]).fetchall() == [("soundcloud:comments:9",)]
    told = json.loads(Path("in.metadata.json").read_text())
    tables = told["databases"]["in"]["tables"]
    assert tables["user"]["label_column"] == "username"
    assert tables["edge"]["columns"]["relation"] == "How the source is related to the target."
    assert told["description"] == "A crawl of SoundCloud"


def test_duckdb_has_the_foreign_keys_that_hold(tmp_path: Path, scrapy: Runner) -> None:
    """All tracks name users with a record, or nobody. One comment names a user without."""
    tracks = [track(1, user_urn="soundcloud:users:1"), track(2, user_urn="soundcloud:users:2"), track(3)]
    rows = [user(1), user(2), *tracks, comment_on(1, 1, 7), comment_on(1, 2, 7, user_urn="soundcloud:users:3")]
    write(tmp_path / "a.jsonl", rows)
    assert scrapy("export", "a.jsonl", "duckdb").code == 0
    with duckdb.connect("a.duckdb") as db:
        keys = """
        SELECT table_name, constraint_column_names FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY'
        ORDER BY ALL
        """
        assert db.execute(keys).fetchall() == [("comment", ["track_urn"]), ("track", ["user_urn"])]
        assert db.execute('SELECT count(*) FROM track JOIN "user" ON user_urn = "user".urn').fetchall() == [(2,)]
        with pytest.raises(duckdb.ConstraintException):
            db.execute("UPDATE track SET user_urn = 'soundcloud:users:9' WHERE id = 1")


def test_duckdb_tells_what_its_columns_mean(sample: Path, scrapy: Runner) -> None:
    assert scrapy("export", sample, "duckdb").code == 0
    with duckdb.connect(str(sample.with_suffix(".duckdb")), read_only=True) as db:
        told = "SELECT comment FROM duckdb_columns() WHERE table_name = 'edge' AND column_name = 'relation'"
        assert db.execute(told).fetchone() == ("How the source is related to the target.",)


def test_parquet_can_be_partitioned_by_kind_relation_and_month(tmp_path: Path, scrapy: Runner) -> None:
    later = "2026-02-03T00:00:00Z"
    rows = [user(1), user(2, fetched_at=later), follows(1, 2), follows(2, 1, fetched_at=later), *EDGES]
    write(tmp_path / "a.jsonl", rows)
    for _ in range(2):  # the second replaces the first
        assert scrapy("export", "a.jsonl", "parquet", "--partitioned").code == 0
    files = {str(file.parent.relative_to("a.parquet")) for file in Path("a.parquet").rglob("*.parquet")}
    assert files >= {
        "kind=user/month=2026-01",
        "kind=user/month=2026-02",
        "kind=edge/relation=follows/month=2026-02",
        "kind=edge/relation=likes/month=2026-01",
    }
    with duckdb.connect() as db:
        edges = db.read_parquet("a.parquet/kind=edge/**/*.parquet", hive_partitioning=True)
        found = edges.filter("relation = 'follows' AND month = '2026-02'").project("source, target, epoch(fetched_at)")
        moment = datetime.datetime(2026, 2, 3, tzinfo=datetime.UTC).timestamp()
        assert found.fetchall() == [("soundcloud:users:2", "soundcloud:users:1", moment)]
    users = readers.parquet("a.parquet/kind=user")
    assert set(users.column_names) == {*SAMPLE[0], "month"} - {"kind"}


def test_only_parquet_is_partitioned(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", [user(1)])
    result = scrapy("export", "a.jsonl", "csv", "--partitioned")
    assert (result.code, "--partitioned is for parquet" in result.err) == (2, True)


@pytest.mark.parametrize("form", ["parquet", "sqlite", "duckdb"])
def test_the_api_object_is_kept_where_the_crawl_kept_it(tmp_path: Path, scrapy: Runner, form: str) -> None:
    write(tmp_path / "a.jsonl", [user(1) | {"raw": {"id": 1}}])
    assert scrapy("export", "a.jsonl", form).code == 0
    if form == "parquet":
        assert readers.parquet("a.parquet/user.parquet")["raw"].to_pylist() == ['{"id":1}']
    elif form == "sqlite":
        with closing(sqlite3.connect("a.sqlite")) as db:
            assert db.execute("SELECT raw FROM user").fetchone() == ('{"id":1}',)
    else:
        with duckdb.connect("a.duckdb") as db:
            assert db.execute("SELECT raw FROM user").fetchone() == ('{"id":1}',)


# Records of which only what names them is there, and edges without their ends.
INCOMPLETE: list[Row] = [
    *({"kind": kind, "urn": f"soundcloud:{kind}s:1"} for kind in ("user", "track", "playlist", "comment")),
    {"kind": "edge", "relation": "follows", "source": "a", "target": "b"},
    {"kind": "edge", "relation": "contains", "source": "soundcloud:playlists:1", "target": "b"},
    *({"kind": kind} for kind in ("web_profile", "activity", "email", "object", "download", "message")),
]


@pytest.mark.parametrize("form", list(export.FORMATS))
def test_little_can_be_exported_and_replaces_an_older_result(tmp_path: Path, scrapy: Runner, form: str) -> None:
    """Incomplete records, edges alone, and nothing at all."""
    beside = {"x.metadata.json"} if form == "sqlite" else set()
    results = []
    for rows in (INCOMPLETE, [follows(1, 2)], []):
        write(tmp_path / "a.jsonl", rows)
        result = scrapy("export", "a.jsonl", form, "-o", "x")
        assert result.code == 0, result.err
        assert {path.name for path in tmp_path.iterdir()} - {"x.datapackage.json"} == {"a.jsonl", "x", *beside}
        files = [path for path in (tmp_path / "x", *(tmp_path / "x").rglob("*")) if path.is_file()]
        results.append({path.name: path.read_bytes() for path in files})
    assert results[0] != results[1] != results[2]


def test_incomplete_records_can_be_reported(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", INCOMPLETE)
    result = scrapy("report", "a.jsonl")
    assert result.code == 0, result.err


def test_a_name_that_is_not_utf_8_is_told_in_one_line(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "caf\udce9.jsonl", [user(1)])
    result = scrapy("export", "caf\udce9.jsonl", "csv", "-o", "out.csv")
    assert (result.code, result.err.count("\n"), "its name is not UTF-8" in result.err) == (2, 1, True)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["a.jsonl"], "one of graphml"),
        (["a.jsonl", "ods"], "one of graphml"),
        (["graphml"], "there is no crawl in output/ here"),
        (["nowhere", "graphml"], "nowhere: no such file"),
        (["a.jsonl", "parquet", "-o", "other"], "is no folder of .parquet files"),
        (["a.jsonl", "parquet", "-o", "a.jsonl"], "is no folder of .parquet files"),
        (["a.jsonl", "gexf", "-o", "other"], "is a folder; name a file"),
        (["a.jsonl", "gexf", "--big"], "unknown option --big"),
        (["a.jsonl", "csv", "-o", "caf\udce9.csv"], "the name is not UTF-8"),
        (["a.jsonl", "duckdb", "-o", "what?.duckdb"], "no path with a question mark"),
    ],
)
def test_wrong_use_is_one_line_and_leaves_nothing(
    tmp_path: Path, scrapy: Runner, args: list[str], message: str
) -> None:
    write(tmp_path / "a.jsonl", [user(1)])
    (tmp_path / "other").mkdir()
    (tmp_path / "other/thesis.txt").touch()
    before = sorted(tmp_path.rglob("*"))
    result = scrapy("export", *args)
    assert result.code == 2
    assert message in result.err
    assert sorted(tmp_path.rglob("*")) == before


WRONG: list[Row] = [
    user(1) | {"followers_count": "many"},
    user(1) | {"created_at": "yesterday"},
    user(1) | {"id": {}},
    user(1) | {"username": 5, "country_code": ["x"]},
    follows(1, 2) | {"position": "x"},
]


@pytest.mark.parametrize(
    ("row", "form"), [*((row, "csv") for row in WRONG), *((WRONG[0], form) for form in (*export.FORMATS, "report"))]
)
def test_a_value_of_a_wrong_type_is_one_line(tmp_path: Path, scrapy: Runner, row: Row, form: str) -> None:
    write(tmp_path / "a.jsonl", [user(2), row])
    result = scrapy(*(("report", "a.jsonl") if form == "report" else ("export", "a.jsonl", form)))
    assert result.code == 2
    assert re.fullmatch(r"(?:report|export): a\.jsonl, line 2: the \w+ record's \w+ is wrong: .*\n", result.err)


@pytest.mark.parametrize(("form", "package"), [("parquet", "duckdb"), ("xlsx", "xlsxwriter")])
def test_an_absent_library_is_named(
    tmp_path: Path, scrapy: Runner, monkeypatch: pytest.MonkeyPatch, form: str, package: str
) -> None:
    leave_out(monkeypatch, package)
    write(tmp_path / "a.jsonl", [user(1)])
    result = scrapy("export", "a.jsonl", form)
    assert result.code == 2
    assert f"needs {package}" in result.err
    assert "pip install" in result.err


def test_a_graph_is_written_without_the_libraries_of_the_report_and_that_is_said(
    tmp_path: Path, scrapy: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out(monkeypatch, "networkit")
    write(tmp_path / "a.jsonl", [follows(1, 2)])
    result = scrapy("export", "a.jsonl", "gexf")
    assert result.code == 0
    assert "no communities, PageRank and positions: the network needs networkit" in result.out
    assert "pip install 'sc-spiders[report]'" in result.out
    assert "viz:position" not in Path("a.gexf").read_text()


def leave_out(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """The package cannot be imported."""
    there = importlib.import_module

    def absent(name: str) -> Any:
        if name == package:
            raise ModuleNotFoundError(f"No module named {name!r}")
        return there(name)

    monkeypatch.setattr(libraries, "import_module", absent)


def test_duckdb_has_times_in_utc_wherever_the_machine_is(crawls: Crawls) -> None:
    write(crawls.folder / "a.jsonl", [user(1, created_at="2010-02-03T04:05:06Z")])
    assert crawls.command("export", "a.jsonl", "duckdb", inside=_in_tokyo).code == 0
    with duckdb.connect(str(crawls.folder / "a.duckdb")) as db:
        assert db.execute("SELECT created_at::VARCHAR FROM user").fetchone() == ("2010-02-03 04:05:06",)


def _in_tokyo() -> None:
    os.environ["TZ"] = "Asia/Tokyo"
    time.tzset()


@pytest.fixture
def _lockless() -> Iterator[None]:
    """SQLite cannot lock files."""
    set_sqlites_fcntl(NoLocks(errno.ENOSYS).fcntl)
    yield
    set_sqlites_fcntl(None)


@pytest.mark.usefixtures("_lockless")
def test_sqlite_is_written_where_files_cannot_be_locked(sample: Path, scrapy: Runner) -> None:
    with pytest.raises(sqlite3.OperationalError), closing(sqlite3.connect("plain.sqlite")) as db:
        db.execute("CREATE TABLE one (id)")

    assert scrapy("export", sample, "sqlite").code == 0


class Lockless:
    """A connection to DuckDB that can open no file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, reason: str) -> None:
        self._connection = connection
        self._reason = reason

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, query: str, *values: Any) -> duckdb.DuckDBPyConnection:
        if query.startswith("ATTACH"):
            raise duckdb.IOException(f"IO Error: Could not set lock on file: {self._reason}.")
        return self._connection.execute(query, *values)


@pytest.mark.parametrize("reason", ["Function not implemented", "No locks available"])
def test_duckdb_needs_locks_and_says_so(
    sample: Path, scrapy: Runner, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda *where, **how: Lockless(connect(*where, **how), reason))
    done = scrapy("export", sample, "duckdb")

    assert done.code == 2
    (line,) = done.err.splitlines()
    assert "its file system has no locks, which DuckDB needs; name a file on another disk with -o" in line
