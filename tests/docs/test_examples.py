"""Nobody who copies an example from the docs asks SoundCloud unawares."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs._ext.tables import spider_classes
from tests.support.crawl import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SPIDERS = "|".join((*spider_classes(), "graph", "comments", "fans"))
# A line that crawls, as it stands in a block. `make crawl` asks the sandbox by itself.
CRAWL = re.compile(
    rf"scrapy crawl \w|(sc-spiders|python -m sc_spiders|docker run .*) ({SPIDERS}|@?forss|https:)"
    r"|(?<!def )\bcrawl\(\s*\""
)
BLOCK = re.compile(r"^```(?:sh|python|console)\n[\s\S]*?^```$|(?:^    \S.*\n)+", re.MULTILINE)
SANDBOX = re.compile(r"^ *(export |%env |ENV )?SC_SANDBOX=1\b", re.MULTILINE)


def unaware(text: str) -> list[str]:
    """The blocks of a page that crawl SoundCloud itself, although nothing above them says so."""
    found, said = [], False
    for block in BLOCK.finditer(text):
        lines = [line for line in block[0].splitlines() if "INFO:" not in line]
        said = said or bool(SANDBOX.search(block[0])) or "ask SoundCloud itself" in text[: block.start()]
        if any(CRAWL.search(line) for line in lines) and not said:
            found.append(block[0])
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_ask_the_sandbox_or_the_page_says_that_they_ask_soundcloud(page: Path) -> None:
    assert unaware(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("```sh\nscrapy crawl user -a user=forss\n```\n", 1),
        ("so:\n\n    sc-spiders user forss\n\n", 1),
        ('```python\nawait crawl("user", user="forss")\n```\n', 1),
        ("```sh\nscrapy crawl user\n```\n\n```sh\nexport SC_SANDBOX=1\n```\n", 1),
        ("```sh\nexport SC_SANDBOX=1\n```\n\n```sh\nscrapy crawl user\n```\n", 0),
        ("```sh\nSC_SANDBOX=1 scrapy crawl user\n```\n", 0),
        ("These ask SoundCloud itself.\n\n    sc-spiders user forss\n\n", 0),
        ("```sh\nscrapy report\n```\n", 0),
    ],
)
def test_such_an_example_is_found(text: str, count: int) -> None:
    assert len(unaware(text)) == count
