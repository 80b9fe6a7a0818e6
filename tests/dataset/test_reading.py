"""What an INPUT may be, and the messages for wrong ones."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_spiders.api import words
from sc_spiders.api.declare import APIS
from sc_spiders.dataset import Dataset, InputError, default_output
from sc_spiders.dataset.reading import read
from sc_spiders.dataset.sources import RESULTS
from sc_spiders.export import FORMATS
from sc_spiders.records import FIELDS
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import crawl as run
from tests.support.examples import examples

from .make import Row, crawl, edge, follows, listing, node, record, track, user, write, write_folder
from .run import Runner

ROWS: list[Row] = [
    user(1, username="Ünï\n\"quoted\", 'x'", verified=True, followers_count=3, creator_subscriptions=[{"product": 1}]),
    track(7, bpm=120.5, duration=1000),
    node("playlist", 3, partial=True),
    follows(1, 2),
    edge("ranks", "charts:top:techno", "soundcloud:tracks:7", position=0, score=1.5),
    listing("followers", "soundcloud:users:1", "forbidden", missing=["soundcloud:users:9"]),
    crawl("user_graph", {"user": "one"}, counts={"user": 1, "track": 1, "playlist": 1, "edge": 2, "listing": 1}),
]


def rows_of(*inputs: Path) -> list[Row]:
    with Dataset(inputs) as data:
        return sorted((row for kind in data.counts for row in data.records(kind)), key=repr)


def test_results_of_earlier_commands_are_left_out_and_told(tmp_path: Path) -> None:
    write_folder(tmp_path / "first", ROWS)
    write_folder(tmp_path / "second", ROWS)
    assert {".html", *(one.suffix for one in FORMATS.values())} == {*RESULTS, ".csv"}
    results = [tmp_path / f"first{suffix}" for suffix in RESULTS] + [
        tmp_path / "an.html",
        tmp_path / "a.rejected.jsonl",
    ]
    for path in results:
        path.touch()
    inputs = sorted(tmp_path.iterdir())
    assert rows_of(*inputs) == sorted(ROWS, key=repr)
    with Dataset(inputs) as data:
        assert {note.split(":")[0] for note in data.notes()} == set(map(str, results))
    assert default_output(inputs, ".html") == tmp_path / "first.html"
    with pytest.raises(InputError, match=r"an\.html: a data file ends in"):
        rows_of(tmp_path / "an.html")


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_folder_gives_back_what_was_written(tmp_path: Path, form: str) -> None:
    assert rows_of(write_folder(tmp_path / "a", ROWS, form)) == sorted(ROWS, key=repr)


def test_csv_for_excel_is_read(tmp_path: Path) -> None:
    file = write_folder(tmp_path / "a", [user(1)], "csv") / "user.csv"
    file.write_text(file.read_text(), "utf-8-sig", newline="")
    assert rows_of(file) == [user(1)]


def test_signs_in_names_are_no_patterns(tmp_path: Path) -> None:
    folder = tmp_path / "a[1]*?'ü" / ".." / "a[1]*?'ü"
    write_folder(tmp_path / "a[1]*?'ü", ROWS[:3])
    write(folder / "all.jsonl", ROWS[3:])
    write_folder(tmp_path / "a1xx", [user(5)])
    assert rows_of(folder) == sorted(ROWS, key=repr)


def test_a_single_file_and_several(tmp_path: Path) -> None:
    whole = write(tmp_path / "all.jsonl", ROWS)
    parts = [write(tmp_path / f"{n}.jsonl", ROWS[n:] if n else ROWS[:4]) for n in (0, 3)]
    assert rows_of(whole) == rows_of(*parts) == rows_of(whole, whole) == sorted(ROWS, key=repr)


def test_folders_of_workers_are_found_and_rejected_objects_left_out(tmp_path: Path) -> None:
    write_folder(tmp_path / "crawl/host-1", ROWS[:3])
    write_folder(tmp_path / "crawl/host-2", ROWS[3:])
    (tmp_path / "crawl/host-1/rejected.jsonl").write_text('{"kind":"user","reasons":[],"object":{}}\n')
    (tmp_path / "crawl/x.rejected.jsonl").write_text("{}\n")
    (tmp_path / "crawl/.half").mkdir()
    (tmp_path / "crawl/.half/out.jsonl").write_text("{")
    assert rows_of(tmp_path / "crawl") == sorted(ROWS, key=repr)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_dates_that_no_calendar_has_are_told(tmp_path: Path, form: str) -> None:
    dates = ["2026-02-28T00:00:00Z", "2026-02-30T00:00:00Z", "2027-02-29T00:00:00Z", None]
    folder = write_folder(tmp_path / "a", [user(n, created_at=date) for n, date in enumerate(dates, 1)], form)
    with Dataset([folder]) as data:
        assert data.sql("SELECT count(created_at) FROM user").fetchall() == [(1,)]
        assert "the records have 2 dates that no calendar has: null in tables" in data.notes()


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("lost", [1, 2, 3, 20, 60])
def test_a_cut_last_line_is_dropped_and_told(tmp_path: Path, form: str, lost: int) -> None:
    folder = write_folder(tmp_path / "a", [user(1), user(2, description="ü\nline\n\nline"), user(3)], form)
    file = folder / f"user.{form}"
    file.write_bytes(file.read_bytes()[:-lost])
    with Dataset([folder]) as data:
        numbers = [row["id"] for row in data.records("user")]
        if form == "jsonl" and lost == 1:  # only the line end is missing: the record is whole
            assert (numbers, data.cut) == ([1, 2, 3], [])
        else:
            assert (numbers, data.cut) == ([1, 2], [file])
            assert "cut off" in next(data.notes())


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_csv_cut_anywhere_in_a_cell_of_several_lines(tmp_path: Path, cut: int) -> None:
    folder = write_folder(tmp_path / "a", [user(1), user(2, description='ü\n"line"\r\n\nline, ü')], "csv")
    file = folder / "user.csv"
    whole = file.read_bytes()
    start = whole.index("ü".encode())
    file.write_bytes(whole[: start + cut])
    told: list[Path] = []
    assert ([row["id"] for _, row, _ in read(file, told.append)], told) == ([1], [file])


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_empty_file_is_no_fault(tmp_path: Path, form: str) -> None:
    (tmp_path / f"user.{form}").touch()
    with Dataset([tmp_path]) as data:
        assert (data.counts, data.cut) == ({}, [])


@pytest.mark.parametrize(
    "command",
    [
        ("merge", "a.jsonl", "-o", "b.jsonl"),
        ("export", "a.jsonl", "csv"),
        ("panel", "a.jsonl", "-o", "b.csv"),
        ("report", "a.jsonl"),
        ("diff", "a.jsonl", "a.jsonl"),
        ("query", "a.jsonl", "FROM edge", "--csv"),
    ],
)
def test_all_commands_name_an_empty_file(tmp_path: Path, scrapy: Runner, command: tuple[str, ...]) -> None:
    (tmp_path / "a.jsonl").touch()
    result = scrapy(*command)
    assert result.code == 0
    assert "a.jsonl: is empty" in (result.out + result.err).splitlines()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", '{"kind": "us\n{}\n', "a.jsonl, line 1: is not JSON"),
        ("a.jsonl", '\n{"kind": "nonsense"}\n', "a.jsonl, line 2: is no record of a known kind"),
        ("a.jsonl", "[]\n", "line 1: is no record"),
        ("a.jsonl", '{"kind": "user"}\n', "a.jsonl, line 1: the user record has no urn"),
        ("a.jsonl", '{"kind": ["user"]}\n', "line 1: is no record"),
        ("a.jsonl", '{"kind": "user", "urn": 7}\n', "the user record's urn is wrong: 7 is not of type 'string'"),
        (
            "a.jsonl",
            '{"kind": "edge", "relation": "likes", "source": {}, "target": ""}\n',
            "line 1: the edge record's source is wrong: {} is not of type 'string'",
        ),
        (
            "a.jsonl",
            '{"kind": "listing", "endpoint": "likes", "subject": null}\n',
            "line 1: the listing record has no fetched_at",
        ),
        (
            "a.jsonl",
            '{"kind": "user", "urn": "u"}\n{"kind": "user", "urn": "v", "username": 5}\n',
            "line 2: the user record's",
        ),
        ("a.jsonl", '{"kind": "user", "urn": "u", "id": 1e30}\n', "line 1: the user record's id is wrong"),
        (
            "a.jsonl",
            '{"kind": "comment", "urn": "u", "created_at": "today"}\n',
            "the comment record's created_at is wrong",
        ),
        (
            "user.csv",
            'kind,urn,visuals_visuals\r\nuser,u,"{}"\r\n',
            "row 2: the user record's visuals_visuals is wrong",
        ),
        ("a.jsonl", b"\xff\xfe\n", "line 1: is not JSON"),
        ("a.csv", "kind\n", "must be named after its kind"),
        ("user.csv", "kind,shoe_size\r\nuser,3\r\n", "'shoe_size' is no column of the kind user"),
        ("user.csv", "kind,id\r\nuser\r\n", "row 2: 1 cells under 2 columns"),
        ("user.csv", "kind,id\r\nuser,many\r\n", "row 2: invalid literal"),
        ("user.csv", "kind,verified\r\nuser,maybe\r\n", "'maybe' is neither true nor false"),
        ("user.csv", b"kind,id\r\n\xff,1\r\nuser,1\r\n", "not UTF-8"),
        ("a.txt", "", "ends in .jsonl, .jl, .csv or .parquet"),
    ],
)
def test_wrong_input_is_named(tmp_path: Path, name: str, text: str | bytes, message: str) -> None:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=message.replace("[", r"\[")) as raised, Dataset([file]):
        pass
    assert "\n" not in str(raised.value)


def test_what_other_peoples_records_lack_is_null(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"kind":"edge","relation":"follows","source":"a","target":"b","position":3.0,"score":2.0}\n')
    (row,) = rows_of(file)
    assert row.keys() == set(FIELDS["edge"])
    assert (row["target"], row["position"], row["caption"], row["fetched_at"]) == ("b", 3, None, None)
    assert type(row["position"]) is int


def test_a_wrong_value_is_found_however_far_in(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", [follows(1, n) for n in range(2, 1700)])
    file.write_bytes(file.read_bytes() + write(tmp_path / "b.jsonl", [user(1) | {"verified": "yes"}]).read_bytes())
    with pytest.raises(InputError, match=r"a\.jsonl, line 1699: the user record's verified is wrong: 'yes'"):
        rows_of(file)


@pytest.mark.parametrize(
    ("number", "field", "value"),
    [
        (3, "created_at", "2026-01-01 00:00:00Z"),
        (5, "ended", "never"),
        (5, "fetched", -1),
        (5, "missing", [None]),
        (6, "counts", {"user": -1}),
        (6, "versions", {"project": 1}),
    ],
)
def test_so_is_a_wrong_value_of_a_whole_record(tmp_path: Path, number: int, field: str, value: Any) -> None:
    row = ROWS[number] | {field: value}
    with pytest.raises(InputError, match=rf"a\.jsonl, line 2: the {row['kind']} record's {field}\S* is wrong"):
        rows_of(write(tmp_path / "a.jsonl", [ROWS[number], row]))


VALUES: list[Any] = [
    *(None, True, 0, -1, 1.0, 1.5, 1e30, 10**18, 2**63, "", "x", "5", 'a\0\\"b', "x" * 10_001),
    *(
        "2026-01-01T00:00:00Z",
        "2026-01-01 00:00:00Z",
        "2026-1-1T0:0:0Z",
        "2026-01-01T24:00:00Z",
        "2026-02-30T00:00:00Z",
    ),
    *([], ["a"], [None], [1], {}, {"a": 1}, {"a": -1}, {"a": None}, {'a"': "\\"}, {"a": {}}),
]


@examples(8)  # each opens two data sets
@given(st.sampled_from(ROWS[3:]), st.data())
def test_a_record_is_the_same_whatever_is_read_beside_it(
    tmp_path_factory: pytest.TempPathFactory, row: Row, data: st.DataObject
) -> None:
    row = row | {data.draw(st.sampled_from(sorted(row.keys() - {"kind"}))): data.draw(st.sampled_from(VALUES))}
    beside = user(1)
    in_another_order = dict(reversed(beside.items()))  # no crawl writes that, so it is read in another way

    def read(*rows: Row) -> Any:
        folder = tmp_path_factory.mktemp("a")
        try:
            with Dataset([write(folder / "all.jsonl", rows)]) as data:
                return {kind: data[kind].fetchall() for kind in data.kinds}
        except InputError as e:
            return str(e).removeprefix(str(folder))

    assert read(row, beside) == read(row, in_another_order)


def test_missing_and_empty_folders_are_named(tmp_path: Path) -> None:
    for path, message in [(tmp_path / "nowhere", "no such file"), (tmp_path, "name the folder of a crawl")]:
        with pytest.raises(InputError, match=message), Dataset([path]):
            pass


def test_half_a_surrogate_pair_becomes_readable(tmp_path: Path) -> None:
    file = tmp_path / "user.jsonl"
    file.write_bytes(write(file, [user(1, username="XX")]).read_bytes().replace(b'"XX"', rb'"a\ud83d"'))
    assert [row["username"] for row in rows_of(file)] == ["a?"]


FULL, PART = user(1, username="full"), user(1, username="part", partial=True, fetched_at="2027-01-01T00:00:00Z")
LATER = {"fetched_at": "2026-06-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("kept", "other"),
    [
        (FULL, PART),
        (FULL | LATER | {"username": "new"}, FULL),
        (listing("likes", "u", fetched=2), listing("likes", "u", "interrupted", **LATER)),
        (listing("likes", "u", "not_found", **LATER), listing("likes", "u")),
        (listing("likes", "u", "blocked", **LATER), listing("likes", "u", "interrupted")),
    ],
)
def test_the_better_of_two_is_kept_in_either_order(tmp_path: Path, kept: Row, other: Row) -> None:
    assert rows_of(write(tmp_path / "a.jsonl", [kept, other])) == [kept]
    assert rows_of(write(tmp_path / "b.jsonl", [other, kept])) == [kept]


def test_the_fuller_of_two_edges_is_kept_as_last_seen_in_either_order(tmp_path: Path) -> None:
    fuller, later = follows(1, 2, created_at="2020-01-01T00:00:00Z"), follows(1, 2, **LATER)
    assert rows_of(write(tmp_path / "a.jsonl", [fuller, later])) == [fuller | LATER]
    assert rows_of(write(tmp_path / "b.jsonl", [later, fuller])) == [fuller | LATER]


def test_of_two_equals_the_last_is_kept(tmp_path: Path) -> None:
    first, last = listing("likes", "u", fetched=1), listing("likes", "u", fetched=2)
    assert rows_of(write(tmp_path / "a.jsonl", [first, last])) == [last]


def test_every_kind_has_an_identity(tmp_path: Path) -> None:
    web = record("web_profile", user_urn="soundcloud:users:1", url="https://a.example")
    others = [web, web | {"url": "https://b.example"}, record("oembed", url="u"), record("object", path="/p", object=1)]
    others += [
        record("message", conversation_id="1:2", content="hi"),
        record("download", track_urn="soundcloud:tracks:1"),
    ]
    others += [record("email", id=1), record("activity", uuid="u"), record("conversation", id="1:2")]
    others += [record("selection", id="soundcloud:s", urn="soundcloud:s", partial=False)]
    assert rows_of(write(tmp_path / "a.jsonl", [*others, *others])) == sorted(others, key=repr)


@pytest.mark.parametrize("api", APIS)
def test_duckdb_alone_reads_what_a_crawl_has_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: str) -> None:
    """Reading record by record in Python takes several times as long."""
    include = ",".join(words("user", api=api))
    with Sandbox(users=80, seed=1, date="2026-01-01") as sandbox:
        settings = {"SC_API": api, "SC_OAUTH_TOKEN": sandbox.oauth_token}
        found = run("user", tmp_path, sandbox=sandbox, settings=settings, user="forss", include=include)
    for kind in found.kinds:
        write(tmp_path / "folder" / f"{kind}.jsonl", found.records(kind))

    monkeypatch.setattr("sc_spiders.dataset.intake.read", None)
    for place in (found.folder / "out.jsonl", tmp_path / "folder"):
        with Dataset([place]) as data:
            assert data.read == len(found.rows)
