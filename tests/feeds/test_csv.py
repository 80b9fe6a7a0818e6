"""Pages are written to CSV as the csv module writes them."""

from __future__ import annotations

import csv
import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sc_spiders.feeds.formats import CsvPageExporter

TEXTS = st.text() | st.text(alphabet="a\",\r\n\0'; ")
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
