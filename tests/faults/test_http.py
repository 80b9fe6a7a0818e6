"""HTTP as it is on the wire: answers that hold what they should, however they are sent."""

from __future__ import annotations

from ..crawling import Crawls
from .server import Server, chunked, user


def test_answers_without_a_length_are_read_without_a_word(crawls: Crawls) -> None:
    def script(path: str, turn: int) -> bytes | None:
        if "follow" in path:
            return chunked(200, {"collection": [user(5)], "next_href": None})
        return chunked(200, user(1))

    with Server(script) as server:
        crawl = crawls.run("user_graph", settings=server.settings, user="1")

    assert crawl.code == 0
    assert [one["complete"] for one in crawl.records("listing")] == [True, True]
    assert "Traceback" not in crawl.log
    assert crawl.errors == []
