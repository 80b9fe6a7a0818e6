"""At its end, a crawl reports unknown fields of the API, and known fields that were missing."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from sc_spiders.sandbox import Sandbox
from tests.support.answers import http, user
from tests.support.crawl import Crawl, Crawls, crawling
from tests.support.patience import PATIENCE
from tests.support.server import HANG, Server


def test_new_fields_are_told_once(crawls: Crawls) -> None:
    novel = {
        **user(1),
        "likes_count": 1,
        "followers_count": 1,
        "horoscope": "virgo",
        "badges": {"pro": False, "golden": True},
    }
    with Server(lambda path, turn: http(200, novel) if path == "/users/1" else None) as server:
        crawl = crawls.run(
            "user_graph", "-s", "STATS_DUMP=1", "--loglevel", "DEBUG", settings=server.settings, user="1"
        )

    tail = crawl.log.splitlines()[-15:]
    (line,) = [line for line in tail if "not in the schema" in line]
    assert "user: new in the API, not in the schema: badges.golden, horoscope" in line
    (line,) = [line for line in tail if "never sent" in line]
    assert "track_count" in line
    assert ", permalink," not in line
    assert "'drift/user/unknown/horoscope': 1" in crawl.log


def test_what_a_killed_run_noticed_is_told_at_the_end(crawls: Crawls) -> None:
    """Only the seed has the new field, and the process dies before the last page."""
    novel = {**user(1), "horoscope": "virgo"}
    dying = True

    def script(path: str, turn: int) -> bytes | None:
        if dying and path == "/users/1/followers#2":
            return HANG
        return http(200, novel) if path == "/users/1" else None

    with Server(script) as server:
        command = ("user_graph", "-s", "JOBDIR=job", "-s", "STATS_DUMP=1", "--loglevel", "DEBUG")
        crawl = crawls.start(*command, settings=server.settings, user="1")
        until = time.monotonic() + PATIENCE
        while not server.asked["/users/1/followers#2"] and time.monotonic() < until:
            time.sleep(0.02)
        crawl.kill()
        dying = False
        last = crawls.run(*command, settings=server.settings, user="1")

    assert last.code == 0
    assert server.asked["/users/1"] == 1
    assert "user: new in the API, not in the schema: horoscope" in last.log
    assert "'drift/user/unknown/horoscope': 1" in last.log


def test_names_that_the_api_makes_up_forge_no_lines(crawls: Crawls) -> None:
    """They are found in objects, rows and pages, and they do not fill the log."""
    forged = "x\n2026-11-25 00:00:00 ERROR: \x1b[31ma lie"
    novel = {**user(1), forged: 1, "k" * 200_000: 1, "a\ud800b": 1}
    row = {"kind": "like", "track": {"kind": "track", "id": 5, forged: 1}, "created_at": None, forged: 1}
    answers = {"/users/1": novel, "/users/1/likes": {"collection": [row], "next_href": None, forged: 1}}
    with Server(lambda path, turn: http(200, answers[path])) as server:
        crawl = crawls.run("user_graph", settings=server.settings, user="1", relations="likes")

    assert crawl.code == 0
    assert not [line for line in crawl.log.splitlines() if line.startswith("2026-11-25 00:00:00")]
    assert "\x1b" not in crawl.log
    assert len(crawl.log) < 10_000
    lie = r"x\n2026-11-25 00:00:00 ERROR: \x1b[31ma lie"
    told = {line.split(": ", 2)[1].strip() for line in crawl.log.splitlines() if lie in line}
    assert told == {"user", "track", "row", "page"}
    assert rf"a\ud800b, {'k' * 80}…, {lie}" in crawl.log


def test_the_sandbox_has_not_drifted(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run("user_graph", sandbox=sandbox, user="forss", relations="followings,followers,likes,reposts")

    assert crawl.code == 0
    assert "in the schema" not in crawl.log


def test_two_crawls_in_one_process_tell_of_their_own(tmp_path: Path) -> None:
    novel = {"/users/1": {**user(1), "horoscope": "virgo"}, "/users/2": {**user(2), "mood": "calm"}}

    async def both(settings: dict[str, str]) -> list[Crawl]:
        crawls = (crawling("user", tmp_path / name, settings=settings, user=name) for name in ("1", "2"))
        return list(await asyncio.gather(*crawls))

    with Server(lambda path, turn: http(200, novel[path])) as server:
        found = asyncio.run(both(server.settings))

    told = [[name for name in crawl.stats if name.startswith("drift/user/unknown")] for crawl in found]
    assert told == [["drift/user/unknown/horoscope"], ["drift/user/unknown/mood"]]
