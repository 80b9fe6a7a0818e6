"""Fixtures: a spider that requests some paths."""

from pathlib import Path

import pytest

from .asker import Ask


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Runs the spider `asker`."""
    return Ask(tmp_path)
