"""All pictures of the pages exist and have an alt text, and no picture is unused."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from docs import screenshots
from docs._ext import reports
from tests.support.crawl import ROOT

PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
MOST = 2_000_000  # bytes of all pictures together: every clone contains them


def shown() -> set[str]:
    names: set[str] = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        names.update(re.findall(r"images/([\w.-]+)", text))
        for name in re.findall(r"^```\{picture\} (\S+)$", text, re.MULTILINE):
            names.update(f"{name}-{scheme}.webp" for scheme in screenshots.SCHEMES)
    return names | {f"gallery-{one.spider}-{scheme}.webp" for one in reports.REPORTS for scheme in screenshots.SCHEMES}


def test_pictures_are_those_that_are_shown_and_those_that_the_command_makes() -> None:
    there = {file.name for file in screenshots.FOLDER.iterdir()}

    assert there == shown()
    assert there == screenshots.NAMES, "run: make screenshots"


def test_together_they_are_small_and_ask_for_nothing() -> None:
    assert sum(file.stat().st_size for file in screenshots.FOLDER.iterdir()) < MOST
    assert "@font-face" not in (screenshots.FOLDER / screenshots.TERMINAL).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(screenshots.NAMES - {screenshots.TERMINAL}))
def test_each_shows_something(name: str) -> None:
    with Image.open(screenshots.FOLDER / name) as picture:
        pixels = picture.convert("L").histogram()
    # A picture of a page has a background and text. If the browser had not drawn the part, it would be one colour;
    # compression adds shades of it.
    assert max(sum(pixels[first : first + 16]) for first in range(241)) < 0.995 * sum(pixels)


def test_each_says_in_words_what_it_shows() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for words in re.findall(r"^```\{picture\} \S+\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            assert len(words) > 40, page.name
        for options in re.findall(r"^```\{image\} \S+\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            assert ":alt: " in options, page.name
        assert all('alt="' in tag for tag in re.findall(r"<img [^>]+>", text)), page.name
