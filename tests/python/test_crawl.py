"""`crawl` for Python programs: what it takes, what it returns, what it raises, and how it is stopped."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest
from scrapy.crawler import Crawler

import sc_spiders
from sc_spiders import ArgumentError, CrawlResult
from sc_spiders.errors import ReactorInstalled
from sc_spiders.extensions.garbage import Garbage
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import NOWHERE, Crawls, calling
from tests.support.patience import PATIENCE
from tests.support.server import HANG, Server

Call = Callable[..., CrawlResult]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A small one, so that it is soon crawled."""
    with Sandbox(users=60, seed=1) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(folder: Path, sandbox: Sandbox) -> Call:
    """Calls `crawl` on the sandbox, in an event loop of its own."""

    def call(spider: str, **given: Any) -> CrawlResult:
        return asyncio.run(calling(spider, folder, sandbox=sandbox, **given))

    return call


def rows(path: Path) -> list[dict[str, Any]]:
    """The records of a file or folder, in any order, without the times of the crawl."""
    files = [path]
    if path.is_dir():
        files = [*path.glob("[!c]*.jsonl")]
    lines = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        for name in ("fetched_at", "started_at", "finished_at", "crawl_started_at", "known_until", "pages"):
            line.pop(name, None)
    return sorted(lines, key=str)


def test_values_of_python_are_words_of_the_command(call: Call, folder: Path) -> None:
    result = call("user", user=iter(["forss", 183]), include=("profile", "likes"), since=None, preview=False)

    assert (result.finish_reason, result.exit_code, result.incomplete) == ("finished", 0, ())
    assert result.counts["user"] == 1
    assert result.listings == {"complete": 1}
    assert result.output
    assert result.output.parent == folder / "output" / "user"
    (crawl,) = rows(result.output / "crawl.jsonl")
    assert crawl["arguments"] == {"user": "forss,183", "include": "profile,likes"}


def test_the_records_are_those_of_the_command(call: Call, crawls: Crawls, sandbox: Sandbox) -> None:
    result = call("user_graph", user="forss", relations=["followers", "likes"])
    command = crawls.run("user_graph", sandbox=sandbox, user="forss", relations="followers,likes")

    assert result.output
    assert rows(result.output) == rows(command.folder)
    assert str(result).splitlines()[0] == "user_graph: finished"
    assert {line.partition(":")[0] for line in str(result).splitlines()} >= {"  records", "  listings", "  files"}


def test_output_is_appended_to(call: Call, folder: Path) -> None:
    for name in ("forss", "183"):
        result = call("user", user=name, output="found.jsonl", settings={"SC_KINDS": ["user"]})
        assert result.output == folder / "found.jsonl"

    assert [row["permalink"] for row in rows(folder / "found.jsonl")] == ["forss", "forss"]
    assert not (folder / "output").exists()


def test_crawls_at_the_same_time(folder: Path, sandbox: Sandbox) -> None:
    async def all_at_once() -> list[CrawlResult]:
        alike = [calling("user", folder, sandbox=sandbox, user="forss", include="followers") for _ in range(3)]
        other = calling("track_comments", folder, sandbox=sandbox, track="forss/flickermood", threaded=True)
        return list(await asyncio.gather(*alike, other))

    *alike, other = asyncio.run(all_at_once())

    assert len({result.output for result in alike}) == 3
    assert len({str(rows(result.output)) for result in alike if result.output}) == 1
    assert other.counts["comment"] > 100


def test_what_fails_is_told_by_the_result(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    result = call("user", user="nobody-at-all")

    assert (result.finish_reason, result.exit_code) == ("incomplete", 1)
    assert result.listings == {"not_found": 1}
    assert result.incomplete == ("resolve of nobody-at-all: not_found",)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_preview_is_in_the_summary(call: Call, folder: Path) -> None:
    result = call("user_graph", user="forss", preview=True)

    assert "followers of forss: " in str(result)
    assert (result.output, result.counts) == (None, {})
    assert not list(folder.rglob("*.jsonl"))


def test_nothing_is_printed_but_problems(
    call: Call, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    call("user", user="forss")
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    assert capfd.readouterr() == ("", "")


def test_the_environment_is_read_at_each_call(folder: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, url in sandbox.urls.items():
        monkeypatch.setenv(name, url)
    for kind in ("user", "edge"):
        monkeypatch.setenv("SC_KINDS", kind)
        result = asyncio.run(sc_spiders.crawl("user", user="forss", include="profile,likes"))
        assert result.counts.keys() == {kind}

    result = asyncio.run(sc_spiders.crawl("user", user="forss", settings={"SC_KINDS": "user"}))
    assert result.counts.keys() == {"user"}


REFUSED = [
    ({}, "user: user is missing: which users"),
    ({"user": "forss", "include": ["likes", "folowers"]}, "user: include=folowers: unknown; did you mean followers?"),
    ({"user": "forss", "dept": 2}, "user: there is no argument 'dept'"),
    ({"user": "forss", "crawler": 1}, "user: there is no argument 'crawler'"),
    ({"user": "forss", "preview": 2}, "user: preview=2: neither 0 nor 1"),
    ({"user": "@absent.txt"}, "user: user: "),
    ({"user": "forss", "settings": {"SC_RAET": 1}}, "SC_RAET, given by -s or in settings.py, is no setting"),
    ({"user": "forss", "settings": {"SC_RATE": "fast"}}, "SC_RATE is 'fast'; it takes a number from 0"),
    ({"user": "forss", "settings": {"DOWNLOAD_DELAY": "x"}}, "DOWNLOAD_DELAY is 'x'; it takes a number"),
    ({"user": "forss", "settings": {"FEEDS": "x"}}, "FEEDS is 'x'; it takes an object"),
    ({"user": "forss", "output": "x.foo"}, "x.foo: no known format; end the name with .jsonl"),
    ({"user": "forss", "output": Path("x.jsonl.gz")}, "x.jsonl.gz: compress it when the crawl is over"),
    ({"user": "forss", "output": "%(nam)s.jsonl"}, "the output %(nam)s.jsonl has an unknown placeholder, %(nam)s"),
    (
        {"user": "forss", "output": "/proc/x.jsonl"},
        "The output or the job directory cannot be written there; choose another place: ",
    ),
    ({"user": "forss/x/s-AbCdEfG"}, "user: user: holds a private share link"),
    ({"user": "me", "include": "xxxxxxSECRETxxxxxxSECRETxxxxxxxx"}, "user: include holds a credential of the settings"),
]


@pytest.mark.parametrize(("given", "says"), REFUSED, ids=[str(given)[:50] for given, _ in REFUSED])
def test_what_the_command_refuses_raises_its_words(
    folder: Path, caplog: pytest.LogCaptureFixture, given: dict[str, Any], says: str
) -> None:
    secret = "xxxxxxSECRETxxxxxxSECRETxxxxxxxx"
    settings = {"SC_CLIENT_ID": secret, **given.pop("settings", {})}

    with pytest.raises(ArgumentError) as raised:
        asyncio.run(calling("user", folder, settings=settings, **given))

    assert str(raised.value).startswith(says)
    assert "\n" not in str(raised.value)
    assert secret not in str(raised.value)
    assert "AbCdEfG" not in str(raised.value)
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    assert not list(folder.rglob("*.jsonl"))


def test_an_unknown_spider(call: Call) -> None:
    with pytest.raises(
        ArgumentError, match=r"^there is no spider 'users'; did you mean user\? There are apply, charts"
    ):
        call("users", user="forss")


def test_credentials_that_are_refused_end_with_their_code(
    folder: Path, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {"SC_CLIENT_ID": "x" * 32}
    result = asyncio.run(calling("user", folder, sandbox=sandbox, settings=settings, user="forss"))

    assert (result.finish_reason, result.exit_code) == ("credentials", 4)
    (error,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert error.startswith("the credentials are refused (401")
    assert "x" * 32 not in error


def test_a_server_that_is_not_there(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    result = asyncio.run(calling("user", folder, user="forss"))

    assert (result.finish_reason, result.exit_code) == ("wait", 3)
    assert any(NOWHERE in record.getMessage() for record in caplog.records)


# -- stopping


async def until(moment: Callable[[], bool]) -> None:
    """Wait for that moment, and let the crawl go on meanwhile."""
    async with asyncio.timeout(PATIENCE):
        while not moment():  # noqa: ASYNC110  # no crawl tells of it
            await asyncio.sleep(0.001)


async def stopped(folder: Path, sandbox: Sandbox, moment: Callable[[], bool]) -> None:
    """Begin a crawl, and cancel it once `moment` is true."""
    slow = {"DOWNLOAD_DELAY": 0.2}
    task = asyncio.ensure_future(calling("user_graph", folder, sandbox=sandbox, settings=slow, user="forss", depth=2))
    await until(moment)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_cancelled_crawl_goes_on_by_the_same_call(folder: Path, sandbox: Sandbox, call: Call) -> None:
    """It is cancelled at all stages: before it begins, while it begins, with its first pages, and in the middle."""

    def walked() -> int:
        return sum(file.read_bytes().count(b"\n") for file in folder.glob("output/user_graph/*/edge.jsonl"))

    def has_job() -> bool:
        return any(folder.glob("output/user_graph/*/.job"))

    asyncio.run(stopped(folder, sandbox, lambda: True))
    asyncio.run(stopped(folder, sandbox, has_job))
    asyncio.run(stopped(folder, sandbox, lambda: walked() > 0))
    before = walked()
    asyncio.run(stopped(folder, sandbox, lambda: walked() > before))

    result = call("user_graph", user="forss", depth=2)

    assert result.finish_reason == "finished"
    (only,) = (folder / "output" / "user_graph").iterdir()
    assert result.output == only
    whole = call("user_graph", user="forss", depth=2, output="whole.jsonl")
    assert whole.output
    kinds = ("user", "edge")
    assert [row for row in rows(only) if row["kind"] in kinds] == [
        row for row in rows(whole.output) if row["kind"] in kinds
    ]


class _Kept:
    """An extension that keeps its crawler."""

    crawler: Crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        cls.crawler = crawler
        return cls()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_second_cancellation_does_not_wait(folder: Path) -> None:
    """The server does not answer, so the end of the crawl would take long.

    The loop is closed while parts of the crawl still wait. They are collected here, not in another test, and for other
    tests the crawl is closed.
    """

    async def cancel_twice(server: Server) -> None:
        settings = {**server.settings, "EXTENSIONS": {_Kept: 0}}
        task = asyncio.ensure_future(calling("user", folder, settings=settings, user="1"))
        await until(lambda: bool(server.asked))
        task.cancel()
        await asyncio.sleep(0.1)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with Server(lambda path, turn: HANG) as server:
        asyncio.run(cancel_twice(server))
    garbage = _Kept.crawler.get_extension(Garbage)
    assert garbage
    garbage.spider_closed()
    del _Kept.crawler
    gc.collect()


def test_a_time_limit_stops_it(folder: Path, sandbox: Sandbox) -> None:
    async def limited() -> None:
        async with asyncio.timeout(1):
            await calling("user_graph", folder, sandbox=sandbox, settings={"DOWNLOAD_DELAY": 1}, user="forss", depth=2)

    with pytest.raises(TimeoutError):
        asyncio.run(limited())
    assert any(folder.glob("output/user_graph/*/.job"))


# -- the process


def test_a_process_with_a_reactor_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "twisted.internet.reactor", None)  # Scrapy looks there

    with pytest.raises(
        ReactorInstalled, match=r"^this process has a Twisted reactor: call `crawl` in one that has none"
    ):
        asyncio.run(sc_spiders.crawl("user", user="forss"))


def test_what_type_checkers_read_is_what_there_is() -> None:
    public = vars(sc_spiders)["_PUBLIC"]
    stub = Path(sc_spiders.__file__).with_name("__init__.pyi").read_text(encoding="utf-8")
    for name, module in public.items():
        assert f"from {module} import {name} as {name}\n" in stub
        assert getattr(sc_spiders, name).__name__ == name
    assert stub.count(" as ") == len(public)
