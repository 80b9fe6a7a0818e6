"""`report` and `export` without an INPUT take the latest crawl."""

from __future__ import annotations

from pathlib import Path

import pytest

from .make import user, write
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
