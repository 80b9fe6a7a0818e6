"""Carries out the page about a year of one scene, in a world that changes from day to day."""

from __future__ import annotations

import json
import re
from pathlib import Path

from sc_spiders.dataset import Dataset
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import ROOT
from tests.support.patience import wait_for_next_second
from tests.support.shell import Shell

BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DAY = re.compile(r"# (\d{4}-\d\d-\d\d)\n")


def test_the_year(tmp_path: Path) -> None:
    page = (ROOT / "docs/scene.md").read_text(encoding="utf-8")
    printed = []
    with Sandbox(users=60, seed=1, date="2026-01-01") as sandbox:
        settings = {**sandbox.urls, "SC_TOKEN_FILE": str(tmp_path / "tokens.json"), "SC_RATE": "0"}
        with Shell(tmp_path, settings) as shell:
            for language, code in BLOCK.findall(page):
                if day := DAY.match(code):
                    sandbox.go_to(day[1])
                wait_for_next_second()
                run = shell.run(f"set -o pipefail\n{code}") if language == "sh" else shell.python(code)
                assert run.returncode == 0, f"{code}\n{run.stdout}\n{run.stderr}"
                if "sc-spiders diff" in code:
                    _check_changes(tmp_path)
                printed.append(run.stdout)
        names = {sandbox.world.user(user)["permalink"] for user in sandbox.world.users}

    _check_published(tmp_path, names)
    told = "".join(printed)
    assert "accounts with a name: 0\n" in told
    assert re.search(r"SoundCloud, \d{4}-\d\d-\d\d\.\n", told)
    assert "'complete': True" in told


def _check_changes(folder: Path) -> None:
    """The changes are those between the first crawl and the last."""
    crawls = sorted((folder / "output/user_graph").iterdir())
    assert len(crawls) == 4
    first, last = (_edges(crawl) for crawl in (crawls[0], crawls[-1]))
    found: dict[str, set[tuple[str, ...]]] = {"gained": set(), "lost": set(), "unknown": set()}
    for line in (folder / "changes.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["kind"] == "edge":
            found[row["change"]].add((row["relation"], row["source"], row["target"]))
    assert found == {"gained": last - first, "lost": first - last, "unknown": set()}
    assert found["gained"]
    assert found["lost"]
    assert "All is known." in (folder / "changes.html").read_text()


def _edges(crawl: Path) -> set[tuple[str, ...]]:
    rows = map(json.loads, (crawl / "edge.jsonl").read_text().splitlines())
    return {(row["relation"], row["source"], row["target"]) for row in rows}


def _check_published(folder: Path, names: set[str]) -> None:
    """Nobody is named, and nobody is there who is gone or has asked not to be."""
    never = (folder / "never.txt").read_text().split()
    assert len(never) > 1
    crawled = "".join(path.read_text() for path in (folder / "output/user_graph").rglob("*.jsonl"))
    assert not [urn for urn in never if f'"{urn}"' in crawled]
    published = [*folder.glob("scene*.csv"), folder / "scene.jsonl", folder / "scene.html"]
    words = set(re.findall(r"[\w-]{5,}", "".join(path.read_text() for path in published)))
    assert not names & words
    with Dataset([folder / "scene.parquet"]) as data:
        assert data.completeness.is_complete
        assert data.counts["crawl"] == 4
        assert data["follows"].count("*").fetchall() > [(10,)]
    for name in ("scene.jsonl.ro-crate-metadata.json", "scene.jsonl.datapackage.json", "scene-panel.csv"):
        assert (folder / name).stat().st_size > 100
