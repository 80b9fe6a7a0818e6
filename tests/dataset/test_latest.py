"""`report` and `export` without an INPUT take the latest crawl."""

from __future__ import annotations

from pathlib import Path

import pytest

from .make import listing, user, write
from .run import Runner

OLDER = ("user/2026-01-02T03-04-05", "user_graph/2025-12-31T23-59-59", "user/2026-01-02T03-04-06")
LATEST = "track/2026-01-02T03-04-06-10"  # the tenth that began in this second
NONE = ("user/2027-notes", "2028-01-01T00-00-00")


@pytest.mark.parametrize(("words", "result"), [(["report"], ".html"), (["export", "csv"], ".csv")])
def test_the_latest_crawl_is_taken(scrapy: Runner, words: list[str], result: str) -> None:
    for name in (*OLDER, LATEST.replace("-10", "-9"), LATEST, *NONE):
        (Path("output") / name).mkdir(parents=True)
        write(Path("output") / name / "user.jsonl", [user(1)])

    done = scrapy(*words)

    assert done.code == 0, done.err
    made = Path("output") / f"{LATEST}{result}"
    assert f"{made}: " in done.out
    assert made.exists()


@pytest.mark.parametrize("words", [["report"], ["export", "csv"]])
def test_where_there_is_none_it_is_told(scrapy: Runner, words: list[str]) -> None:
    done = scrapy(*words)

    assert done.code == 2
    assert done.err == f"{words[0]}: there is no crawl in output/ here; name the file or the folder of one\n"


@pytest.mark.parametrize("words", [["report"], ["export", "csv"], ["query", "SELECT 1"]])
def test_a_latest_crawl_that_found_nothing_is_not_taken(scrapy: Runner, words: list[str]) -> None:
    before, latest = (Path("output") / name for name in (OLDER[0], LATEST))
    write(before / "user.jsonl", [user(1)])
    write(latest / "listing.jsonl", [listing("user", "soundcloud:users:9", "not_found")])
    (latest / "rejected.jsonl").touch()

    done = scrapy(*words)

    assert done.code == 2
    assert done.err == (
        f"{words[0]}: the latest crawl, {latest}, has found nothing; the one before that has is {before}: name it\n"
    )


def test_where_no_crawl_found_anything_it_is_told(scrapy: Runner) -> None:
    write(Path("output") / LATEST / "listing.jsonl", [listing("user", "soundcloud:users:9", "not_found")])

    done = scrapy("report")

    assert done.code == 2
    assert (
        done.err == "report: no crawl in output/ here has found anything yet; name the file or the folder of another\n"
    )


def test_records_of_a_worker_count(scrapy: Runner) -> None:
    write(Path("output") / LATEST / "host-1" / "user.csv.jsonl", [])
    write(Path("output") / LATEST / "host-2" / "user.jsonl", [user(1)])

    assert scrapy("report").code == 0
