"""`SC_ON_END` gets the crawl record, and its failure is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import crawl


@pytest.mark.parametrize(("user", "reason"), [("forss", "finished"), ("nobody-at-all", "incomplete")])
def test_the_command_gets_the_crawl_record(tmp_path: Path, sandbox: Sandbox, user: str, reason: str) -> None:
    place = tmp_path / "a file"
    found = crawl("user", tmp_path, sandbox=sandbox, settings={"SC_ON_END": f"tee '{place}'"}, user=user)

    assert json.loads(place.read_text()) == found.last
    assert found.last["finish_reason"] == reason


@pytest.mark.parametrize(
    ("command", "told"),
    [("false", "false has failed with exit code 1"), ("/no/such/thing", "/no/such/thing cannot be run: No such file")],
)
def test_its_failure_is_told_and_changes_nothing(tmp_path: Path, sandbox: Sandbox, command: str, told: str) -> None:
    found = crawl("user", tmp_path, sandbox=sandbox, settings={"SC_ON_END": command}, user="forss")

    assert found.code == 0
    (line,) = found.errors
    assert told in line


@pytest.mark.parametrize("given", [{"user": "0"}, {"user": "forss", "preview": "1"}])
def test_a_crawl_that_writes_nothing_runs_none(tmp_path: Path, sandbox: Sandbox, given: dict[str, str]) -> None:
    crawl("user", tmp_path, sandbox=sandbox, settings={"SC_ON_END": f"touch {tmp_path}/ran"}, **given)

    assert not (tmp_path / "ran").exists()
