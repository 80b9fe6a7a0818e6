"""Neo4j's CSV, read by the rules of its manual (Operations Manual, Import: header format, and the command's options).

Neo4j itself is a server of its own, and is not run here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from .make import user, write_folder
from .run import Runner
from .sample import COMMENTED, EDGES, NASTY, NODES, SAMPLE, UNRECORDED

TYPES = {
    *("int", "long", "float", "double", "boolean", "byte", "short", "char", "string", "point", "date", "localtime"),
    *("time", "localdatetime", "datetime", "duration"),
}
NODE, RELATIONSHIP = {"ID", "LABEL"}, {"START_ID", "END_ID", "TYPE"}
FIELD = re.compile(r"(?P<name>[^:,\"\s]*):(?P<type>\w+)")
# A quoted value, in which quotes are doubled; or an unquoted value without quotes, commas and line ends.
VALUE = re.compile(r'"((?:[^"]|"")*)"|([^",\n]*)')
OPTIONS = {"--multiline-fields=true", "--nodes", "--relationships"}

Values = dict[str, Any]


def rows(text: str) -> Iterator[list[str | None]]:
    """The values of each row. No value is None; `--ignore-empty-strings` is false, so "" is an empty string."""
    at, row = 0, list[str | None]()
    while at < len(text):
        match = VALUE.match(text, at)
        assert match
        quoted, bare = match.groups()
        row.append(quoted.replace('""', '"') if quoted is not None else bare or None)
        end = text[match.end()]
        assert end in ",\n", text[match.start() : match.end() + 20]
        if end == "\n":
            yield row
            row = []
        at = match.end() + 1
    assert not row


def parsed(value: str | None, type_: str) -> Any:
    """Convert a value to that type. Only `true` means true."""
    if value is None or type_ == "string":
        return value
    match type_:
        case "long":
            number = int(value)
            assert -(2**63) <= number < 2**63
            return number
        case "double":
            return float(value)
        case "boolean":
            assert value in ("true", "false")
            return value == "true"
        case "datetime":
            moment = datetime.fromisoformat(value)
            assert moment.tzinfo
            return value
    raise AssertionError(f"no value should be a {type_}")


def table(file: Path, needed: set[str]) -> list[Values]:
    """The rows by property name, or by type for columns that are no property."""
    head, *body = rows(file.read_bytes().decode())
    fields = [FIELD.fullmatch(field or "") for field in head]
    assert all(fields)
    columns = [(field["name"], field["type"]) for field in fields if field]
    special = [type_ for _, type_ in columns if type_ not in TYPES]
    assert sorted(special) == sorted(needed)
    names = [name for name, type_ in columns if type_ in TYPES]
    assert all(names)
    assert len(set(names)) == len(names)
    found = []
    for row in body:
        assert len(row) == len(columns)
        found.append({
            name if type_ in TYPES else type_: parsed(value, type_) if type_ in TYPES else value
            for (name, type_), value in zip(columns, row, strict=True)
        })  # fmt: skip
        assert all(found[-1][type_] for type_ in needed)
    return found


@pytest.fixture
def folder(tmp_path: Path, scrapy: Runner) -> Path:
    inputs = write_folder(tmp_path / "in", [*SAMPLE, user(7, description=' a,\n"b"\r\n,,"" ', username="")])
    assert scrapy("export", inputs, "neo4j").code == 0
    return inputs.with_suffix(".neo4j")


def test_files_are_as_the_manual_has_them(folder: Path) -> None:
    nodes = {row["ID"]: row for file in folder.glob("*-nodes.csv") for row in table(file, NODE)}
    assert len(nodes) == sum(len(table(file, NODE)) for file in folder.glob("*-nodes.csv"))  # ids are unique
    assert nodes.keys() == {urn.replace("\0", "") for urn in (*NODES, *UNRECORDED, "soundcloud:users:7")}
    one, seven = nodes["soundcloud:users:1"], nodes["soundcloud:users:7"]
    assert (one["LABEL"], one["username"]) == ("User", NASTY.replace("\0", ""))
    assert (one["followers_count"], one["verified"], one["created_at"]) == (2**40, True, "2010-02-03T04:05:06Z")
    assert (seven["username"], seven["description"], seven["followers_count"]) == ("", ' a,\n"b"\r\n,,"" ', None)
    assert nodes["soundcloud:users:2"]["verified"] is None
    assert nodes["charts:top:techno"]["LABEL"] == "Chart"
    assert nodes["soundcloud:tracks:1"]["bpm"] == 174.5
    relationships = table(folder / "relationships.csv", RELATIONSHIP)
    expected = [(e["source"], e["target"], e["relation"].upper()) for e in EDGES]
    expected += [(source, target, relation.upper()) for source, target, relation in COMMENTED]
    found = [(row["START_ID"], row["END_ID"], row["TYPE"]) for row in relationships]
    assert sorted(found) == sorted((a.replace("\0", ""), b.replace("\0", ""), c) for a, b, c in expected)
    assert {end for row in found for end in row[:2]} <= nodes.keys()
    rank = next(row for row in relationships if row["TYPE"] == "RANKS")
    assert (rank["position"], rank["score"]) == (3, 0.25)


def test_the_command_names_each_file_and_knows_that_values_have_lines(folder: Path, scrapy: Runner) -> None:
    said = scrapy("export", folder.with_name("in"), "neo4j").out
    command = said.split("neo4j-admin database import full ")[1].splitlines()[0].split()
    assert command[-1] == "neo4j"
    assert {word if word in OPTIONS else word.split("=")[0] for word in command[:-1]} == OPTIONS
    named = [word.split("=")[1] for word in command[:-1] if word.startswith(("--nodes", "--relationships"))]
    assert sorted(named) == sorted(file.name for file in folder.glob("*.csv"))
