from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from tests.support.patience import PATIENCE

from .run import Runner

# Scrapy looks for commands in all packages that are installed, for each command anew.
_entry_points = cache(entry_points)


@pytest.fixture
def scrapy(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Runner]:
    """Runs the project's commands in a temporary folder."""
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "sc_spiders.settings")
    monkeypatch.setattr("scrapy.cmdline.entry_points", _entry_points)
    monkeypatch.chdir(tmp_path)
    handlers = logging.root.handlers[:]
    yield Runner(capsys)
    logging.root.handlers[:] = handlers


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """A browser that all tests share: starting one takes as long as ten tests. Each test opens its own pages."""
    from .browser import browser  # selenium may not be installed

    with browser() as driver:
        driver.set_script_timeout(PATIENCE)
        yield driver
