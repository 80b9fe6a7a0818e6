"""Runs `scrapy` like a user, in its own process and folder, and reads its output."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.process import Inside, Process
from sc_spiders.api.hosts import SETTINGS
from sc_spiders.sandbox import Sandbox

from .patience import PATIENCE

ROOT = Path(__file__).parents[2]
# No request leaves this machine: without a sandbox, all URLs lead to a closed port.
NOWHERE = "http://127.0.0.1:9"
ADDRESSES = tuple(name for name, _ in SETTINGS.values())

# Python, Scrapy and Twisted log such lines for a bug.
_BROKEN = re.compile(r"Traceback| CRITICAL: |Unhandled [Ee]rror|\b[A-Z]\w+Warning: ")

Record = dict[str, Any]


@dataclass
class Crawl:
    """The log and the output of a finished `scrapy crawl`."""

    code: int
    log: str
    folder: Path
    files: dict[str, Path] = field(default_factory=dict)

    def records(self, kind: str) -> list[Record]:
        """The records of a kind from the default output, or from the file of `-o`."""
        path = self.files.get(kind)
        if path is None:
            return []
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    @property
    def urns(self) -> set[str]:
        """URNs of all users, tracks and playlists that have a record."""
        return {record["urn"] for kind in ("user", "track", "playlist") for record in self.records(kind)}

    @property
    def edges(self) -> set[tuple[str, str, str]]:
        return {(edge["relation"], edge["source"], edge["target"]) for edge in self.records("edge")}

    @property
    def last(self) -> Record:
        """The `crawl` record."""
        (record,) = self.records("crawl")
        return record

    @property
    def errors(self) -> list[str]:
        """Log lines of level ERROR, without time and logger."""
        return [line.split(" ERROR: ", 1)[1] for line in self.log.splitlines() if " ERROR: " in line]


def odd_lines(log: str, *, warnings: bool) -> list[str]:
    """Log lines that only a bug of ours causes. `warnings`: also warnings."""
    odd = _BROKEN if not warnings else re.compile(f"{_BROKEN.pattern}| WARNING: ")
    return [line for line in log.splitlines() if odd.search(line)]


def crawl_words(spider: str, *options: str, **arguments: Any) -> list[str]:
    """The command line of `scrapy crawl`."""
    pairs = [word for name, value in arguments.items() for word in ("-a", f"{name}={value}")]
    return ["crawl", spider, *pairs, *options]


class Crawls:
    """Runs crawls in one folder.

    No server may make a crawl log a traceback, and no crawl that exits with 0 may log a warning. This is checked for
    each crawl, unless the test adds a bug (`broken`) or is about a warning (`warned`).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def environment(self, sandbox: Sandbox | None = None, **settings: Any) -> dict[str, str]:
        """The environment of a crawl: this process's without our settings, then URLs, then `settings`."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SC_")}
        urls = sandbox.urls if sandbox else dict.fromkeys(ADDRESSES, NOWHERE)
        given = {name: str(value) for name, value in settings.items()}
        return {
            **clean,
            **urls,
            "SC_TOKEN_FILE": str(self.folder / "tokens.json"),
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
        words = crawl_words(spider, *options, **arguments)
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
        assert broken or not odd_lines(crawl.log, warnings=crawl.code == 0 and not warned), crawl.log
        return crawl

    def command(
        self, *words: str, sandbox: Sandbox | None = None, timeout: float = PATIENCE, **settings: Any
    ) -> Process:
        """Run `scrapy` with these words to its end: another command, or a crawl as a user types it."""
        process = Process(list(words), self.folder, self.environment(sandbox, **settings))
        process.wait(timeout)
        return process

    def ended(self, process: Process, spider: str = "", timeout: float = PATIENCE) -> Crawl:
        """Wait for a crawl's end, and read its output."""
        code = process.wait(timeout)
        return self.read(code, process.printed, spider)

    def read(self, code: int, log: str, spider: str) -> Crawl:
        """Read the output folder of the last crawl of that spider."""
        runs = sorted((self.folder / "output" / spider).glob("*")) if (self.folder / "output").is_dir() else []
        folder = runs[-1] if runs else self.folder
        return Crawl(code, log, folder, {path.stem: path for path in folder.glob("*.jsonl")})
