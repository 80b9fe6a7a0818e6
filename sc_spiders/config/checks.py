"""Checks our settings, and settings of Scrapy that must be off in our crawls."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.settings import SETTINGS_PRIORITIES, default_settings

from sc_spiders import records
from sc_spiders.api import APIS
from sc_spiders.api.hosts import Hosts
from sc_spiders.base_spiders.arguments import did_you_mean, duration
from sc_spiders.config import names
from sc_spiders.config.feeds import ENDINGS, kinds_of
from sc_spiders.config.scrapy_settings import misfits
from sc_spiders.credentials import CredentialError, check_given, parse_share_tokens
from sc_spiders.errors import ArgumentError, BadHost, MissingLibrary, needs
from sc_spiders.settings import DEFAULTS

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

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
    "SC_SETTLE": 0,
    "SC_WRITE_DELAY": 0,
}
# Those that may be fractions, and the words for their values in messages.
_NUMBER_WORDS = {"SC_MAX_WAIT": "seconds", "SC_RATE": "a number", "SC_LEASE": "seconds"} | {
    "SC_SETTLE": "seconds",
    "SC_WRITE_DELAY": "seconds",
}
# Settings of Scrapy that must be off, and why.
_REFUSED = {
    "HTTPCACHE_ENABLED": "a cache stores credentials on disk, and its answers are out of date",
    "COOKIES_ENABLED": "the APIs need no session, and Scrapy would fetch a list of cookie domains from another host",
    "TELNETCONSOLE_ENABLED": "everybody who reaches that console can read the credentials",
    "REMOTE_CONTROL_ENABLED": "everybody who reaches that port can read the credentials",
    "DEPTH_LIMIT": "a list's pages are no levels; user_graph takes depth=N and max_users=N, search takes limit=N",
    "HTTPAUTH_USER": "requests carry SoundCloud's credentials and no others",
    "HTTPAUTH_PASS": "requests carry SoundCloud's credentials and no others",
}
_REACTOR = default_settings.TWISTED_REACTOR
_FLAGS = ("SC_SANDBOX", "SC_RAW", "SC_CSV_SAFE", "SC_FRESH", "SC_PSEUDONYM_TEXTS")
_FLAG_WORDS = {
    **dict.fromkeys(("0", "false", "no", "off"), "0"),
    **dict.fromkeys(("1", "true", "yes", "on"), "1"),
}


def check_settings(settings: BaseSettings) -> Iterator[str]:
    """One line for each fault in our settings. A faulty setting is reset to its default."""
    yield from names.unknown(settings)
    yield from _check_scrapys(settings)
    yield from _check_flags(settings)
    yield from _check_numbers(settings)
    yield from _check_job_directory(settings)
    yield from _check_choices(settings)
    yield from _check_redis(settings)
    yield from _check_command(settings)
    yield from _check_age(settings)
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


def _check_redis(settings: BaseSettings) -> Iterator[str]:
    if not settings["SC_REDIS_URL"]:
        return
    try:
        with needs("redis", "SC_REDIS_URL"):
            import_module("redis")
    except MissingLibrary as e:
        yield str(e)
        settings.set("SC_REDIS_URL", "", priority="cmdline")


def _check_scrapys(settings: BaseSettings) -> Iterator[str]:
    for name, problem in misfits(settings):
        yield problem
        settings.set(name, getattr(default_settings, name), priority="cmdline")
    for name, why in _REFUSED.items():
        value, default = settings[name], getattr(default_settings, name)
        if _is_explicit(settings, name) and str(value) not in {"", "0", "False", "false"}:
            yield f"{name} must be off: {why}"
            settings.set(name, type(default)(), priority="cmdline")
    reactor = settings["TWISTED_REACTOR"]
    if settings.getbool("TWISTED_REACTOR_ENABLED") and reactor not in (_REACTOR, None):
        yield f"TWISTED_REACTOR is {reactor}, but a crawl needs asyncio: leave it out"


def _is_explicit(settings: BaseSettings, name: str) -> bool:
    """Whether somebody has set it: in a project, in a spider, or by -s."""
    return (settings.getpriority(name) or 0) > SETTINGS_PRIORITIES["addon"]


def _check_numbers(settings: BaseSettings) -> Iterator[str]:
    for name, least in _LEAST.items():
        value = str(settings[name])
        if not _is_number(name, value, least):
            yield f"{name} is {value!r}; it takes {_NUMBER_WORDS.get(name, 'a whole number')} from {least}"
            _reset(settings, name)


def _check_flags(settings: BaseSettings) -> Iterator[str]:
    for name in _FLAGS:
        flag = _FLAG_WORDS.get(str(settings[name]).strip().lower())
        if flag is None:
            yield f"{name} is {settings[name]!r}; it takes 0 or 1"
            _reset(settings, name)
        else:
            settings.set(name, flag, priority="cmdline")


def _is_number(name: str, value: str, least: int) -> bool:
    try:
        if name in _NUMBER_WORDS:
            return math.inf > float(value) >= least
        return int(value) >= least
    except ValueError:
        return False


def _check_job_directory(settings: BaseSettings) -> Iterator[str]:
    if settings.getbool("SC_FRESH"):
        for name, other in (("SC_REDIS_URL", "SC_CRAWL"), ("JOBDIR", "JOBDIR")):
            if settings[name]:
                yield f"SC_FRESH=1 is for crawls without {name}; with it, another {other} begins anew"
    if not settings["JOBDIR"]:
        return
    try:
        Path(settings["JOBDIR"]).mkdir(parents=True, exist_ok=True)
    except OSError as e:
        yield f"the job directory {settings['JOBDIR']} cannot be made: {e.strerror}"
        settings.set("JOBDIR", None, priority="cmdline")


def _check_command(settings: BaseSettings) -> Iterator[str]:
    try:
        shlex.split(settings["SC_ON_END"] or "")
    except ValueError as e:
        yield f"SC_ON_END cannot be split into words ({e}): it takes a command as in a shell"
        _reset(settings, "SC_ON_END")


def _check_age(settings: BaseSettings) -> Iterator[str]:
    try:
        duration(settings["SC_MAX_AGE"] or "0")
    except ArgumentError as e:
        yield f"SC_MAX_AGE is {settings['SC_MAX_AGE']!r}; {e}"
        _reset(settings, "SC_MAX_AGE")


def _check_choices(settings: BaseSettings) -> Iterator[str]:
    if settings["SC_FORMAT"] not in ENDINGS:
        yield f"SC_FORMAT is {settings['SC_FORMAT']!r}; it takes jsonl or csv"
        _reset(settings, "SC_FORMAT")
    if unknown := next((kind for kind in kinds_of(settings) if kind not in records.FIELDS), None):
        near = did_you_mean(unknown, records.FIELDS)
        yield f"SC_KINDS names {unknown!r}; the kinds are {', '.join(records.FIELDS)}{near}"
        _reset(settings, "SC_KINDS")
    if settings["SC_API"] not in APIS:
        yield f"SC_API is {settings['SC_API']!r}; it takes v2 or public"
        _reset(settings, "SC_API")


def _reset(settings: BaseSettings, name: str) -> None:
    settings.set(name, DEFAULTS[name], priority="cmdline")
