"""Whether Scrapy's own settings can be used: what it cannot read gives a traceback, and a zero a crawl without end."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.settings import default_settings

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

# Whole numbers by default that are read as seconds all the same.
_SECONDS = frozenset({"DNS_TIMEOUT", "DOWNLOAD_DELAY", "DOWNLOAD_TIMEOUT"})
# With none of these nothing is ever sent, or taken in.
_ONE_AT_LEAST = frozenset(
    {"CONCURRENT_ITEMS", "CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN", "REACTOR_THREADPOOL_MAXSIZE"}
)


def misfits(settings: BaseSettings) -> Iterator[str]:
    """What is wrong with them, a line each."""
    readers: dict[type, tuple[Callable[[str], Any], str]] = {
        bool: (settings.getbool, "0 or 1"),
        int: (settings.getint, "a whole number"),
        float: (settings.getfloat, "a number"),
        dict: (settings.getdict, "a JSON object"),
    }
    for name, value in settings.items():
        kind = _kind(str(name))
        if kind not in readers or value is None:
            continue
        read, what = readers[kind]
        if wanted := _wanted(str(name), read, what):
            yield f"{name} is {value!r}; it takes {wanted}"
    level = str(settings["LOG_LEVEL"])
    if level.upper() not in logging.getLevelNamesMapping():
        yield f"LOG_LEVEL is {level!r}; it takes DEBUG, INFO, WARNING, ERROR or CRITICAL"
    if settings["LOG_FILE"]:
        try:
            Path(settings["LOG_FILE"]).open("ab").close()
        except OSError as e:
            yield f"the log {settings['LOG_FILE']} cannot be written: {e.strerror}"


def _kind(name: str) -> type:
    if name in _SECONDS:
        return float
    return type(getattr(default_settings, name, None))


def _wanted(name: str, read: Callable[[str], Any], what: str) -> str:
    """What the setting takes, where it has something else; "" where it is good."""
    try:
        found = read(name)
        if name in _ONE_AT_LEAST and found < 1:
            return "a whole number from 1"
    except (ValueError, TypeError):
        return what
    if isinstance(found, float) and not math.isfinite(found):
        return what
    return ""
