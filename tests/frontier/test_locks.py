"""An output file belongs to one crawl until its last record is written."""

from pathlib import Path

from tests.support.crawl import Crawls
from tests.support.points import TryLock
from tests.support.server import Server


def test_it_is_locked_until_the_closing_records_are_there(crawls: Crawls, tmp_path: Path) -> None:
    output, result = crawls.folder / "all.jsonl", tmp_path / "result"
    with Server() as server:
        crawl = crawls.run(
            *("user_graph", "-o", "all.jsonl"),
            settings=server.settings,
            inside=TryLock("closing_records.after", output, result),
            user="1",
        )
    assert crawl.code == 0
    assert set(result.read_text().split()) == {"locked"}
