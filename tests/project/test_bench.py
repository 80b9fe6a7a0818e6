"""The programs of the bench run. What they measure is not tested: it depends on the machine."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bench.crawls import contenders, lists, server
from tests.support.crawl import Crawls
from tests.support.shell import Shell

from .benches import run


def test_each_contender_crawls(crawls: Crawls) -> None:
    with server(rows=2) as bench:
        for command in contenders(bench).values():
            program, *words = command(lists(1, 1))[2:]
            if program == "scrapy":
                done = crawls.command(*words, SC_V2_URL=bench.address, SC_WEB_URL=bench.address)
                assert done.code == 0, done.printed
            else:
                bench.run(command(lists(1, 1)))  # raises an exception if the exit code is not 0


def test_a_page_runs_through_few_functions(tmp_path: Path) -> None:
    """Of 200 records: so no function is called for each. The counts are the same on any machine."""
    with Shell(tmp_path, {}) as shell:
        told = run(shell, "trace", "--pages", "20", "--functions", "300")
    counts = re.match(r"one page: (\d+) calls, (\d+) switches of file\n", told)
    assert counts, told
    assert int(counts[1]) <= 220, told
    assert int(counts[2]) <= 80, told


def test_start_ups_are_measured(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    with Shell(tmp_path, {}) as shell:
        run(shell, "startup", "--rounds", "1", "--json", str(result))
    assert all(one["measured"] > 0 for one in json.loads(result.read_text())["figures"])
