"""`since=last` misses nothing, even if this machine's clock is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_spiders.api.clock import answered_at
from sc_spiders.api.hosts import Hosts
from sc_spiders.dataset import bookmarks as earlier
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.reader import PageReader
from sc_spiders.pages.seen import Seen
from tests.dataset import make
from tests.support.answers import http, user
from tests.support.crawl import Crawls
from tests.support.examples import examples
from tests.support.server import Server

LIKER = "soundcloud:users:183"
KEY = ("user_likes", LIKER)
WORDS: dict[str, Any] = {"user": "183", "include": "likes"}
THIS = {"spider": "user", "api": "v2", "arguments": {**WORDS, "since": "last"}, "versions": {"api": None}}
TOLD = ("track", "edge", "listing", "crawl")
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
API = "https://api-v2.soundcloud.com"
HOSTS = Hosts({"v2": API})
PAGE = 3


def written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Likes:
    """A server with a user's likes and the right time. A page has three likes, the newest first."""

    def __init__(self, tells: bool) -> None:
        self.tells = tells
        self.time = BEGUN
        self.made: list[datetime] = []

    def page(self, url: str) -> tuple[dict[str, Any], datetime | None]:
        """The answer, and the `Date` that came with it."""
        cursor = int(url.partition("before=")[2].partition("&")[0] or len(self.made))
        numbers = list(range(cursor))[::-1][:PAGE]
        rows = [{"created_at": written(self.made[number]), "track": track(number)} for number in numbers]
        more = cursor > PAGE
        href = f"{API}/users/183/likes?before={cursor - PAGE}" if more else None
        return {"collection": rows, "next_href": href}, self.time if self.tells else None


def track(number: int) -> dict[str, Any]:
    return {"kind": "track", "id": number + 1, "urn": f"soundcloud:tracks:{number + 1}"}


def crawl(likes: Likes, file: Path, skew: timedelta, during: list[int]) -> None:
    """Walk the list with since=last. The clock is off by `skew`, and new likes come between the pages."""
    started = written(likes.time + skew)
    found = earlier.look_back([str(file)], file.parent / "output", started, started, THIS, TOLD)
    seen = Seen()
    reader = PageReader(
        "v2", HOSTS, seen, Hydration(seen), lambda *_: [], max_empty=5, raw=False, bidirectional=frozenset()
    )
    extra = {"since": found.moments[KEY]} if KEY in found.moments else {}
    listing = Listing("user_likes", LIKER, "/users/183/likes", extra=extra, id=1)
    rows: dict[str, list[Any]] = {}
    while not listing.ended:
        likes.time += timedelta(seconds=1)
        data, answered = likes.page(listing.url)
        page = reader.page(listing, data, written(likes.time + skew), answered)
        for kind, some in page.rows.items():
            rows.setdefault(kind, []).extend(some)
        if during:
            likes.time += timedelta(seconds=during.pop())
            likes.made.append(likes.time)
    counts = {kind: len(some) for kind, some in rows.items()}
    fields: dict[str, Any] = {"started_at": started, "finished_at": written(likes.time + skew), "counts": counts}
    rows["crawl"] = [make.crawl("user", WORDS | {"since": "last"}, **fields)]
    with file.open("a") as lines:
        lines.writelines(json.dumps(row) + "\n" for some in rows.values() for row in some)


SECONDS = st.integers(0, 5 * 86_400)
SKEW = st.one_of(st.just(0), st.integers(-10 * 86_400, 10 * 86_400)).map(lambda seconds: timedelta(seconds=seconds))
RUNS = st.lists(
    st.tuples(st.lists(SECONDS, max_size=5), SKEW, st.lists(st.integers(0, 900), max_size=3)), min_size=2, max_size=6
)


@examples(100)
@given(RUNS, st.booleans())
def test_every_like_comes_whatever_the_clock_says(runs: list[Any], tells: bool) -> None:
    likes = Likes(tells)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "all.jsonl"
        for before, skew, during in runs:
            for seconds in before:
                likes.time += timedelta(seconds=seconds)
                likes.made.append(likes.time)
            there = len(likes.made)
            crawl(likes, file, skew, list(during))
            rows = [json.loads(line) for line in file.read_text().splitlines()]
            had = {row["target"] for row in rows if row["kind"] == "edge"}
            assert {f"soundcloud:tracks:{number + 1}" for number in range(there)} <= had


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Thu, 01 Jan 2026 00:00:00 GMT", BEGUN),
        ("Thu, 01 Jan 2026 01:00:00 +0100", BEGUN),
        ("", None),
        ("yesterday", None),
        ("Thu, 99 Jan 2026 00:00:00 GMT", None),
    ],
)
def test_when_an_answer_was_made(date: str, moment: datetime | None) -> None:
    assert answered_at({"date": date}) == moment


def likes_at(date: datetime | None) -> Server:
    """A server with one like, whose clock has that time."""
    told = {"Date": format_datetime(date, usegmt=True)} if date else {}

    def answer(path: str, number: int) -> bytes:
        if "/likes" in path:
            row = {"created_at": "2026-01-01T00:00:00Z", "track": track(1)}
            return http(200, {"collection": [row], "next_href": None}, **told)
        return http(200, user(183), **told)

    return Server(answer)


def test_a_clock_that_differs_is_told_once_and_not_gone_by(crawls: Crawls) -> None:
    earlier_by_two_days = datetime.now(UTC) - timedelta(days=2)
    with likes_at(earlier_by_two_days) as server:
        crawl = crawls.run("user", settings=server.settings, warned=True, **WORDS)
    assert crawl.code == 0
    assert crawl.log.count("This machine's clock is later than the API's") == 1
    (listing,) = crawl.records("listing")
    assert listing["known_until"] == written(earlier_by_two_days)


def test_where_the_api_does_not_say_how_late_it_is_the_newest_row_does(crawls: Crawls) -> None:
    with likes_at(None) as server:
        crawl = crawls.run("user", settings=server.settings, **WORDS)
    assert "clock" not in crawl.log
    (listing,) = crawl.records("listing")
    assert listing["known_until"] == "2026-01-01T00:00:00Z"
