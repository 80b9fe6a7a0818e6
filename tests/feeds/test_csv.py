"""Pages are written to CSV as the csv module writes them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_spiders.feeds.formats import CsvPageExporter, JsonLinesPageExporter
from tests.support.examples import any_text

TEXTS = any_text() | st.text(alphabet="a\",\r\n\0'; ")
VALUES = st.none() | TEXTS | st.integers() | st.floats() | st.decimals(allow_nan=False)


@st.composite
def pages(draw: st.DrawFn) -> list[dict[str, Any]]:
    fields = draw(st.lists(TEXTS, min_size=1, max_size=4, unique=True))
    rows = st.fixed_dictionaries({name: draw(st.sampled_from((TEXTS, VALUES))) for name in fields})
    return draw(st.lists(rows, min_size=1, max_size=5))


@given(pages())
def test_a_page_is_written_like_the_csv_module_writes_it(rows: list[dict[str, Any]]) -> None:
    ours = io.BytesIO()
    exporter = CsvPageExporter(ours)
    exporter.export_rows(rows)

    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    assert ours.getvalue().decode() == text.getvalue()


@pytest.mark.parametrize("value", [[10**30], {1: [True]}, (1, None), {1}, ["\ud800"], [Path("a")], {"a": b"b"}])
def test_what_a_pipeline_puts_into_a_record_is_the_same_json_as_in_json_lines(value: Any) -> None:
    record = {"kind": "user", "own": value}
    files = [io.BytesIO() for _ in range(3)]
    JsonLinesPageExporter(files[0]).export_rows([record])
    by_page, by_item = CsvPageExporter(files[1]), CsvPageExporter(files[2])  # they close their files when they go
    by_page.export_rows([record])
    by_item.export_item(record)
    lines, cells, others = (file.getvalue().decode() for file in files)

    (row,) = csv.DictReader(io.StringIO(cells, newline=""))
    assert json.loads(row["own"]) == json.loads(lines)["own"]
    assert others == cells


def test_what_is_appended_keeps_the_order_of_the_columns(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes("\ufeffname,kind,id\r\nü,user,1\r\n".encode())  # saved by Excel
    with file.open("ab") as end:
        exporter = CsvPageExporter(cast("io.BytesIO", end))
        exporter.export_rows([{"kind": "user", "id": 2, "name": "a"}])
        exporter.finish_exporting()
    assert file.read_text("utf-8-sig").splitlines()[1:] == ["ü,user,1", "a,user,2"]
