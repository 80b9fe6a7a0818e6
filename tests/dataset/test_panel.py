"""`scrapy panel`: the numbers of each account, track and list in each crawl."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, Crawls
from tests.support.patience import wait_for_next_second

from .make import Row, listing, node, track, user, write, write_folder
from .run import Runner
from .test_last_seen import ONE, TWO, crawled, moment

Rows = list[dict[str, Any]]


def rows_of(file: Path) -> Rows:
    """The rows of a panel, without what is null. Times are as in records."""
    if file.suffix == ".csv":
        with file.open(encoding="utf-8") as text:
            found: Rows = list(csv.DictReader(text))
        return [{name: value for name, value in row.items() if value} for row in found]
    times = ", ".join(
        f"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS {name}"
        for name in ("crawl_started_at", "fetched_at")
    )
    with duckdb.connect() as db:
        every = db.execute(f"SELECT * REPLACE ({times}) FROM '{file}'").fetchall()
        names = [one[0] for one in db.description or ()]
    return [{name: value for name, value in zip(names, values, strict=True) if value is not None} for values in every]


def day(number: int, followers: int, *found: Row) -> list[Row]:
    walk = listing("followers", ONE, announced=followers, fetched=followers)
    return crawled(number, [walk], [user(1, followers_count=followers), *found])


@pytest.mark.parametrize("form", ["parquet", "csv"])
@pytest.mark.parametrize("shape", ["folder", "file"])
def test_a_row_for_each_crawl(tmp_path: Path, scrapy: Runner, form: str, shape: str) -> None:
    days = [day(1, 10), day(2, 12, track(7, playback_count=100)), day(3, 11, track(7, playback_count=130))]
    for number, rows in enumerate(days, 1):
        write_folder(tmp_path / f"output/{number}", rows)
    write(tmp_path / "all.jsonl", [row for rows in days for row in rows])
    output = f"panel.{form}"

    done = scrapy("panel", "output" if shape == "folder" else "all.jsonl", "-o", output)

    assert done.code == 0
    assert f"{output}: 8 rows (3 of listings, 2 of tracks, 3 of users) of 3 crawls" in done.out
    found = rows_of(tmp_path / output)
    numbers = [
        (row["urn"], row["crawl_started_at"], row["fetched_at"], row.get("name"), int(row[name]))
        for row in found
        for name in ("followers_count", "playback_count", "fetched")
        if name in row
    ]
    times = [(moment(number), moment(number, 30)) for number in (1, 2, 3)]
    assert numbers == [
        *((ONE, moment(n), moment(n, 60), None, count) for n, count in ((1, 10), (2, 12), (3, 11))),
        *(("soundcloud:tracks:7", *times[n], "Track 7", count) for n, count in ((1, 100), (2, 130))),
        *((ONE, *times[n], "user-1", count) for n, count in enumerate((10, 12, 11))),
    ]
    assert [row["endpoint"] for row in found if row["kind"] == "listing"] == ["followers"] * 3


def test_of_two_records_of_a_crawl_the_fuller_counts(tmp_path: Path, scrapy: Runner) -> None:
    found = [node("playlist", 5, track_count=3), node("playlist", 5, partial=True), user(2), user(2)]
    write(tmp_path / "a.jsonl", crawled(1, [], found))
    scrapy("panel", "a.jsonl", "-o", "p.csv")
    assert [(row["kind"], row.get("track_count")) for row in rows_of(tmp_path / "p.csv")] == [
        ("playlist", "3"),
        ("user", None),
    ]


def test_a_crawl_that_was_killed_is_known_by_its_lists(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", [*day(1, 10)[:-1], *day(2, 12)])
    scrapy("panel", "a.jsonl", "-o", "p.csv")
    users = [row for row in rows_of(tmp_path / "p.csv") if row["kind"] == "user"]
    assert [row["crawl_started_at"] for row in users] == [moment(1), moment(2)]


def test_several_crawls_that_were_merged_are_no_panel(tmp_path: Path, scrapy: Runner) -> None:
    days = [[*rows[:-1], rows[-1] | {"counts": {"listing": 1}}] for rows in (day(1, 10), day(2, 12))]
    for number, rows in enumerate(days):
        write(tmp_path / f"{number}.jsonl", rows)
    scrapy("merge", "0.jsonl", "1.jsonl", "-o", "merged.jsonl")
    done = scrapy("panel", "merged.jsonl", "-o", "p.csv")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert "of 2 lists that were walked by these crawls, 1 are here" in done.err
    assert not (tmp_path / "p.csv").exists()
    assert scrapy("panel", "0.jsonl", "1.jsonl", "-o", "p.csv").code == 0


def test_pseudonyms(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", [*day(1, 10), *day(2, 11, user(2))])
    scrapy("panel", "a.jsonl", "-o", "p.csv", "--pseudonyms", "key")
    rows = rows_of(tmp_path / "p.csv")
    assert not {ONE, TWO} & {row["urn"] for row in rows}
    assert all(row.get("name", row["urn"]) == row["urn"] for row in rows)
    assert len({row["urn"] for row in rows if row["kind"] == "user"}) == 2


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "ERROR: panel takes files or folders"),
        (["a.jsonl"], "ERROR: panel takes files or folders"),
        (["a.jsonl", "-o", "p.xlsx"], "panel: p.xlsx: a panel ends in .parquet or .csv"),
        (["nowhere", "-o", "p.csv"], "panel: nowhere: no such file or folder"),
    ],
)
def test_wrong_use_is_one_line(tmp_path: Path, scrapy: Runner, args: list[str], message: str) -> None:
    write(tmp_path / "a.jsonl", day(1, 10))
    done = scrapy("panel", *args)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert done.err.startswith(message)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_it_is_the_truth_at_each_date(crawls: Crawls) -> None:
    """What the world has of each account and track on three days, as the sandbox tells it beside the API."""
    days = ("2026-01-01", "2026-05-01", "2026-09-01")
    words: dict[str, Any] = {"user": "forss", "include": "profile,tracks,followers,likes"}
    truth: dict[tuple[str, int], dict[str, int]] = {}
    done: list[Crawl] = []
    with Sandbox(users=150, date=days[0]) as sandbox:
        for number, date in enumerate(days):
            sandbox.go_to(date)
            wait_for_next_second()
            done.append(crawls.run("user", settings=sandbox.urls, **words))
            world = sandbox.world
            for row in done[-1].records("user"):
                truth[row["urn"], number] = {"followings_count": len(world.followings(row["id"]))}
            for row in done[-1].records("track"):
                truth[row["urn"], number] = {"playback_count": world.track(row["id"])["playback_count"]}
    crawls.command("panel", "output/user", "-o", "panel.parquet")

    begun = {crawl.last["started_at"]: number for number, crawl in enumerate(done)}
    found = {
        (row["urn"], begun[row["crawl_started_at"]]): row
        for row in rows_of(crawls.folder / "panel.parquet")
        if row["kind"] in ("user", "track")
    }
    assert found.keys() == truth.keys()
    for key, numbers in truth.items():
        assert {name: found[key].get(name) for name in numbers} == numbers
    tracks = [urn for urn, number in truth if number == 0 and ":tracks:" in urn]
    assert any(found[urn, 0]["playback_count"] < found[urn, 2]["playback_count"] for urn in tracks if (urn, 2) in found)


def test_a_page_with_the_curves(tmp_path: Path, scrapy: Runner) -> None:
    name = "<b>one</b>"
    days = [day(n, followers, user(2, permalink=name, followers_count=5)) for n, followers in ((1, 10), (2, 1200))]
    write(tmp_path / "a.jsonl", [row for rows in days for row in rows])
    scrapy("panel", "a.jsonl", "-o", "p.csv", "--html", "p.html")
    page = (tmp_path / "p.html").read_text()
    assert "2 crawls, 2026-01-01 to 2026-01-02" in page
    assert "user-1: followers, 10 to 1,200 (+1,190)" in page
    assert name not in page  # its number is the same
    assert "&lt;b&gt;" not in page
    assert 'href="http' not in page

    write(tmp_path / "b.jsonl", days[0])
    scrapy("panel", "b.jsonl", "-o", "p.csv", "--html", "p.html")
    assert "No number changed" in (tmp_path / "p.html").read_text()
    assert "must end in .html" in scrapy("panel", "b.jsonl", "-o", "p.csv", "--html", "p.txt").err
