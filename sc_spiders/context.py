"""The parts of one crawl. Each is registered under its class, or under the protocol that it implements."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

Part = TypeVar("Part")

logger = logging.getLogger(__name__)


class CrawlContext:
    """The parts of one crawl.

    `problems`: why the crawl cannot begin, as found before the spider was made. `trials`: called before the first
    request; each raises ArgumentError if the crawl cannot begin. `resume_checks`: called when a resumed crawl can
    send requests; each raises ActionsStopped if the crawl must not go on. `refuse` is called with the
    line that tells why the crawl cannot begin or go on; by default it logs the line. `home`: the folder of the spider's
    output folders, if this crawl writes to one and can be resumed there.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.trials: list[Callable[[], Awaitable[None]]] = []
        self.resume_checks: list[Callable[[], Awaitable[None]]] = []
        self.refuse: Callable[[str], object] = _log
        self.home: Path | None = None
        self._parts: dict[type, object] = {}

    def add(self, kind: type[Part], part: Part) -> None:
        """Register a part under `kind`."""
        self._parts[kind] = part

    def get(self, kind: type[Part]) -> Part:
        """The part of that kind. Raises KeyError if there is none (yet)."""
        return cast("Part", self._parts[kind])

    def find(self, kind: type[Part]) -> Part | None:
        """The part of that kind; None if there is none."""
        return cast("Part | None", self._parts.get(kind))

    def get_or_make(self, kind: type[Part]) -> Part:
        """The part of that kind. If there is none yet, it is made without arguments."""
        if kind not in self._parts:
            self._parts[kind] = kind()
        return self.get(kind)


def _log(line: str) -> None:
    logger.error("%s", line)


_contexts: WeakKeyDictionary[Any, CrawlContext] = WeakKeyDictionary()


def context(crawler: Any) -> CrawlContext:
    found = _contexts.get(crawler)
    if found is None:
        found = _contexts[crawler] = CrawlContext()
    return found
