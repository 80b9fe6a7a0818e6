"""The tables of the docs name everything that there is."""

from __future__ import annotations

from docs._ext import tables
from sc_spiders.api import CATALOGUE


def test_every_endpoint_has_a_row_that_says_how_it_is_reached() -> None:
    lines = list(tables.endpoints())
    rows = {line.split(" | ")[0].removeprefix("| "): line.split(" | ") for line in lines if line.count(" | ") == 6}

    assert rows.keys() - {"endpoint", "---"} == CATALOGUE.keys()
    assert all(rows[name][3] for name in CATALOGUE)


def test_every_spider_has_its_docstring_and_its_arguments() -> None:
    text = "\n".join(tables.spiders())

    for spider in tables.spider_classes().values():
        assert spider.__doc__
        assert "Yields " in spider.__doc__
        assert f"## {spider.name}" in text
        assert all(f"| `{argument}` |" in text for argument in spider.arguments)
        assert all(argument.help for argument in spider.arguments.values())
