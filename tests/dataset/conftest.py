from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from .run import Runner


@pytest.fixture
def scrapy(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Runner]:
    """Runs the project's commands in a temporary folder."""
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "sc_spiders.settings")
    monkeypatch.chdir(tmp_path)
    handlers = logging.root.handlers[:]
    yield Runner(capsys)
    logging.root.handlers[:] = handlers
