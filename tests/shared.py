"""Recorded answers and the official specification, which are no part of the project.

They are in $SC_SHARED, or in a folder `shared` beside the checkout. A clone has neither. There, the fixtures `recorded`
and `facts` skip the tests that need them. Any other skip fails in CI.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("SC_SHARED") or Path(__file__).parents[2] / "shared")
RECORDED = FOLDER / "recorded"
ABSENT = "no recorded answers: neither $SC_SHARED nor ../shared is there"
FIXTURES = frozenset({"recorded", "facts"})

is_there = (RECORDED / "INDEX.jsonl").is_file()
needed = pytest.mark.usefixtures("recorded")


def folder(name: str) -> Path:
    """Return a shared folder. Skips the test if it does not exist."""
    if not is_there:
        pytest.skip(ABSENT)
    return FOLDER / name
