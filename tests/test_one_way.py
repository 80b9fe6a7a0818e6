"""Tests run crawls by tests/support/crawl.py only. So all crawls get the same environment and the same checks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SUPPORT = TESTS / "support"
# It carries out the documentation, where a user types commands, in a copy of the project.
OF_DOCS = TESTS / "docs" / "test_adding.py"

_SCRAPYS = {"AsyncCrawlerProcess", "AsyncCrawlerRunner", "CrawlerProcess", "CrawlerRunner"}
_COMMANDS = {"crawl", "runspider"}


def starts(code: str) -> Iterator[str]:
    """What starts a crawl there: classes of Scrapy, our Process, and command lines."""
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) if name in _SCRAPYS:
                yield name
            case ast.Call(func=ast.Name(id="Process" as name)):
                yield name
            case ast.List(elts=words) | ast.Tuple(elts=words) | ast.Call(args=words):
                yield from _commands(words)


def _commands(words: list[ast.expr]) -> Iterator[str]:
    values = [word.value if isinstance(word, ast.Constant) else None for word in words]
    for program, command in pairwise(values):
        if program == "scrapy" and command in _COMMANDS:
            yield f"scrapy {command}"


def test_no_test_starts_a_crawl_in_another_way() -> None:
    files = [path for path in TESTS.rglob("*.py") if path != OF_DOCS and SUPPORT not in path.parents]
    found = {path.relative_to(TESTS): list(starts(path.read_text(encoding="utf-8"))) for path in files}
    assert {path: ways for path, ways in found.items() if ways} == {}


@pytest.mark.parametrize(
    "code",
    [
        "from scrapy.crawler import AsyncCrawlerProcess as Start",
        "scrapy.crawler.CrawlerRunner(settings)",
        "Process(words, folder, environment)",
        "subprocess.run([sys.executable, '-m', 'scrapy', 'crawl', 'user'])",
        "subprocess.Popen(('scrapy', 'runspider', file))",
        "asyncio.create_subprocess_exec('scrapy', 'crawl', *words)",
    ],
)
def test_other_ways_are_found(code: str) -> None:
    assert list(starts(code))
