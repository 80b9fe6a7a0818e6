"""The benches of exports and reports work on small data sets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.support.crawl import ROOT
from tests.support.patience import PATIENCE


def test_exports_are_measured(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    options = ["--edges", "2000", "--formats", "gexf", "parquet", "sqlite", "merge", "--rounds", "1"]
    options += ["--folder", str(tmp_path), "--json", str(result)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.exports", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )

    runs = json.loads(result.read_text())["runs"]
    assert {name: set(of) for name, of in runs.items()} == {
        "gexf": {"export"},
        **{name: {"export", "plain"} for name in ("parquet", "sqlite", "merge")},
    }
    assert all(run["peak"] > 20 and run["size"] > 0 for of in runs.values() for run in of.values())
    assert "sqlite: CPU beside plain DuckDB" in done.stdout
    assert list(tmp_path.iterdir()) == [result]


def test_reports_are_measured(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench.report", "--accounts", "60", "--json", str(result)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )

    figures = {one["what"]: one["measured"] for one in json.loads(result.read_text())["figures"]}
    assert 0.1 < figures["CPU of a report of 60 accounts, seconds"] < 60
    assert 0.05 < figures["size of a report of 60 accounts, MB"] < 1
    assert "size of a report of 60 accounts, MB" in done.stdout
