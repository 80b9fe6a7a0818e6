"""Extensions that observe one crawl of a bench, and the crawl that runs them."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from bench.crawls import ADDONS, Bench


class Observer(ABC):
    """Measures from the opening of the spider to its end. Writes its result to the file in the setting OBSERVED."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        observer = cls(Path(crawler.settings["OBSERVED"]))
        crawler.signals.connect(observer.begin, signals.spider_opened)
        crawler.signals.connect(observer.close, signals.spider_closed)
        return observer

    @abstractmethod
    def begin(self) -> None:
        """Starts to measure."""

    @abstractmethod
    def end(self) -> Any:
        """Stops measuring. Returns the result, which must fit into JSON."""

    def close(self) -> None:
        self._path.write_text(json.dumps(self.end()))


class AddObserver:
    """Adds the extension in the setting OBSERVER."""

    def update_settings(self, settings: BaseSettings) -> None:
        settings["EXTENSIONS"][settings["OBSERVER"]] = 999


def observed(bench: Bench, observer: str, ids: list[int], *options: str) -> Any:
    """Crawls the followers of these users. Returns the result of the observer, given by its import path."""
    addons: dict[str, Any] = {**ADDONS, "bench.observer.AddObserver": 200}
    del addons["bench.probe.AddProbe"]
    command = bench.ours("user_graph", "user", ids, "-a", "relations=followers")
    with NamedTemporaryFile() as file:
        for name, value in (("OBSERVER", observer), ("OBSERVED", file.name), ("ADDONS", json.dumps(addons))):
            command += ["-s", f"{name}={value}"]
        bench.run([*command, *options])
        return json.loads(Path(file.name).read_text())
