"""Fixtures: users of a sandbox who apply plans."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox

from .applying import Applier, Make


@pytest.fixture
def user(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Make]:
    """Makes a user of a sandbox with these options: forss, or with `new` one who has nothing yet."""
    caplog.set_level(logging.INFO)
    with ExitStack() as stack:

        def make(*, new: bool = False, settings: dict[str, Any] | None = None, **options: Any) -> Applier:
            sandbox = stack.enter_context(Sandbox(**{"users": 60, "ceilings": "", **options}))
            token = sandbox.newcomer_token if new else ""
            return Applier(sandbox, tmp_path, token, **(settings or {}))

        yield make
