"""Real answers and the official specification, which are no part of the project.

They lie in $SC_SHARED, or in a folder `shared` beside the checkout. A clone has neither: what needs them is skipped
there by the fixtures `recorded` and `facts`, and by nothing else. Any other skip fails what CI runs.
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
    """Return a folder of what is shared; skip the test that asks for it where nothing is."""
    if not is_there:
        pytest.skip(ABSENT)
    return FOLDER / name
