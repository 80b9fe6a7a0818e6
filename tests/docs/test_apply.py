"""Follows the page on `apply`: backs an account up, and restores it into another."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.actions.action import DOES, OPEN, SHORT
from sc_spiders.actions.plan import HAND_WRITTEN, Reader
from sc_spiders.actions.rows import rows
from sc_spiders.api.writes import CEILINGS
from sc_spiders.base_spiders.plans import _named
from sc_spiders.base_spiders.targets import refuse_secrets
from sc_spiders.records import schema
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import ROOT, Crawls

PAGE = (ROOT / "docs" / "apply.md").read_text(encoding="utf-8")
BACKUP, DRY_RUN = re.findall(r"^```sh\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
QUICK = {"SC_SETTLE": "0", "SC_WRITE_DELAY": "0", "DOWNLOAD_DELAY": "0"}


def test_a_backup_is_restored_as_the_page_tells(tmp_path: Path) -> None:
    with Sandbox(users=60, ceilings="") as sandbox:
        crawls = Crawls(tmp_path)

        def run(command: str, token: str) -> str:
            command = command.removeprefix("SC_API=public ")
            newest = sorted((tmp_path / "output" / "me").glob("*"))[-1:]
            command = command.replace("$(ls -d output/me/* | tail -1)", str(newest and newest[0]))
            settings: dict[str, Any] = {**QUICK, "SC_OAUTH_TOKEN": token}
            if " me " in command:
                settings["SC_API"] = "public"
            done = crawls.command(*shlex.split(command)[1:], sandbox=sandbox, **settings)
            assert done.code in (0, 1), done.printed
            return done.printed

        run(BACKUP, sandbox.oauth_token)
        begun = len(sandbox.requests)
        told = run(DRY_RUN, sandbox.newcomer_token)
        assert {row["method"] for row in sandbox.requests[begun:]} == {"GET"}
        (command,) = re.findall(r"next: (scrapy crawl apply .*)", told)
        run(command, sandbox.newcomer_token)
        old, new = sandbox.account(), sandbox.account(3000000001)
        for kind in (":tracks:", ":playlists:"):  # the API tells the order of each list, and not when a like was made
            restored = [urn for urn in new["likes"] if kind in urn]
            assert restored == [urn for urn in old["likes"] if urn in restored]
        assert len(new["likes"]) > 100
        assert set(new["followings"]) <= set(old["followings"])
        assert len(new["followings"]) > 30
        (done,) = (
            path.parent for path in (tmp_path / "output" / "apply").glob("*/action.jsonl") if "done" in path.read_text()
        )
        undo = run(f"scrapy crawl apply -a plan={done}/action.jsonl -a undo=1", sandbox.newcomer_token)
        (command,) = re.findall(r"next: (scrapy crawl apply .*)", undo)
        run(command, sandbox.newcomer_token)
        undone = sandbox.account(3000000001)
        assert (undone["likes"], undone["followings"], undone["playlists"]) == ([], [], [])


def test_the_plan_of_the_page_can_be_read(tmp_path: Path) -> None:
    (block,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "plan.jsonl").write_text(block)
    for name in ("112.wav", "112.jpg", "cover.jpg"):
        (tmp_path / name).write_bytes(b"x")
    assert len(Reader(_named, refuse_secrets, rows).read(tmp_path / "plan.jsonl").actions) == len(block.splitlines())


def test_all_words_statuses_and_numbers_are_told() -> None:
    for word in DOES:
        assert f"`{word}`" in PAGE
    statuses = schema("action")["properties"]["status"]["enum"]
    assert set(statuses) >= OPEN | SHORT
    for status in statuses:
        assert f"| `{status}` |" in PAGE
    (told,) = re.findall(r"200 likes, .*? deletions", PAGE, re.DOTALL)
    assert sorted(map(int, re.findall(r"\d+", told))) == sorted(CEILINGS.values())
    assert f"{HAND_WRITTEN} at most" in PAGE


@pytest.mark.parametrize("field", ["do", "status"])
def test_the_schema_has_the_words_of_the_code(field: str) -> None:
    words = schema("action")["properties"][field]["enum"]
    assert set(words) == {"do": set(DOES), "status": {"done", "already", "planned"} | OPEN | SHORT}[field]
