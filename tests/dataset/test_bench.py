"""The benches of exports and reports work on small data sets."""

from __future__ import annotations

import json
from pathlib import Path

from tests.project.benches import run
from tests.support.shell import Shell


def test_exports_are_measured(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    options = ["--edges", "400", "--formats", "neo4j", "parquet", "sqlite", "merge", "--rounds", "1"]
    with Shell(tmp_path, {}) as shell:
        told = run(shell, "exports", *options, "--folder", str(tmp_path), "--json", str(result))

    runs = json.loads(result.read_text())["runs"]
    assert {name: set(of) for name, of in runs.items()} == {
        "neo4j": {"export"},
        **{name: {"export", "plain"} for name in ("parquet", "sqlite", "merge")},
    }
    assert all(run["peak"] > 20 and run["size"] > 0 for of in runs.values() for run in of.values())
    assert "sqlite: CPU beside plain DuckDB" in told
    assert list(tmp_path.iterdir()) == [result]


def test_reports_are_measured(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    with Shell(tmp_path, {}) as shell:
        told = run(shell, "report", "--accounts", "60", "--passes", "1", "--json", str(result))

    figures = {one["what"]: one["measured"] for one in json.loads(result.read_text())["figures"]}
    assert 0.1 < figures["CPU of a report of 60 accounts, seconds"] < 60
    assert 0.05 < figures["size of a report of 60 accounts, MB"] < 1
    assert "size of a report of 60 accounts, MB" in told
