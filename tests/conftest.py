"""What all tests share: sandboxes, crawls, and the rule that nothing may be skipped where it should run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sc_spiders.sandbox import Sandbox

from .crawling import Crawls

ROOT = Path(__file__).parents[1]
RECORDED = Path(os.environ.get("SC_SHARED", ROOT.parent / "shared")) / "recorded"

# A developer's own settings, credentials among them, reach no test; these two are about the tests themselves.
for name in [name for name in os.environ if name.startswith("SC_") and name not in {"SC_CI", "SC_SHARED"}]:
    del os.environ[name]

# Recorded answers are not part of the project: where they are absent, their checks are, and say so.
_MAY_SKIP = "recorded"
_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2]
        if _MAY_SKIP not in reason or RECORDED.is_dir():
            _skipped.append(f"{report.nodeid}: {reason}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _skipped and os.environ.get("SC_CI"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _skipped and os.environ.get("SC_CI"):
        terminalreporter.section("skipped, but should have run here")
        for line in _skipped:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded answers."""
    if not RECORDED.is_dir():
        pytest.skip("the recorded answers are absent (SC_SHARED, or a folder shared beside the checkout)")
    return RECORDED


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A SoundCloud of 600 users without faults."""
    with Sandbox(users=600, seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def crawls(tmp_path: Path) -> Crawls:
    """Runs `scrapy crawl` in a folder of its own."""
    return Crawls(tmp_path)
