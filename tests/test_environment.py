"""Tests do not see a developer's own settings in the environment, and neither do the crawls that they run."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from .support.crawl import ROOT

THEIRS = {"SC_SANDBOX": "1", "SC_OAUTH_TOKEN": "a token", "SC_REDIS_URL": "redis://127.0.0.1:9"}
_ASK = """
import json, os, tests.conftest
from pathlib import Path
from tests.support.crawl import Crawls, crawler_of

seen = {
    "by the test": os.environ,
    "by a crawl in the test's process": crawler_of("user").settings,
    "by a crawl in a process of its own": Crawls(Path()).environment(),
}
print(json.dumps({where: {name: one.get(name) for name in one} for where, one in seen.items()}, default=str))
"""


def test_no_setting_of_the_developer_is_seen() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ASK], cwd=ROOT, env=os.environ | THEIRS, check=True, capture_output=True, text=True
    )
    for where, seen in json.loads(done.stdout).items():
        assert seen
        assert {name for name, value in THEIRS.items() if seen.get(name) == value} == set(), where
