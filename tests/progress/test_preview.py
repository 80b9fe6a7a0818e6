"""`preview=1` asks only for the seeds, tells what the crawl would ask for, and writes nothing."""

from __future__ import annotations

import re
from math import ceil
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls
from tests.support.server import Server


@pytest.mark.parametrize(
    ("spider", "arguments", "requests"),
    [
        ("user_graph", {"user": "forss", "depth": 2}, 1),
        ("user", {"user": "forss", "include": "profile,tracks,likes,followers"}, 1),
        ("playlist", {"playlist": "forss/sets/soulhack"}, 1),
        ("track_comments", {"track": "forss/flickermood"}, 1),
        ("search", {"q": "a", "type": "tracks"}, 1),
        ("discover", {"hydrate": 1}, 1),
        ("charts", {"genre": "all-music,house"}, 2),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_it_tells_all_lists_and_writes_nothing(
    crawls: Crawls, sandbox: Sandbox, spider: str, arguments: dict[str, Any], requests: int
) -> None:
    crawl = crawls.run(spider, "-s", "STATS_DUMP=1", "--loglevel", "DEBUG", sandbox=sandbox, preview=1, **arguments)

    assert crawl.code == 0, crawl.log
    (total,) = re.findall(r"  in all: (.*)", crawl.log)
    assert re.fullmatch(
        r"[\d,]+ lists?, (at least )?[\d,]+ rows?, (at least )?[\d,]+ requests?, "
        r"(about|at least) \d+:\d\d:\d\d .*JSON Lines",
        total,
    )
    assert crawl.stats["pages"] == requests
    assert not (crawls.folder / "output").exists()


def test_its_numbers_are_those_of_the_crawl(crawls: Crawls, sandbox: Sandbox) -> None:
    given: dict[str, Any] = {"user": "forss", "include": "followers,likes,tracks"}
    preview = crawls.run("user", "-s", "DOWNLOAD_DELAY=0.5", sandbox=sandbox, preview=1, **given)
    crawl = crawls.run("user", sandbox=sandbox, **given)

    for listing in crawl.records("listing"):
        requests = ceil(listing["announced"] / 200)
        told = f"{listing['announced']:,} rows, {requests} request"
        assert re.search(rf"  {listing['endpoint']}.*: {told}s?$", preview.log, re.MULTILINE), preview.log
        assert listing["pages"] >= requests  # the likes' pages have gaps
    assert "3 lists, 524 rows, 6 requests, about 0:00:03 (0.5 s a request)" in preview.log


def test_a_station_tells_its_tracks_and_what_announces_nothing_says_so(crawls: Crawls, sandbox: Sandbox) -> None:
    station = crawls.run("playlist", sandbox=sandbox, playlist="discover/sets/artist-stations:183", preview=1)
    assert re.search(r"artist-stations:183: [1-9]\d* rows, \d+ requests?$", station.log, re.MULTILINE), station.log

    tag = crawls.run("tag", "-s", "SC_RATE=0.001", sandbox=sandbox, tag="techno", preview=1)
    assert "1 list, at least 0 rows, at least 2 requests, at least 0:33:20 (1,000 s a request)" in tag.log


def test_a_slow_crawl_does_not_promise_a_quick_end(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.start("user_graph", "-s", "SC_RATE=0.0001", sandbox=sandbox, user="forss")
    process = crawls.ended(_stopped(crawl, " left (estimate)"), "user_graph")

    (left,) = re.findall(r", (\S+) left \(estimate\)", process.log)
    assert int(left.split(":")[0]) > 8  # hours: each of the four requests to come waits for almost three


def test_outputs_that_are_named_stay_as_they_are(crawls: Crawls, sandbox: Sandbox) -> None:
    (crawls.folder / "all.jsonl").write_text("{}\n")
    crawl = crawls.run("user", "-O", "all.jsonl", sandbox=sandbox, user="forss", preview=1)

    assert crawl.code == 0
    assert (crawls.folder / "all.jsonl").read_text() == "{}\n"
    assert [path.name for path in crawls.folder.iterdir() if path.name != "tokens.json"] == ["all.jsonl"]


def test_a_seed_that_is_not_there_is_told(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run("user", sandbox=sandbox, user="forss,nobody-at-all", include="likes", preview=1)

    assert crawl.code == 1
    assert "nobody-at-all" in crawl.log
    assert "in all: 1 list" in crawl.log


def test_a_crawl_of_days_says_so_once(crawls: Crawls) -> None:
    with Server(lambda path, n: None) as server:
        settings = {**server.settings, "SC_RATE": "0.00001"}
        crawl = crawls.start("user_graph", settings=settings, user="1")
        process = crawls.ended(_stopped(crawl, "This crawl will take about"), "user_graph")

    assert process.log.count("This crawl will take about ") == 1
    assert re.search(r"This crawl will take about \d+ d ", process.log)


def _stopped(process: Any, text: str) -> Any:
    import signal
    import time

    end = time.monotonic() + 60
    while text not in process.printed:
        assert time.monotonic() < end, process.printed
        time.sleep(0.05)
    process.send(signal.SIGTERM)
    return process
