"""Checks Scrapy's own settings: a bad value would give a traceback, and with a 0 a crawl may never end."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.settings import default_settings

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

# Their defaults are whole numbers, but they may be fractions.
_SECONDS = frozenset({"DNS_TIMEOUT", "DOWNLOAD_DELAY", "DOWNLOAD_TIMEOUT"})
# With 0 nothing would be sent or processed.
_ONE_AT_LEAST = frozenset(
    {"CONCURRENT_ITEMS", "CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN", "REACTOR_THREADPOOL_MAXSIZE"}
)


def misfits(settings: BaseSettings) -> Iterator[tuple[str, str]]:
    """The name of each faulty setting, and a line about it."""
    readers: dict[type, tuple[Callable[[str], Any], str]] = {
        bool: (settings.getbool, "0 or 1"),
        int: (settings.getint, "a whole number"),
        float: (settings.getfloat, "a number"),
        dict: (settings.getdict, "a JSON object"),
    }
    for name, value in settings.items():
        kind = _kind(str(name))
        if kind not in readers or value is None or value is getattr(default_settings, str(name), None):
            continue
        read, what = readers[kind]
        if wanted := _wanted(str(name), read, what):
            yield str(name), f"{name} is {value!r}; it takes {wanted}"
    level = str(settings["LOG_LEVEL"])
    if level.upper() not in logging.getLevelNamesMapping():
        yield "LOG_LEVEL", f"LOG_LEVEL is {level!r}; it takes DEBUG, INFO, WARNING, ERROR or CRITICAL"
    if settings["LOG_FILE"]:
        try:
            Path(settings["LOG_FILE"]).open("ab").close()
        except OSError as e:
            yield "LOG_FILE", f"the log {settings['LOG_FILE']} cannot be written: {e.strerror}"


def _kind(name: str) -> type:
    if name in _SECONDS:
        return float
    return type(getattr(default_settings, name, None))


def _wanted(name: str, read: Callable[[str], Any], what: str) -> str:
    """If the setting is bad: the values that it may have, for the message. "" if it is good."""
    try:
        found = read(name)
        if name in _ONE_AT_LEAST and found < 1:
            return "a whole number from 1"
    except (ValueError, TypeError):
        return what
    if isinstance(found, float) and not math.isfinite(found):
        return what
    return ""
