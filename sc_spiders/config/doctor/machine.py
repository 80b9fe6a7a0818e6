"""Checks Python, packages, disk and Redis."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from scrapy.settings import BaseSettings

from sc_spiders.config.doctor.finding import Finding
from sc_spiders.disk import lacks_locks
from sc_spiders.errors import ArgumentError, needs

_PYTHON = (3, 11)
_PIN = re.compile(r"^([A-Za-z0-9][^#\\\n]*==[^#\\\n]*)", re.MULTILINE)  # without comments and hashes
_LITTLE = 1 << 30  # bytes; a crawl of a million edges takes about a third of it


def python(settings: BaseSettings) -> Iterator[Finding]:
    name = f"Python {sys.version.split()[0]}"
    if sys.version_info < _PYTHON:
        yield Finding.bad(f"{name} is too old", f"install Python {'.'.join(map(str, _PYTHON))} or later")
    else:
        yield Finding.ok(name)


def packages(settings: BaseSettings) -> Iterator[Finding]:
    """Compares the installed packages with those that the tests ran with, or with what an installed wheel asks for."""
    file = Path(__file__).parents[2] / "requirements.txt"
    if file.is_file():  # a checkout
        wanted, source = _pins(file), "pinned in requirements.txt"
        install = f"{sys.executable} -m pip install --requirement {file}"
    else:
        wanted, source = _asked_for(), "the installed sc-spiders asks for"
        install = f"{sys.executable} -m pip install --upgrade sc-spiders"
    if not wanted:
        yield Finding.note("packages: there is nothing to compare them with", "install sc-spiders by pip")
        return
    missing, other = _compared(wanted)
    if missing:
        yield Finding.bad(f"packages missing: {', '.join(missing)}", install)
    if other:
        yield Finding.note(f"packages of another version: {', '.join(other)}", install)
    if not missing and not other:
        yield Finding.ok(f"packages: all {len(wanted)} as {source}")


def _pins(file: Path) -> list[Requirement]:
    """The packages of a requirements.txt that this machine needs."""
    pins = map(Requirement, _PIN.findall(file.read_text(encoding="utf-8")))
    return [pin for pin in pins if _is_for_here(pin)]


def _asked_for() -> list[Requirement]:
    """What the installed wheel needs without any extra. Nothing, if none is installed."""
    try:
        asked = requires("sc-spiders") or ()
    except PackageNotFoundError:
        return []
    return [one for one in map(Requirement, asked) if _is_for_here(one)]


def _is_for_here(wanted: Requirement) -> bool:
    return wanted.marker is None or wanted.marker.evaluate({"extra": ""})


def _compared(wanted: list[Requirement]) -> tuple[list[str], list[str]]:
    """The names of missing packages, and the packages of a version that is not wanted."""
    missing, other = [], []
    for one in wanted:
        try:
            installed = version(one.name)
        except PackageNotFoundError:
            missing.append(one.name)
            continue
        if installed not in one.specifier:
            other.append(f"{one.name} {installed} (tested with {str(one.specifier).removeprefix('==')})")
    return missing, other


def output(settings: BaseSettings) -> Iterator[Finding]:
    """Checks the folder of the default output, and the job directory if one is set."""
    folders = {"output": Path("output")}
    if settings["JOBDIR"]:
        folders["JOBDIR"] = Path(settings["JOBDIR"])
    for name, folder in folders.items():
        path = folder.absolute()
        there = next(one for one in (path, *path.parents) if one.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            yield Finding.bad(
                f"{name}: {path} cannot be written", f"choose another folder, or correct the rights of {there}"
            )
            continue
        if lacks_locks(there):
            yield Finding.note(
                f"{name}: the file system of {path} has no locks",
                "never start two crawls of the same folder: they would not notice each other",
            )
        free = shutil.disk_usage(there).free
        text = f"{name}: {path}, {free / 1e9:,.1f} GB free"
        if free < _LITTLE:
            yield Finding.note(text, "free some space: a crawl stops when the disk is full, and can be resumed later")
        else:
            yield Finding.ok(text)


def redis(settings: BaseSettings) -> Iterator[Finding]:
    """Checks the Redis of the shared frontier, if one is set."""
    url = settings["SC_REDIS_URL"]
    if not url:
        return
    with needs("redis", "SC_REDIS_URL"):
        from sc_spiders.frontier.redis import eviction
        from sc_spiders.frontier.redis.status import opened, version

    try:
        with opened(url) as client:
            yield Finding.ok(f"Redis: {version(client, url)}")
            policy = eviction.policy(client)
    except ArgumentError as e:
        yield Finding.bad(f"Redis: {e}", "start it, or correct SC_REDIS_URL (redis://HOST:6379/0)")
        return
    if not policy:
        yield Finding.note(
            "Redis: it does not tell its maxmemory-policy",
            "make sure that it is noeviction: a crawl that loses a key cannot go on",
        )
    elif risk := eviction.risk(policy):
        yield Finding.note(f"Redis: {risk}", eviction.REMEDY)
