"""The page on design lists the packages that exist."""

from __future__ import annotations

import re
import tomllib

from tests.support.crawl import ROOT

PAGE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
ROOMS = PAGE.split("\n## Rooms\n")[1].split("\n## ")[0]


def test_the_rooms_are_told_in_the_order_that_lint_holds_them_to() -> None:
    (layers,) = (contract["layers"] for contract in CONTRACTS if contract["type"] == "layers")
    told = [row.split("|")[1].strip() for row in ROOMS.splitlines() if row.startswith("| `")]
    assert [re.findall(r"\w+", row) for row in told] == [re.findall(r"\w+", layer) for layer in layers]


def test_every_room_is_told() -> None:
    told = re.findall(r"^\| (`.*?) \|", ROOMS, re.MULTILINE)
    named = {name for row in told for name in re.findall(r"`(\w+)`", row)}
    assert named == _rooms()


def test_lint_keeps_every_room_and_the_sandbox_apart() -> None:
    sandbox = ["sc_spiders.sandbox"]
    rooms = {f"sc_spiders.{room}" for room in _rooms()}
    (into,) = (one for one in CONTRACTS if one.get("forbidden_modules") == sandbox)
    (out_of,) = (one for one in CONTRACTS if one.get("source_modules") == sandbox)

    assert set(into["source_modules"]) == rooms
    assert set(out_of["forbidden_modules"]) == rooms | {"scrapy"}
    allowed = {edge.split(".")[1] for edge in into["ignore_imports"]}
    assert allowed == set(re.findall(r"one imports it: `(\w+)`", ROOMS))


def _rooms() -> set[str]:
    rooms = {
        path.stem
        for path in (ROOT / "sc_spiders").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    return rooms - {"__init__", "__main__", "templates", "sandbox"}


def test_the_files_on_the_way_of_a_page_are_there() -> None:
    way = PAGE.split("\n## The way of a page\n")[1].split("\n## ")[0]
    files = [
        name for row in re.findall(r"\| ([^|]*) \|$", way, re.MULTILINE) for name in re.findall(r"`([\w/.]+)`", row)
    ]
    assert len(files) > 10
    for name in files:
        assert (ROOT / "sc_spiders" / name).exists() or (ROOT / name).exists(), name
