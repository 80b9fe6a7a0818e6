"""What people type after `sc-spiders`: the tables of docs/tool.md, tried without a crawl."""

from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_spiders.errors import ArgumentError
from sc_spiders.tool import main, verbs
from sc_spiders.tool.addresses import route
from sc_spiders.tool.options import example, parser_of, spider_of
from sc_spiders.tool.program import scrapy_words
from tests.support.crawl import ROOT
from tests.support.examples import any_text

pytestmark = pytest.mark.quick

PAGE = (ROOT / "docs" / "tool.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \| (?:`` (.+) ``|`([^`]+)`) \|$", PAGE, re.MULTILINE)
TOLD = [(typed, first or second) for typed, first, second in ROWS]
_NO_CRAWLS = {"completion", *verbs.SCRAPYS}
GOOD = [(typed, scrapy) for typed, scrapy in TOLD if scrapy.startswith("crawl ")]
BAD = [row for row in TOLD if row not in GOOD]


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch) -> None:
    """`main` sets this for the process."""
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "sc_spiders.settings")


@pytest.mark.parametrize(("typed", "scrapy"), GOOD, ids=lambda text: text[:60])
def test_it_is_the_same_as_with_scrapy(typed: str, scrapy: str) -> None:
    assert shlex.join(scrapy_words(shlex.split(typed))) == scrapy


@pytest.mark.parametrize(("typed", "says"), BAD, ids=lambda text: text[:60])
def test_it_is_refused_in_one_line(capsys: pytest.CaptureFixture[str], typed: str, says: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(shlex.split(typed))

    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (2, "")
    (line,) = printed.err.splitlines()
    assert line.startswith(f"ERROR: {says}")
    assert "s-AbCdEfG" not in line
    assert "secret" not in line


@given(any_text() | st.text("/:.@?=&%soundcloud-_[]1").map(lambda text: f"https://soundcloud.com/{text}"))
def test_any_word_leads_somewhere_or_is_refused(word: str) -> None:
    try:
        assert route(word).spider in verbs.spiders()
    except ArgumentError as e:
        assert "\n" not in str(e)  # noqa: PT017


def test_every_example_is_what_its_spider_takes() -> None:
    for name in verbs.spiders():
        command, *words = shlex.split(example(spider_of(name)))
        assert command == "sc-spiders"
        assert scrapy_words(words)[:2] == ["crawl", name]


@pytest.mark.parametrize("name", [*verbs.spiders(), *verbs.commands()])
def test_help_fits_a_terminal_and_breaks_no_word(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])

    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r"\w-$", text, re.MULTILINE)  # all-\naudio would be copied as `all-`


def test_every_argument_has_an_option_and_every_option_a_help() -> None:
    for name in verbs.spiders():
        spider = spider_of(name)
        text = parser_of(spider).format_help()
        for argument in spider.declared():
            assert f"--{argument.replace('_', '-')}" in text or argument.upper() in text


def test_help_lists_all_spiders_and_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert max(map(len, text.splitlines())) <= 80
    for name in (*verbs.spiders(), *verbs.commands()):
        assert f"\n  {verbs.shown_name(name)} " in text


def test_every_command_of_the_docs_is_understood() -> None:
    """Crawls only: the commands have tests of their own."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(page.read_text() for page in pages).replace("\\\n", " ")  # a line may go on in the next
    lines = re.findall(r"^ *sc-spiders ([^`|#\n]+)", text, re.MULTILINE)
    crawls = [shlex.split(line) for line in lines if line.split()[0] not in _NO_CRAWLS | verbs.commands().keys()]

    assert len(crawls) > 5
    for words in crawls:
        assert scrapy_words(words)[0] == "crawl"


def test_the_tables_have_what_people_type() -> None:
    assert len(GOOD) >= 60
    assert len(BAD) >= 40
