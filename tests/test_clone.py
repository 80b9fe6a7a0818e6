"""In a fresh clone, everything that CI runs can run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from .support.crawl import ROOT


def test_what_a_clone_has_not_is_skipped_and_nothing_fails_for_it(tmp_path: Path) -> None:
    environment = os.environ | {"SC_SHARED": str(tmp_path), "SC_CI": "1"}
    words = ("-q", "-m", "shared", "-p", "no:cacheprovider", "-p", "no:xdist")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout
    assert re.search(r"^\d\d+ skipped, \d+ deselected in ", done.stdout, re.MULTILINE), done.stdout
