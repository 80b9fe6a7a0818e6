from __future__ import annotations

import subprocess
import sys

import pytest
from itemadapter import ItemAdapter
from scrapy.utils.misc import load_object

from sc_spiders.items import ITEMS, User
from sc_spiders.records import FIELDS, KINDS, kind
from tests.records.samples import NOW, V2


def test_a_class_a_kind() -> None:
    assert tuple(ITEMS) == KINDS
    assert {name: set(item.fields) for name, item in ITEMS.items()} == {name: set(FIELDS[name]) for name in KINDS}
    assert ITEMS["web_profile"].__name__ == "WebProfile"


@pytest.mark.parametrize("name", V2)
def test_a_record_is_a_valid_item(name: str) -> None:
    rows, _ = kind(name, "v2").project(V2[name], NOW)
    for row in rows:
        item = ITEMS[name](row)
        assert list(item.validator.iter_errors(dict(item))) == []
        assert ItemAdapter(item).asdict() == row


def test_an_item_knows_its_draft() -> None:
    assert type(ITEMS["user"].validator).__name__ == "Draft7Validator"
    errors = list(ITEMS["user"].validator.iter_errors({"id": "x"}))
    assert "'x' is not of type 'integer'" in {error.message for error in errors}


def test_a_pipeline_may_add_a_field_to_an_item() -> None:
    item, other = User({"id": 1}), User({"id": 2})
    item["mood"] = 1

    assert ItemAdapter(item).asdict() == {"id": 1, "mood": 1}
    assert "mood" in ItemAdapter(item).field_names()
    assert "mood" not in ItemAdapter(other).field_names()


def test_imports_without_a_warning() -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import sc_spiders.items"], capture_output=True, check=False
    )
    assert run.returncode == 0, run.stderr.decode()
    assert load_object("sc_spiders.items.ITEMS") is ITEMS
