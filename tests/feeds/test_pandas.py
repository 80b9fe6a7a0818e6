"""Tables for pandas and Excel: all rows and columns, with their types."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, crawl

GIVEN: dict[str, Any] = {"user": "forss", "include": "profile,tracks,followings"}
KINDS = ("crawl", "edge", "listing", "track", "user")
SEMICOLONS = {
    "users.csv": {
        "format": "csv",
        "encoding": "utf-8-sig",
        "item_classes": ["sc_spiders.items.User"],
        "item_export_kwargs": {"delimiter": ";"},
    }
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Crawl:
    """The same crawl, as JSON Lines."""
    return crawl("user", tmp_path_factory.mktemp("usual"), sandbox=sandbox, **GIVEN)


def read(path: Path, **options: Any) -> Any:
    """A table. pandas would take some names for null ("NA"), and product codes for numbers (0001110981794)."""
    import pandas as pd

    codes = {"publisher_metadata_upc_or_ean": "string"}
    return pd.read_csv(
        path, dtype=codes, keep_default_na=False, na_values=[""], dtype_backend="numpy_nullable", **options
    )


def _key(row: dict[str, Any]) -> tuple[str, str]:
    """Lists are walked at the same time, so the order of records may differ."""
    return row.get("urn") or row["source"], row.get("target") or ""


def values(table: Any) -> list[dict[str, Any]]:
    """The rows of a table as they are in JSON Lines."""
    rows = sorted(json.loads(table.to_json(orient="records")), key=_key)
    return [{name: _value(value) for name, value in row.items() if name != "fetched_at"} for row in rows]


def _value(value: Any) -> Any:
    """Lists and objects are JSON text in a cell. An empty text and null are the same there."""
    if isinstance(value, str) and value[:1] in {"[", "{"}:
        return json.loads(value)
    return value


def as_cells(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    emptied = [{name: None if value == "" else value for name, value in row.items()} for row in sorted(rows, key=_key)]
    return [{name: value for name, value in row.items() if name != "fetched_at"} for row in emptied]


@pytest.mark.quick
def test_each_kind_is_a_table_of_its_own(tmp_path: Path, sandbox: Sandbox, usual: Crawl) -> None:
    assert crawl("user", tmp_path, sandbox=sandbox, settings={"FEEDS": {}, "SC_FORMAT": "csv"}, **GIVEN).code == 0

    (folder,) = (tmp_path / "output" / "user").iterdir()
    assert {path.name for path in folder.iterdir()} == {"datapackage.json", *(f"{kind}.csv" for kind in KINDS)}
    for kind in ("edge", "track", "user"):
        table = read(folder / f"{kind}.csv")
        assert list(table.columns) == list(usual.records(kind)[0])
        assert values(table) == as_cells(usual.records(kind))


@pytest.mark.quick
def test_types_are_found(tmp_path: Path, sandbox: Sandbox) -> None:
    from pandas.api.types import is_datetime64_any_dtype, is_string_dtype

    crawl("user", tmp_path, sandbox=sandbox, settings={"FEEDS": {}, "SC_FORMAT": "csv"}, **GIVEN)

    (path,) = tmp_path.glob("output/user/*/user.csv")
    table = read(path, parse_dates=["created_at", "fetched_at"], date_format="%Y-%m-%dT%H:%M:%SZ")
    assert {name: str(table[name].dtype) for name in ("id", "followers_count", "verified")} == {
        "id": "Int64",
        "followers_count": "Int64",
        "verified": "boolean",
    }
    assert is_datetime64_any_dtype(table["created_at"])
    assert is_string_dtype(table["username"])


@pytest.mark.quick
def test_a_table_for_excel(tmp_path: Path, sandbox: Sandbox, usual: Crawl) -> None:
    """Excel needs a mark at the beginning to take it for UTF-8, and semicolons where a comma is in numbers."""
    assert crawl("user", tmp_path, sandbox=sandbox, settings={"FEEDS": SEMICOLONS}, **GIVEN).code == 0

    data = Path("users.csv").read_bytes()
    users = usual.records("user")
    assert data.startswith(b"\xef\xbb\xbfkind;fetched_at;")
    unquoted = re.sub(rb'"(?:[^"]|"")*"', b"", data)
    assert unquoted.count(b"\r\n") == unquoted.count(b"\n") == len(users) + 1
    assert data.endswith(b"\r\n")
    table = read(Path("users.csv"), sep=";", encoding="utf-8-sig")
    assert list(table.columns) == list(users[0])
    assert values(table) == as_cells(users)


@pytest.mark.quick
def test_a_second_crawl_appends_to_it(tmp_path: Path, sandbox: Sandbox, usual: Crawl) -> None:
    for _ in range(2):
        assert crawl("user", tmp_path, sandbox=sandbox, settings={"FEEDS": SEMICOLONS}, **GIVEN).code == 0

    assert Path("users.csv").read_bytes().count(b"\xef\xbb\xbf") == 1
    table = read(Path("users.csv"), sep=";", encoding="utf-8-sig")
    assert values(table) == as_cells(2 * usual.records("user"))
