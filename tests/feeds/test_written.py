"""The values that a card's foreign keys are found by are those of the records."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from sc_spiders import records
from sc_spiders.feeds.written import Written
from tests.records.samples import NOW, V2

URNS = ("soundcloud:users:7", "", 'soundcloud:users:"7', "soundcloud:users:7\\", "soundcloud:users:é", None)


def written(file: Path, kind: str, rows: list[dict[str, Any]]) -> Written:
    """A file with these records, as a feed of one kind writes it."""
    form = file.suffix.removeprefix(".")
    if form == "csv":
        with file.open("w", newline="", encoding="utf-8") as text:
            table = csv.DictWriter(text, rows[0])
            table.writeheader()
            table.writerows(rows)
    else:
        file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return Written(
        file,
        {"format": form, "encoding": "utf-8", "fields": None, "kinds": (kind,)},
        Counter({kind: len(rows)}),
        is_changed=False,
    )


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("kind", ["user", "track", "playlist"])
def test_urns_are_those_of_the_records(kind: str, form: str, tmp_path: Path) -> None:
    rows, _ = records.kind(kind, "v2").project(V2[kind], NOW)
    long = {**rows[0], "urn": "soundcloud:users:8", "description": "x" * 200_000}
    made = [*rows, *({**rows[0], "urn": urn} for urn in URNS), {**rows[0], "id": '"urn":"no"'}, long]
    found = [urn for (urn,) in written(tmp_path / f"{kind}.{form}", kind, made).values(["urn"])]
    assert [urn or None for urn in found] == [row["urn"] or None for row in made]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_field_that_the_feed_leaves_out_has_no_value(form: str, tmp_path: Path) -> None:
    one = written(tmp_path / f"edge.{form}", "edge", [{"kind": "edge", "source": "a"}, {"kind": "edge", "source": "b"}])
    assert list(map(list, one.values(["source", "target"]))) == [["a", None], ["b", None]]
