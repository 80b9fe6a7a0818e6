"""Runs the recipes of the docs from top to bottom in an empty folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.shell import Shell

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/recipes.md"
# A small number, because each crawl starts its own sandbox. With fewer users, some recipes find nothing.
SANDBOX = {"SC_SANDBOX": "1", "SC_SANDBOX_USERS": "60"}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The output of each recipe's program, by a word in it, and the files that the recipes write.
PRINTED = {
    "recipes": {
        "nx.pagerank": r"(0\.\d{4}  \S.*\n){10}",
        "jaccard": r"one.*other.*people.*jaccard",
        "pivot_table": r"part +0 +1",
        "k_core": r"[1-9]\d* of [1-9]\d* accounts",
        "hive_partitioning": r"2\d\d\d-\d\d.*[1-9]",
        "mutual": r"[1-9]\d* pairs follow each other",
        "user_fts": r"'[^']*Tape[^']*'",
    },
    "datasets": {
        "import read": r"[1-9]\d* people\n.*username.*followers",
        "country_code": r"country_code.*people",
        "scrapy diff": "No edge and no node",
    },
}
WRITTEN = {
    "recipes": ("graph.html", "all.jsonl", "graph.gexf", "core.gexf", "heat.png", "graph.neo4j/relationships.csv"),
    "datasets": ("graph.jsonl", "follows.csv", "verified.jsonl", "changes.html", "panel.csv", "growth.html"),
}


@pytest.mark.parametrize("page", PRINTED)
def test_every_recipe_works(
    tmp_path: Path, page: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The programs run in this process: it imports the libraries that they need once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    blocks = BLOCK.findall((ROOT / f"docs/{page}.md").read_text(encoding="utf-8"))
    assert {language for language, _ in blocks} == {"sh", "python"}
    done = set()
    with Shell(tmp_path, SANDBOX) as shell:
        for language, code in blocks:
            if language == "sh":
                run = shell.run(code)
                assert run.returncode == 0, f"{code}\n{run.stdout}\n{run.stderr}"
                printed = run.stdout
            else:
                exec(code, {"__name__": "__main__"})
                printed = capsys.readouterr().out
            for word, pattern in PRINTED[page].items():
                if word in code:
                    assert re.search(pattern, printed, re.DOTALL), printed
                    done.add(word)
    assert done == PRINTED[page].keys()
    for name in WRITTEN[page]:
        assert (tmp_path / name).stat().st_size > 100


@pytest.mark.parametrize("word", ["merge", "report", "graphml", "gexf", "parquet", "sqlite", "duckdb", "neo4j"])
def test_every_command_and_format_has_a_recipe(word: str) -> None:
    assert re.search(rf"scrapy (export \S+ )?{word}", PAGE.read_text(encoding="utf-8"))
