"""Completes the settings before they are frozen: the outputs, and the sandbox's address."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from scrapy import signals

from sc_spiders import records
from sc_spiders.api import APIS
from sc_spiders.api.hosts import Hosts, is_loopback
from sc_spiders.config.feeds import ENDINGS, check_storage, feeds, kinds_of
from sc_spiders.context import context
from sc_spiders.credentials import CredentialError, check_given, parse_share_tokens
from sc_spiders.errors import ArgumentError, BadHost
from sc_spiders.settings import DEFAULTS

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

logger = logging.getLogger(__name__)

# Above settings.py, below the command line.
_PRIORITY = 35

# Settings that are numbers, and their least value.
_LEAST = {
    "SC_SANDBOX_USERS": 1,
    "SC_SANDBOX_SEED": 0,
    "SC_PAGE_SIZE": 0,
    "SC_MAX_EMPTY_PAGES": 1,
    "SC_ATTEMPTS": 1,
    "SC_MAX_WAIT": 0,
    "SC_RATE": 0,
    "SC_LEASE": 1,
}
# Those that may be fractions, and the words for their values in messages.
_NUMBER_WORDS = {"SC_MAX_WAIT": "seconds", "SC_RATE": "a number", "SC_LEASE": "seconds"}
# Settings of Scrapy that must be off, and why.
_REFUSED = {
    "HTTPCACHE_ENABLED": "a cache stores credentials on disk, and its answers are out of date",
    "COOKIES_ENABLED": "the APIs need no session, and Scrapy would fetch a list of cookie domains from another host",
    "TELNETCONSOLE_ENABLED": "everybody who reaches that console can read the credentials",
}
_FLAGS = ("SC_SANDBOX", "SC_RAW", "SC_CSV_SAFE")


class Addon:
    """Checks our settings, starts the sandbox (`SC_SANDBOX=1`) and completes FEEDS.

    A bad setting is replaced by its default, so that nothing else fails because of it. The crawl's context keeps the
    problem, and `preflight` refuses the crawl.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def update_settings(self, settings: BaseSettings) -> None:
        problems = list(check_settings(settings))
        if not problems and settings.getbool("SC_SANDBOX"):
            problems += self._start_sandbox(settings)
        self._spare_delay(settings)
        settings.set("FEEDS", self._complete_feeds(settings, problems), priority="cmdline")
        if settings["SC_ITEMS"] == "record":
            settings.set(
                "ITEM_PROCESSOR", "sc_spiders.feeds.record_pipelines.RecordPipelineManager", priority=_PRIORITY
            )
        context(self.crawler).problems += problems

    def _spare_delay(self, settings: BaseSettings) -> None:
        """Set no delay for a server on this machine."""
        name = {"public": "SC_PUBLIC_URL"}.get(settings["SC_API"], "SC_V2_URL")
        if is_loopback(urlsplit(settings[name]).hostname or ""):
            settings.set("DOWNLOAD_DELAY", 0, priority=_PRIORITY)

    def _complete_feeds(self, settings: BaseSettings, problems: list[str]) -> dict[str, Any]:
        """The completed FEEDS. If they cannot be used: the default outputs, and the reason is added to `problems`."""
        try:
            completed = feeds(settings)
            for uri, options in completed.items():
                check_storage(self.crawler, settings, uri, options)
        except ArgumentError as e:
            problems.append(str(e))
            settings.set("FEEDS", {}, priority="cmdline")
            settings.set("FEED_EXPORT_BATCH_ITEM_COUNT", 0, priority="cmdline")
            return feeds(settings)
        return completed

    def _start_sandbox(self, settings: BaseSettings) -> list[str]:
        from sc_spiders.sandbox import Sandbox  # imports an HTTP server

        try:
            sandbox = Sandbox(
                users=settings.getint("SC_SANDBOX_USERS"),
                seed=settings.getint("SC_SANDBOX_SEED"),
                faults=settings["SC_SANDBOX_FAULTS"] or "",
            )
        except ValueError as e:
            return [f"SC_SANDBOX_FAULTS: {e}"]
        sandbox.start()
        for name, url in sandbox.urls.items():
            settings.set(name, url, priority="cmdline")
        self.crawler.signals.connect(sandbox.stop, signals.engine_stopped, weak=False)
        return []


def check_settings(settings: BaseSettings) -> Iterator[str]:
    """One line for each fault in our settings. A faulty setting is reset to its default."""
    yield from _check_numbers(settings)
    yield from _check_job_directory(settings)
    for name, why in _REFUSED.items():
        if settings.getbool(name):
            yield f"{name} must be off: {why}"
            settings.set(name, False, priority="cmdline")
    yield from _check_choices(settings)
    try:
        check_given(settings)
        parse_share_tokens(settings["SC_SECRET_TOKENS"] or "")
    except CredentialError as e:
        yield str(e)
        settings.set("SC_SECRET_TOKENS", "", priority="cmdline")
    try:
        Hosts.from_settings(settings)
    except BadHost as e:
        yield str(e)
        for name in DEFAULTS:
            if name.endswith("_URL"):
                _reset(settings, name)


def _check_numbers(settings: BaseSettings) -> Iterator[str]:
    for name, least in _LEAST.items():
        value = str(settings[name])
        if not _is_number(name, value, least):
            yield f"{name} is {value!r}; it takes {_NUMBER_WORDS.get(name, 'a whole number')} from {least}"
            _reset(settings, name)
    for name in _FLAGS:
        if str(settings[name]) not in {"0", "1", "True", "False"}:
            yield f"{name} is {settings[name]!r}; it takes 0 or 1"
            _reset(settings, name)


def _is_number(name: str, value: str, least: int) -> bool:
    try:
        if name in _NUMBER_WORDS:
            return math.inf > float(value) >= least
        return int(value) >= least
    except ValueError:
        return False


def _check_job_directory(settings: BaseSettings) -> Iterator[str]:
    if not settings["JOBDIR"]:
        return
    try:
        Path(settings["JOBDIR"]).mkdir(parents=True, exist_ok=True)
    except OSError as e:
        yield f"the job directory {settings['JOBDIR']} cannot be made: {e.strerror}"
        settings.set("JOBDIR", None, priority="cmdline")


def _check_choices(settings: BaseSettings) -> Iterator[str]:
    if settings["SC_ITEMS"] not in {"page", "record"}:
        yield f"SC_ITEMS is {settings['SC_ITEMS']!r}; it takes page or record"
        _reset(settings, "SC_ITEMS")
    if settings["SC_FORMAT"] not in ENDINGS:
        yield f"SC_FORMAT is {settings['SC_FORMAT']!r}; it takes jsonl or csv"
        _reset(settings, "SC_FORMAT")
    if unknown := next((kind for kind in kinds_of(settings) if kind not in records.FIELDS), None):
        yield f"SC_KINDS names {unknown!r}; the kinds are {', '.join(records.FIELDS)}"
        _reset(settings, "SC_KINDS")
    if settings["SC_API"] not in APIS:
        yield f"SC_API is {settings['SC_API']!r}; it takes v2 or public"
        _reset(settings, "SC_API")


def _reset(settings: BaseSettings, name: str) -> None:
    settings.set(name, DEFAULTS[name], priority="cmdline")
