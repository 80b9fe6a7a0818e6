"""Every schema passes the same suite."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import jmespath
import jsonschema
import pytest

from sc_spiders.records import APIS, FIELDS, KINDS, kind, schema
from sc_spiders.records.convert import CONVERSIONS
from sc_spiders.redaction.names import plain
from sc_spiders.redaction.values import SECRETS

NODES = ("user", "track", "playlist", "comment", "selection")
CONTRACT = (
    *NODES,
    *("web_profile", "conversation", "message", "email", "activity", "oembed", "download", "stream", "object"),
    *("edge", "listing", "crawl", "gone", "action"),
)
OURS = {  # fields that the crawler makes; no object has them
    "edge": set(FIELDS["edge"]),
    "listing": set(FIELDS["listing"]),
    "crawl": set(FIELDS["crawl"]),
    "gone": set(FIELDS["gone"]),
    "action": set(FIELDS["action"]),
    "web_profile": {"user_id", "user_urn"},
    "download": {"track_id", "track_urn"},
    "stream": {"track_urn"},
    "conversation": {"owner_urn"},
    "oembed": {"url"},
    "object": {"path"},
} | {name: {"partial"} for name in NODES}
EVERYWHERE = {"kind", "fetched_at", "api"}
ASKED_FOR_APART = {"likes_count", "liked_by_creator", "liked_by_user"}  # reactions of comments
KEYWORDS = {
    "$schema", "title", "description", "type", "properties", "required", "additionalProperties",
    "key", "kinds", "full", "ignored",
}  # fmt: skip
FIELD_KEYWORDS = {
    "type", "description", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "maxItems",
    "items", "additionalProperties", "personal", "source", "subject", "pair", "convert", "rare",
}  # fmt: skip


def test_the_kinds_are_those_of_the_contract() -> None:
    assert sorted(KINDS) == sorted(CONTRACT)


@pytest.mark.parametrize("name", KINDS)
def test_is_valid_draft_7_and_closed(name: str) -> None:
    declared = schema(name)
    jsonschema.Draft7Validator.check_schema(declared)
    assert declared["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert declared["title"] == name
    assert declared["additionalProperties"] is False
    assert declared["required"] == list(declared["properties"])
    assert declared["description"].endswith(".")
    assert set(declared) <= KEYWORDS


@pytest.mark.parametrize("name", KINDS)
def test_is_identified_by_fields_that_it_has(name: str) -> None:
    assert set(schema(name).get("key", ["urn"])) <= set(FIELDS[name])


@pytest.mark.parametrize("name", KINDS)
def test_has_what_every_record_has(name: str) -> None:
    assert FIELDS[name][:3] == ("kind", "fetched_at", "api")
    assert schema(name)["properties"]["kind"]["const"] == name


@pytest.mark.parametrize("name", NODES)
def test_nodes_have_id_and_urn_and_tell_their_form(name: str) -> None:
    assert FIELDS[name][3:6] == ("id", "urn", "partial")
    assert set(schema(name)["full"]) == set(APIS)
    assert schema(name)["kinds"]


@pytest.mark.parametrize("name", KINDS)
def test_every_field_says_type_meaning_and_source(name: str) -> None:
    for field, declared in schema(name)["properties"].items():
        assert declared["type"], field
        assert declared["description"].endswith("."), field
        assert set(declared) <= FIELD_KEYWORDS, field
        assert declared["personal"] in {"id", "name", "link", "text", "no"}, field
        assert declared.get("convert") in {None, *CONVERSIONS}, field
        assert set(declared.get("rare", ())) <= set(APIS), field
        source = declared.get("source")
        if field in EVERYWHERE | OURS.get(name, set()):
            assert not source, field
        elif not (name == "comment" and field in ASKED_FOR_APART):
            assert source, field
            assert set(source) <= set(APIS), field
        for expression in (source or {}).values():
            jmespath.compile(expression)


@pytest.mark.parametrize("name", KINDS)
def test_no_field_holds_a_secret(name: str) -> None:
    for field, declared in schema(name)["properties"].items():
        sources = " ".join(declared.get("source", {}).values())
        assert not any(secret in plain(f"{field} {sources}") for secret in SECRETS), field


@pytest.mark.parametrize("name", KINDS)
def test_strings_and_numbers_have_bounds(name: str) -> None:
    for field, declared in schema(name)["properties"].items():
        if (name, field) == ("object", "object"):
            continue  # any value; the conversion checks whether it can be written
        types = [declared["type"]] if isinstance(declared["type"], str) else declared["type"]
        if "string" in types:
            assert {"maxLength", "pattern", "const", "enum"} & set(declared), field
        if "integer" in types or "number" in types:
            assert "minimum" in declared, field
            assert declared["maximum"] < 2**63, field


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("name", KINDS)
def test_compiles(name: str, api: str) -> None:
    rows, rejected = kind(name, api).project([], "2026-01-02T03:04:05Z")
    assert (rows, rejected) == ([], [])


@pytest.mark.parametrize("name", ["no_such_kind", "../user", "__init__", ""])
def test_an_unknown_kind_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        schema(name)
    with pytest.raises(KeyError):
        kind("user", "v3")


def test_can_be_read_from_a_zipped_egg(tmp_path: Path) -> None:
    """The project runs from an egg, as on Scrapyd."""
    root = Path(__file__).parents[2]
    egg = tmp_path / "project.egg"
    with zipfile.ZipFile(egg, "w") as archive:
        for file in root.glob("sc_spiders/**/*.py"):
            archive.write(file, file.relative_to(root))
        for file in root.glob("schemas/*.json"):
            archive.write(file, Path("sc_spiders") / file.relative_to(root))
    program = (
        f"import sys; sys.path.insert(0, {str(egg)!r}); import sc_spiders.records as r; "
        "assert '.egg' in r.__file__; print(len(r.KINDS), r.kind('user', 'v2').urn(1))"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.stdout == f"{len(KINDS)} soundcloud:users:1\n", run.stderr
