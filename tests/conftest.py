"""Fixtures for all tests: sandboxes and crawls. A skipped test fails if it should run here."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import scrapy.core.downloader.handlers.http11  # noqa: F401  # at first: it looks at each module that there is

from bench import process
from sc_spiders.extensions.garbage import Garbage
from sc_spiders.sandbox import Sandbox

from . import shared
from .support import (
    examples,  # noqa: F401  # defines the profiles of hypothesis
    foreign,
)
from .support.crawl import Crawls

ROOT = Path(__file__).parents[1]

# While pytest collects tests, no garbage is made, and looking for it takes a sixth of the time. The fixture `garbage`
# turns this on again.
gc.disable()

# Tests must not see a developer's own settings and credentials. These two settings are for the tests themselves.
for name in [name for name in os.environ if name.startswith("SC_") and name not in {"SC_CI", "SC_SHARED"}]:
    del os.environ[name]

# No test talks to the world. Reading the machine's certificates would take a fifth of each small crawl.
os.environ["SSL_CERT_FILE"] = os.devnull

# Crawls sync their files to the disk all the time. In memory, tests do not wait for that.
MEMORY = Path("/dev/shm")
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4 * 1024**3:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# What the modules of tests import, and the functions that a crawl in a process of its own calls.
process.preload(
    "scrapy.core.downloader.handlers.http11",
    "pytest",
    "duckdb",
    "tests.support.crawl",
    "tests.support.points",
    "tests.support.server",
)

hypothesis.settings.load_profile("suite")  # of tests/support/examples.py

# In CI, what a machine lacks is a fault. Elsewhere, pytest's summary tells which tests were left out for it.
IN_CI = any(os.environ.get(name, "").lower() not in {"", "0", "false"} for name in ("SC_CI", "CI"))

_skipped: list[str] = []


# A module that imports one of these runs programs, or crawls against a server of its own. Such tests take most of the
# time.
_RUNNING = {"subprocess", "Crawls", "Workers", "Process", "Shell", "torture", "Server"}

# Fixtures that do the same.
_STARTING = {"ask", "crawls", "driver", "redis", "run", "scrapy"}


# Modules that start what takes long for all their tests. One of xdist's workers gets the first tests of all, and keeps
# them.
_FIRST = {
    "test_browser.py", "test_browser_parts.py", "test_build.py", "test_image.py", "test_scrapyd.py", "test_wheel.py"
}  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that need more than a clone has, and quick tests, which run no program. Put some first."""
    items.sort(key=lambda item: item.path.name not in _FIRST)
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if not shared.FIXTURES.isdisjoint(fixtures):
            item.add_marker("shared")
        module = item.getparent(pytest.Module)
        if module and _RUNNING.isdisjoint(vars(module.obj)) and _STARTING.isdisjoint(fixtures):
            item.add_marker("quick")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2]
        may_be_absent = [foreign.ABSENT]
        if not shared.is_there:
            may_be_absent.append(shared.ABSENT)
        if reason.removeprefix("Skipped: ") not in may_be_absent:
            _skipped.append(f"{report.nodeid}: {reason}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _skipped and IN_CI:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _skipped and IN_CI:
        terminalreporter.section("skipped, but should have run here")
        for line in _skipped:
            terminalreporter.line(line)


@pytest.fixture(scope="session", autouse=True)
def garbage() -> Garbage:
    """A crawl that is always open: if none were, each crawl in this process would begin with a garbage collection.

    It is closed when Python exits. Before that, pytest collects garbage itself, and would visit all the tests.
    """
    gc.enable()
    extension = Garbage()
    extension.spider_opened()
    atexit.register(extension.spider_closed)
    return extension


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded answers."""
    return shared.folder("recorded")


@pytest.fixture(scope="session")
def facts() -> Path:
    """The folder with the official specification of the API and its release notes."""
    return shared.folder("api")


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A SoundCloud of 600 users without faults."""
    with Sandbox(users=600, seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def crawls(tmp_path: Path) -> Crawls:
    """Runs `scrapy crawl` in a folder of its own."""
    return Crawls(tmp_path)
