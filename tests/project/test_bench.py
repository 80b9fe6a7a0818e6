"""The programs of the bench run. What they measure is not tested: it depends on the machine."""

from __future__ import annotations

import json
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


def test_no_function_is_called_for_each_record_of_a_page(tmp_path: Path) -> None:
    with Shell(tmp_path, {}) as shell:
        told = run(shell, "trace", "--pages", "3", "--functions", "3")
    summary, *functions = told.splitlines()
    assert summary.startswith("one page: ")
    assert len(functions) == 3
    assert float(functions[0].split()[0]) < 50, told  # calls for a page of 200 users


def test_start_ups_are_measured(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    with Shell(tmp_path, {}) as shell:
        run(shell, "startup", "--rounds", "1", "--json", str(result))
    assert all(one["measured"] > 0 for one in json.loads(result.read_text())["figures"])
