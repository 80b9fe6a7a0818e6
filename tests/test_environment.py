"""Tests do not see a developer's own settings in the environment."""

from __future__ import annotations

import os
import subprocess
import sys

from .support.crawl import ROOT

_ASK = "import tests.conftest, os; print([name for name in os.environ if name.startswith('SC_')])"


def test_no_setting_of_the_developer_reaches_a_test() -> None:
    theirs = {"SC_SANDBOX": "1", "SC_OAUTH_TOKEN": "a token", "SC_REDIS_URL": "redis://127.0.0.1:9"}
    seen = subprocess.run(
        [sys.executable, "-c", _ASK], cwd=ROOT, env=os.environ | theirs, check=True, capture_output=True, text=True
    )
    assert not theirs.keys() & set(eval(seen.stdout))
