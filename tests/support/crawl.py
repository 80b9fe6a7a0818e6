"""Runs crawls. Tests start a crawl in no other way.

`crawl` runs a crawl in the test's process, which is quick; `crawling` is its coroutine, for several crawls at once.
`Crawls.run` runs `scrapy crawl` like a user, in a process and folder of its own. All take the same words: the spider,
`sandbox` (or another server's addresses in `settings`), `settings`, and the spider's arguments. All return a `Crawl`.
`calling` calls `sc_spiders.crawl`, as programs do, and returns what they get.
`Crawls.one_by_one` runs many crawls that are refused, as typed, in one process.

No server may make a crawl log a traceback, and no crawl that exits with 0 may log a warning. This is checked for each
crawl, unless the test adds a bug (`broken`) or is about a warning (`warned`).
"""

from __future__ import annotations

import asyncio
import datetime
import io
import logging
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from itertools import takewhile
from pathlib import Path
from typing import Any, Self

import orjson
from scrapy import Spider
from scrapy.addons import AddonManager
from scrapy.cmdline import execute
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.project import get_project_settings

import sc_spiders
from bench.process import Inside, Process
from sc_spiders import CrawlResult
from sc_spiders.api.hosts import SETTINGS
from sc_spiders.extensions.exit_status import exit_code
from sc_spiders.sandbox import Sandbox
from sc_spiders.tool import main

from .patience import PATIENCE

ROOT = Path(__file__).parents[2]
# No request leaves this machine: without a sandbox, all URLs lead to a closed port.
NOWHERE = "http://127.0.0.1:9"
ADDRESSES = tuple(name for name, _ in SETTINGS.values())

# Python, Scrapy and Twisted log such lines for a bug.
_BROKEN = re.compile(r"Traceback| CRITICAL: |Unhandled [Ee]rror|\b[A-Z]\w+Warning: ")
# The log shows stats like this if STATS_DUMP=1.
_DUMPED = re.compile(r"Dumping Scrapy stats:\n(\{.*?\})$", re.DOTALL | re.MULTILINE)
# Scrapy warns of this in each crawl without a reactor.
_WITHOUT_REACTOR = "AiohttpDownloadHandler is experimental"
# Printed after each of several commands in one process, with its exit code.
_ENDED = "-- ended:"
# No output of a test is larger, but a few tests put gigabytes where an output could be.
_LARGEST = 64 * 1024 * 1024

Record = dict[str, Any]


@dataclass
class Crawl:
    """A finished crawl, and what was in its output folder at its end.

    `files`: the content of each file of records, by its name without `.jsonl`. `stats`: of a crawl in a process of its
    own, only with STATS_DUMP=1.
    """

    code: int
    log: str
    folder: Path
    stats: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        paths = sorted(path for path in self.folder.glob("*.jsonl") if path.is_file())
        self.files = {path.stem: _head(path) for path in paths}

    def records(self, kind: str) -> list[Record]:
        """The records of a kind. `rejected`: the objects that were rejected."""
        if kind == "rejected":
            return [row for name, data in self.files.items() if _is_of_rejected(name) for row in _rows(data)]
        if kind in self.files:
            return _rows(self.files[kind])
        return [row for row in self.rows if row.get("kind") == kind]

    @cached_property
    def rows(self) -> list[Record]:
        """The records of all kinds."""
        return [row for name, data in self.files.items() if not _is_of_rejected(name) for row in _rows(data)]

    @property
    def kinds(self) -> Counter[str]:
        """The number of records of each kind."""
        return Counter(row["kind"] for row in self.rows)

    def urns(self, *kinds: str) -> set[str]:
        """URNs of the records of these kinds, or of all users, tracks and playlists."""
        return {record["urn"] for kind in kinds or ("user", "track", "playlist") for record in self.records(kind)}

    def edges(self, relation: str) -> list[Record]:
        return [edge for edge in self.records("edge") if edge["relation"] == relation]

    @property
    def triples(self) -> set[tuple[str, str, str]]:
        """Relation, source and target of all edges."""
        return {(edge["relation"], edge["source"], edge["target"]) for edge in self.records("edge")}

    def listings(self, endpoint: str) -> list[Record]:
        return [listing for listing in self.records("listing") if listing["endpoint"] == endpoint]

    def listing(self, endpoint: str) -> Record:
        """The one listing of that endpoint."""
        (found,) = self.listings(endpoint)
        return found

    @property
    def last(self) -> Record:
        """The `crawl` record."""
        (record,) = self.records("crawl")
        return record

    @property
    def reason(self) -> Any:
        """The finish_reason in its stats."""
        return self.stats["finish_reason"]

    @property
    def errors(self) -> list[str]:
        """Log lines of level ERROR, without time and logger."""
        return [line.split(" ERROR: ", 1)[1] for line in self.log.splitlines() if " ERROR: " in line]


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST)


def _rows(data: bytes) -> list[Record]:
    return [orjson.loads(line) for line in data.splitlines()]


def _is_of_rejected(name: str) -> bool:
    return name == "rejected" or name.endswith(".rejected")


def odd_lines(log: str, *, warnings: bool) -> list[str]:
    """Log lines that only a bug of ours causes. `warnings`: also warnings."""
    odd = _BROKEN if not warnings else re.compile(f"{_BROKEN.pattern}| WARNING: ")
    return [line for line in log.splitlines() if odd.search(line)]


def _checked(crawl: Crawl, *, broken: bool, warned: bool) -> Crawl:
    assert broken or not odd_lines(crawl.log, warnings=crawl.code == 0 and not warned), crawl.log
    return crawl


# -- in the test's process


def crawler_of(spider: str | type[Spider], settings: dict[str, Any] | None = None) -> Crawler:
    """A crawler that has not begun, with the project's settings and these: ours as in the environment, others by -s."""
    given = _Given()
    given.setmodule((settings or {}).get("SCRAPY_SETTINGS_MODULE", "sc_spiders.settings"), priority="project")
    for name, value in (settings or {}).items():
        given.set(name, deepcopy(value), priority="project" if name.startswith("SC_") else "cmdline")
    AddonManager.load_pre_crawler_settings(given)
    if isinstance(spider, str):
        spider = _loader(*given.getlist("SPIDER_MODULES")).load(spider)
    return Crawler(spider, given)


class _Given(Settings):
    """The settings of one crawler. Scrapy copies them, in case others have them too; that takes long."""

    def copy(self) -> Self:
        return self


@cache
def _loader(*modules: str) -> SpiderLoader:
    return SpiderLoader.from_settings(Settings({"SPIDER_MODULES": list(modules)}))


async def crawling(
    spider: str | type[Spider],
    folder: Path,
    /,
    *,
    sandbox: Sandbox | None = None,
    settings: dict[str, Any] | None = None,
    before: Callable[[Crawler], object] | None = None,
    broken: bool = False,
    warned: bool = False,
    **arguments: Any,
) -> Crawl:
    """Run a crawl in this event loop. All its records go to out.jsonl in the folder.

    `before` gets the crawler before it begins. The log is what this process logs meanwhile: without a log level of the
    test, warnings and errors. With the setting JOBDIR, the next run resumes the crawl.
    """
    output = folder / "out.jsonl"
    given = {
        "FEEDS": {str(output): {"format": "jsonlines", "overwrite": True}},
        "TWISTED_REACTOR_ENABLED": False,
        **_of_every_crawl(folder, sandbox, settings),
    }
    if not given.get("JOBDIR"):
        output.unlink(missing_ok=True)
    crawler = crawler_of(spider, given)
    if before:
        before(crawler)
    with _logged() as log:
        await crawler.crawl_async(**{name: str(value) for name, value in arguments.items()})
    stats = crawler.stats.get_stats()
    found = Crawl(exit_code(stats.get("finish_reason")), log.getvalue(), folder, stats)
    return _checked(found, broken=broken, warned=warned)


def crawl(spider: str | type[Spider], folder: Path, /, **given: Any) -> Crawl:
    """Run a crawl in this process. It takes the arguments of `crawling`."""
    return asyncio.run(crawling(spider, folder, **given))


async def calling(
    spider: str,
    folder: Path,
    /,
    *,
    sandbox: Sandbox | None = None,
    settings: dict[str, Any] | None = None,
    **given: Any,
) -> CrawlResult:
    """Run a crawl by `sc_spiders.crawl`. By default it writes to the current folder."""
    return await sc_spiders.crawl(spider, settings=_of_every_crawl(folder, sandbox, settings), **given)


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    """What this process logs meanwhile."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s: %(message)s"))
    handler.addFilter(lambda record: _WITHOUT_REACTOR not in record.getMessage())
    logging.getLogger().addHandler(handler)
    try:
        yield text
    finally:
        logging.getLogger().removeHandler(handler)


def _of_every_crawl(folder: Path, sandbox: Sandbox | None, settings: dict[str, Any] | None) -> dict[str, Any]:
    """The settings without which no test crawls, then these."""
    urls = sandbox.urls if sandbox else dict.fromkeys(ADDRESSES, NOWHERE)
    return {**urls, "SC_TOKEN_FILE": str(folder / "tokens.json"), **(settings or {})}


# -- in a process of its own


class Crawls:
    """Runs crawls in one folder, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def environment(self, sandbox: Sandbox | None = None, **settings: Any) -> dict[str, str]:
        """The environment of a crawl: this process's without our settings, then URLs, then `settings`."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SC_")}
        given = {name: str(value) for name, value in _of_every_crawl(self.folder, sandbox, settings).items()}
        return {
            **clean,
            "PYTHONPATH": str(ROOT),
            "SCRAPY_SETTINGS_MODULE": "sc_spiders.settings",
            "PYTHONWARNINGS": "error",
            **given,
        }

    def start(
        self,
        spider: str,
        *options: str,
        sandbox: Sandbox | None = None,
        settings: dict[str, Any] | None = None,
        inside: Inside | None = None,
        **arguments: Any,
    ) -> Process:
        """Begin a crawl. `settings`: for its environment, `options`: for its command line; `inside`: see `Process`."""
        pairs = [word for name, value in arguments.items() for word in ("-a", f"{name}={value}")]
        words = ["crawl", spider, *pairs, *options]
        return Process(words, self.folder, self.environment(sandbox, **(settings or {})), inside)

    def run(
        self,
        spider: str,
        *options: str,
        timeout: float = PATIENCE,
        broken: bool = False,
        warned: bool = False,
        **arguments: Any,
    ) -> Crawl:
        """Run a crawl to its end. It takes the arguments of `start`."""
        crawl = self.ended(self.start(spider, *options, **arguments), spider, timeout)
        return _checked(crawl, broken=broken, warned=warned)

    def script(
        self,
        spider: type[Spider],
        sandbox: Sandbox | None = None,
        settings: dict[str, Any] | None = None,
        **arguments: Any,
    ) -> Crawl:
        """Run a crawl to its end by a script, as Scrapy's documentation shows."""
        environment = self.environment(sandbox, **(settings or {}))
        process = Process([], self.folder, environment, main=partial(_script, spider, arguments))
        return self.ended(process, spider.name)

    def command(
        self,
        *words: str,
        sandbox: Sandbox | None = None,
        timeout: float = PATIENCE,
        inside: Inside | None = None,
        **settings: Any,
    ) -> Process:
        """Run `scrapy` with these words to its end: another command, or a crawl as a user types it."""
        process = self.begin(*words, sandbox=sandbox, inside=inside, **settings)
        process.wait(timeout)
        return process

    def begin(
        self, *words: str, sandbox: Sandbox | None = None, inside: Inside | None = None, **settings: Any
    ) -> Process:
        """Begin `scrapy` with these words."""
        return Process(list(words), self.folder, self.environment(sandbox, **settings), inside)

    def one_by_one(self, commands: Sequence[Sequence[str]], **settings: Any) -> list[Crawl]:
        """Run commands that are refused before their crawl begins, all in one process. NAME=value may stand before one.

        A fork takes as long as a refusal. Without a reactor, because that runs only once in a process.
        """
        process = Process([], self.folder, self.environment(**settings), main=partial(_one_by_one, commands))
        process.wait()
        ended = re.findall(rf"(.*?)^{_ENDED} (\S+)\n", process.err, re.DOTALL | re.MULTILINE)
        assert len(ended) == len(commands), process.printed
        return [Crawl(int(code), log, self.folder) for log, code in ended]

    def tool(
        self,
        *words: str,
        sandbox: Sandbox | None = None,
        timeout: float = PATIENCE,
        inside: Inside | None = None,
        **settings: Any,
    ) -> Process:
        """Run `sc-spiders` with these words to its end."""
        environment = self.environment(sandbox, **settings)
        process = Process([], self.folder, environment, inside, main=partial(_tool, words))
        process.wait(timeout)
        return process

    def ended(self, process: Process, spider: str = "", timeout: float = PATIENCE) -> Crawl:
        """Wait for a crawl's end, and read its output."""
        code = process.wait(timeout)
        return self.read(code, process.printed, spider)

    def read(self, code: int, log: str, spider: str) -> Crawl:
        """Read the output folder of the last crawl of that spider."""
        runs = sorted((self.folder / "output" / spider).glob("*")) if (self.folder / "output").is_dir() else []
        return Crawl(code, log, runs[-1] if runs else self.folder, _dumped(log))


def _tool(words: Sequence[str]) -> None:
    """What the script `sc-spiders` does, in a process that was started by another name."""
    sys.argv = ["sc-spiders", *words]
    main(words)


def _one_by_one(commands: Sequence[Sequence[str]]) -> None:
    """Run `scrapy` commands one by one. All output goes to standard error. After each, a line tells its exit code."""
    os.dup2(2, 1)
    for words in commands:
        given = list(takewhile(lambda word: "=" in word, words))
        with _environment(dict(word.split("=", 1) for word in given)):
            sys.argv = ["scrapy", *words[len(given) :], "-s", "TWISTED_REACTOR_ENABLED=0"]
            code: object = 0
            try:
                execute()
            except SystemExit as e:
                code = e.code
            print(_ENDED, code, flush=True)


@contextmanager
def _environment(given: dict[str, str]) -> Iterator[None]:
    """The environment with these variables, also for our settings."""
    sys.modules.pop("sc_spiders.settings", None)
    vars(sc_spiders).pop("settings", None)
    before = dict(os.environ)
    os.environ.update(given)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _script(spider: type[Spider], arguments: dict[str, Any]) -> None:
    process = AsyncCrawlerProcess(get_project_settings())
    process.crawl(spider, **arguments)
    process.start()


def _dumped(log: str) -> dict[str, Any]:
    """The stats that a log shows."""
    found = _DUMPED.findall(log)
    stats: dict[str, Any] = eval(found[-1], {"datetime": datetime}) if found else {}
    return stats
