"""The bench of exports works on a small data set."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.support.crawl import ROOT
from tests.support.patience import PATIENCE


def test_exports_are_measured(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    options = ["--edges", "2000", "--formats", "gexf", "parquet", "--folder", str(tmp_path), "--json", str(result)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.exports", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )

    formats = json.loads(result.read_text())["formats"]
    assert formats.keys() == {"gexf", "parquet"}
    assert all(one["peak_mib"] > 20 and one["mb"] > 0 for one in formats.values())
    assert "2,000 edges" in done.stdout
    assert list(tmp_path.iterdir()) == [result]
