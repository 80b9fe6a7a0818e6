"""What a user sees at a terminal while a crawl runs, and after it."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from scrapy.crawler import Crawler
from scrapy.settings import Settings
from scrapy.spiderloader import get_spider_loader

from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.extensions import display
from sc_spiders.extensions.display import Display
from sc_spiders.extensions.snapshot import about
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls

from .terminal import Lines, Terminal

LOG = re.compile(r"\d\d:\d\d:\d\d [A-Z]+: ")
COLOUR = re.compile(rb"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def slow() -> Iterator[Sandbox]:
    """A slow sandbox that sometimes fails, and asks for one wait."""
    with Sandbox(users=100, seed=1, latency=60, faults="429seconds@/users/*/followers#12,wait=2") as sandbox:
        yield sandbox


@contextmanager
def crawl(
    crawls: Crawls,
    sandbox: Sandbox,
    *options: str,
    size: tuple[int, int] = (160, 30),
    depth: int = 2,
    environment: dict[str, str] | None = None,
) -> Iterator[Terminal]:
    words = ("user_graph", *options)
    terminal = Terminal(*size, crawls, *words, sandbox=sandbox, settings=environment, user="forss", depth=depth)
    try:
        yield terminal
    finally:
        terminal.close()


@pytest.mark.parametrize("first", [0, 1], ids=["the first ends first", "the second ends first"])
def test_two_displays_give_the_log_its_stream_back(monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    monkeypatch.setattr(display, "get_scrapy_root_handler", lambda: handler)
    both = [Display(), Display()]
    for one in (both[first], both[1 - first]):
        assert handler.stream is not stream
        one.end()

    assert handler.stream is stream


def has(*words: str) -> Callable[[Lines], bool]:
    return lambda lines: all(word in "\n".join(lines) for word in words)


def shown(lines: Lines) -> Lines:
    """The lines that are not from the log."""
    return [line for line in lines if not LOG.match(line)]


def test_a_wide_terminal(crawls: Crawls, slow: Sandbox) -> None:
    with crawl(crawls, slow) as terminal:
        early = terminal.until(has("(estimate)", "edges, "))
        held = terminal.until(has("waiting", "API: 0:00:0"))
        late = terminal.until(has("left (estimate)", "in the queue", "walking"))
        code = terminal.finish()

    assert code == 0
    for screen in (early, held, late):
        (head,) = [line for line in screen if line.startswith("user_graph forss")]
        assert re.search(r"0:00:\d\d  \d+\.\d pages/s", head)
        (records,) = [line for line in screen if line.startswith("records")]
        assert re.search(r"[\d,]+ edges, [\d,]+ users?", records)
        (listings,) = [line for line in screen if line.startswith("listings")]
        assert re.search(r"[\d,]+ complete, [\d,]+ in the queue", listings)
    assert re.search(r"\d+%, 0:\d\d:\d\d left \(estimate\)", "\n".join(late))
    # At the end only the log is left, in whole lines, and the terminal's modes are restored.
    assert shown(terminal.all) == []
    assert any("INFO: user_graph: finished (exit code 0)" in line for line in terminal.all)
    # Also not meanwhile: a crawl that is killed could not bring the cursor back.
    assert b"\x1b[?25l" not in terminal.raw


def test_a_narrow_and_low_terminal(crawls: Crawls, slow: Sandbox) -> None:
    with crawl(crawls, slow, size=(40, 10)) as terminal:
        screen = terminal.until(has("in the queue", " edges, "))
        assert terminal.finish() == 0

    # A narrow display omits labels and the present listings. No line is wrapped.
    assert not any(line.startswith(("records", "walking")) for line in screen)
    assert any(re.match(r"[\d,]+ edges, ", line) for line in screen)
    assert len([line for line in screen if "in the queue" in line]) == 1
    assert not any("queue" in line for line in terminal.all)


def test_colours_only_where_they_are_wanted(crawls: Crawls, slow: Sandbox) -> None:
    with crawl(crawls, slow) as terminal:
        terminal.until(has("(estimate)"))
        terminal.interrupt()
        terminal.finish()
    assert b"38;5;" in b"".join(COLOUR.findall(terminal.raw))

    with crawl(crawls, slow, environment={"NO_COLOR": "1"}) as terminal:
        terminal.until(has("(estimate)", "walking"))
        terminal.interrupt()
        terminal.finish()
    assert not re.search(rb"\x1b\[[0-9;]*(3[0-7]|38;|9[0-7])[0-9;]*m", terminal.raw)


def test_ctrl_c_once_and_twice(crawls: Crawls, slow: Sandbox) -> None:
    with crawl(crawls, slow, "-s", "JOBDIR=job") as terminal:
        terminal.until(has("edge"))
        terminal.interrupt()
        assert terminal.finish() == 3
    assert any("shutdown (exit code 3): the same command goes on" in line for line in terminal.all)
    assert not any(line.endswith(": interrupted") for line in terminal.all)

    with crawl(crawls, slow, "-s", "JOBDIR=job") as terminal:
        terminal.until(has("Going on with the crawl", "edge"))
        terminal.interrupt()
        terminal.until(has("shutting down"))
        terminal.interrupt()
        assert terminal.finish() == 3
    assert "Traceback" not in "\n".join(terminal.all)


@pytest.mark.parametrize("options", [("--nolog",), ("--loglevel", "WARNING")], ids="".join)
def test_who_asks_for_quiet_has_quiet(crawls: Crawls, sandbox: Sandbox, options: tuple[str, ...]) -> None:
    with crawl(crawls, sandbox, *options, depth=1) as terminal:
        assert terminal.finish() == 0

    assert terminal.raw == b""


@pytest.mark.parametrize(
    ("options", "environment"),
    [((), {"TERM": "dumb"}), (("-o", "-:jsonl", "-s", "SC_KINDS=listing"), {})],
    ids=["dumb", "records to the screen"],
)
def test_no_display_where_it_would_do_harm(
    crawls: Crawls, sandbox: Sandbox, options: tuple[str, ...], environment: dict[str, str]
) -> None:
    with crawl(crawls, sandbox, *options, depth=1, environment=environment) as terminal:
        assert terminal.finish() == 0

    assert b"\x1b[" not in terminal.raw


@pytest.mark.parametrize(
    ("spider", "arguments", "head"),
    [
        ("search", {"q": "slow night", "type": "tracks"}, "search slow night"),
        ("charts", {"genre": "techno"}, "charts trending techno"),
        ("tag", {"tag": "techno"}, "tag techno"),
        ("featured", {}, "featured all-music"),
        ("resolve", {"url": "https://soundcloud.com/forss"}, "resolve https://soundcloud.com/forss"),
        ("user", {"user": "forss,183"}, "user forss,183"),
        ("discover", {}, "discover"),
    ],
)
def test_the_head_says_what_the_crawl_is_about(spider: str, arguments: dict[str, str], head: str) -> None:
    settings = Settings()
    settings.setmodule("sc_spiders.settings")
    kind = get_spider_loader(settings).load(spider)
    made = kind.from_crawler(Crawler(kind, settings), **arguments)
    assert isinstance(made, ApiSpider)
    assert f"{spider} {about(made)}".strip() == head
