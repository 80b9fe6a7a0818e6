"""Merged and exported data sets have cards, which other programs read; archives and loaders get metadata of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from sc_spiders import export
from sc_spiders.dataset import card
from sc_spiders.dataset.foreign_keys import foreign_keys
from tests.support.crawl import ROOT

from .frictionless_package import read, resource, rows
from .make import crawl, follows, listing, node, track, user, write, write_folder
from .run import Runner
from .sample import SAMPLE

WHOLE = [
    user(1, verified=True, created_at="2010-02-03T04:05:06Z"),
    user(2, username=""),
    track(1, user_urn="soundcloud:users:1", bpm=174.5),
    node("comment", 9, body="x", timestamp=1500, track_urn="soundcloud:tracks:1", user_urn="soundcloud:users:7"),
    follows(2, 1),
    follows(1, 2),
    listing("followers", "soundcloud:users:1"),
    listing("likes", "soundcloud:users:2", complete=False, missing=["soundcloud:tracks:4"], rejected=2),
    crawl("user_graph", {"user": "1"}, counts={"user": 2, "listing": 2}),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "in", WHOLE)


def place(form: str, path: Path) -> Path:
    return path / card.NAME if export.FORMATS[form].files else card.beside(path)


@pytest.mark.parametrize("form", list(export.FORMATS))
def test_each_export_has_a_card(folder: Path, scrapy: Runner, form: str) -> None:
    from frictionless import Package

    assert scrapy("export", folder, form).code == 0
    path = place(form, folder.with_suffix(export.FORMATS[form].suffix))
    found = json.loads(path.read_bytes())

    assert Package(str(path)).to_descriptor()
    assert {one["path"] for one in found["resources"]} == (
        {file.name for file in path.parent.iterdir()} - {card.NAME}
        if export.FORMATS[form].files
        else {path.name.removesuffix(f".{card.NAME}")}
    )
    assert all(one["hash"].startswith("sha256:") and one["bytes"] > 0 for one in found["resources"])
    assert found["completeness"]["missing"] == 1
    assert found["completeness"]["rejected"] == 2
    if form in ("parquet", "sqlite", "duckdb", "csv", "xlsx"):
        tables = {one["name"]: one for one in found["resources"]}
        assert tables["user"]["rows"] == 2
        assert tables["user"]["schema"]["primaryKey"] == ["urn"]
        assert tables["edge"]["schema"]["primaryKey"] == ["relation", "source", "target"]
    if form == "sqlite":
        assert tables["user"]["dialect"] == {"table": "user"}


def test_exported_csv_is_valid_and_its_references_hold(folder: Path, scrapy: Runner) -> None:
    assert scrapy("export", folder, "csv").code == 0
    found = read(Path("in.csv") / card.NAME)

    def keys(kind: str) -> list[Any]:
        held = resource(found, kind)["schema"].get("foreignKeys", [])
        return [(key["fields"], key["reference"]["resource"], key["reference"]["fields"]) for key in held]

    assert keys("track") == [(["user_urn"], "user", ["urn"])]
    assert keys("edge") == [(["source"], "user", ["urn"]), (["target"], "user", ["urn"])]
    assert keys("comment") == [(["track_urn"], "track", ["urn"])], "user 7 has no record"
    assert not keys("user")


def test_names_that_are_difficult_for_formats_are_not_for_the_card(tmp_path: Path, scrapy: Runner) -> None:
    write_folder(tmp_path / "odd", SAMPLE)
    assert scrapy("merge", "odd", "-o", "all.jsonl").code == 0
    found = read(tmp_path / f"all.jsonl.{card.NAME}")

    (one,) = found["resources"]
    assert one["rows"] == len(SAMPLE)
    assert one["kinds"]["edge"]["rows"] == sum(row["kind"] == "edge" for row in SAMPLE)
    assert one["kinds"]["user"]["schema"]["primaryKey"] == ["urn"]
    assert "foreignKeys" not in one["kinds"]["edge"]["schema"]


def test_an_older_card_goes_with_what_it_describes(folder: Path, scrapy: Runner) -> None:
    scrapy("merge", folder, "-o", "all.jsonl")
    before = read(Path(f"all.jsonl.{card.NAME}"))
    write(folder / "user.jsonl", [user(3)])
    scrapy("merge", folder, "-o", "all.jsonl")

    assert read(Path(f"all.jsonl.{card.NAME}"))["id"] != before["id"]


def test_cards_are_no_data(folder: Path, scrapy: Runner) -> None:
    scrapy("merge", folder, "-o", "out/all.jsonl")
    scrapy("export", "out/all.jsonl", "csv")
    scrapy("export", "out/all.jsonl", "croissant")
    result = scrapy("merge", *sorted(Path("out").iterdir()), "-o", "again.jsonl")

    assert result.code == 0
    assert read(Path(f"again.jsonl.{card.NAME}"))["resources"][0]["rows"] == len(WHOLE)


def test_forget_makes_the_card_of_the_records_anew(folder: Path, scrapy: Runner) -> None:
    scrapy("merge", folder, "-o", "all.jsonl")
    for form in ("sqlite", "csv", "croissant", "ro-crate"):
        assert scrapy("export", "all.jsonl", form).code == 0
    Path("people.txt").write_text("soundcloud:users:1\n")
    assert scrapy("forget", "all.jsonl", "people.txt").code == 0

    assert {path.name for path in folder.parent.iterdir()} == {
        "in",
        "all.jsonl",
        f"all.jsonl.{card.NAME}",
        "people.txt",
    }
    found = read(Path(f"all.jsonl.{card.NAME}"))
    assert "soundcloud:users:1" not in json.dumps(found["crawls"])
    (one,) = found["resources"]
    kinds = Counter(json.loads(line)["kind"] for line in Path("all.jsonl").read_bytes().splitlines())
    assert {kind: of_kind["rows"] for kind, of_kind in one["kinds"].items()} == kinds
    assert one["rows"] == kinds.total()
    assert scrapy("forget", folder, "people.txt").code == 0
    assert not (folder / card.NAME).exists(), "it had none"


def croissant(path: str) -> Any:
    import mlcroissant  # takes a second, in each process that only collects tests

    return mlcroissant.Dataset(jsonld=path)


@pytest.mark.filterwarnings("ignore")  # of mlcroissant's packages
@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_a_folder_without_a_card_gets_one_with_its_metadata(folder: Path, scrapy: Runner, suffix: str) -> None:
    if suffix == "csv":
        assert scrapy("export", folder, "csv", "-o", "made").code == 0
        Path("made", card.NAME).unlink()
        folder = Path("made")
    assert scrapy("export", folder, "croissant").code == 0
    found = read(folder / card.NAME)
    assert resource(found, "user")["rows"] == len(rows(folder / card.NAME, "user"))
    assert resource(found, "edge")["schema"]["primaryKey"] == ["relation", "source", "target"]
    assert found["completeness"]["listings"] == 2
    users = list(croissant(str(folder / "croissant.json")).records("user"))
    assert len(users) == resource(found, "user")["rows"]


def test_whom_to_cite_is_told_once() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (citation["title"], citation["authors"][0]["name"]) == (card.SOFTWARE, card.AUTHOR)


@pytest.mark.filterwarnings("ignore")  # of mlcroissant's packages
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_croissant_is_read_with_its_rows(folder: Path, scrapy: Runner, form: str) -> None:
    scrapy("export", folder, form, "-o", "out")
    result = scrapy("export", "out", "croissant")
    data = croissant("out/croissant.json")
    users = {row["user/urn"]: row for row in data.records("user")}

    assert result.code == 0
    assert result.out.strip() == "out/croissant.json"
    assert not data.metadata.issues.errors
    assert not data.metadata.issues.warnings
    assert users[b"soundcloud:users:1"]["user/id"] == 1
    assert len(list(data.records("edge"))) == 2
    assert "SoundCloud" in json.loads(Path("out/croissant.json").read_bytes())["citeAs"]


@pytest.mark.filterwarnings("ignore")  # of mlcroissant's packages
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_croissant_leaves_out_objects(tmp_path: Path, scrapy: Runner, form: str) -> None:
    rows = [user(1) | {"raw": {"id": 1}, "mood": ["fine"]}, user(2) | {"raw": {"id": 2}, "mood": "fine"}]
    write_folder(tmp_path / "in", rows)
    scrapy("export", "in", form, "-o", "out")
    assert scrapy("export", "out", "croissant").code == 0
    found = list(croissant("out/croissant.json").records("user"))

    assert [row["user/id"] for row in found] == [1, 2]
    assert not {"user/raw", "user/mood"} & found[0].keys()


def test_a_crate_has_the_files_and_how_they_were_made(folder: Path, scrapy: Runner) -> None:
    scrapy("export", folder, "csv", "-o", "out")
    assert scrapy("export", "out", "ro-crate").code == 0
    from rocrate.rocrate import ROCrate

    crate = ROCrate("out")

    assert {file.id for file in crate.data_entities} == {file.name for file in Path("out").glob("*.csv")}
    assert crate.name == "SoundCloud: user_graph user=1"
    assert crate.license[0].id == card.TERMS["path"]
    action = crate.dereference("#crawl-1")
    assert action.type == "CreateAction"
    assert (action["startTime"], action["instrument"].id) == ("2026-01-02T11:00:00Z", "#sc_spiders-0.1.0")
    assert all(len(file["sha256"]) == 64 for file in crate.data_entities)


REFUSED = [
    (["empty"], "empty: no .jsonl, .jl, <kind>.csv or <kind>.parquet file in this folder"),
    (["changed.jsonl"], "changed.jsonl: is not as its card says (changed.jsonl.datapackage.json)"),
    (["edited.jsonl"], "edited.jsonl: is not as its card says (edited.jsonl.datapackage.json)"),
    (["odd.jsonl"], "odd.jsonl.datapackage.json: is not the card of a crawl, a merge or an export"),
    (["in", "changed.jsonl"], "is written beside one folder or file"),
    (["in", "-o", "x.json"], "is written beside one folder or file"),
]


@pytest.mark.parametrize("name", ["croissant", "ro-crate"])
def test_what_has_no_true_card_is_refused(folder: Path, scrapy: Runner, name: str, subtests: pytest.Subtests) -> None:
    scrapy("merge", folder, "-o", "changed.jsonl")
    with Path("changed.jsonl").open("a") as file:
        file.write("\n")
    scrapy("merge", folder, "-o", "edited.jsonl")
    text = Path("edited.jsonl").read_text()
    Path("edited.jsonl").write_text(text.replace("2026", "2025"))  # as long as it was
    Path("empty").mkdir()
    write(Path("odd.jsonl"), [user(1)])
    Path(f"odd.jsonl.{card.NAME}").write_text("[]")

    for args, says in REFUSED:
        inputs, options = args[:2], args[2:]
        if "-o" in args:
            inputs, options = args[:1], args[1:]
        with subtests.test(args=args):
            result = scrapy("export", *inputs, name, *options)

            assert result.code == 2
            assert says in result.err
            assert "Traceback" not in result.err


def test_records_that_nothing_refers_to_are_not_read() -> None:
    def values(names: Sequence[str]) -> list[Any]:
        raise AssertionError("a large file would be read for nothing")

    assert foreign_keys({"track": values, "selection": values}) == {}
