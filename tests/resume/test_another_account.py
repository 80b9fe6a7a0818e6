"""A crawl of one's own lists goes on only with a token of the same user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sc_spiders.sandbox import Sandbox

from ..support.crawl import crawl


def test_the_lists_of_two_users_are_not_mixed(tmp_path: Path) -> None:
    with Sandbox(users=12, seed=3) as sandbox:
        settings = {"JOBDIR": str(tmp_path / "job"), "SC_API": "public", "SC_PAGE_SIZE": "3"}
        mine = {**settings, "SC_OAUTH_TOKEN": sandbox.oauth_token}
        given: dict[str, Any] = {"sandbox": sandbox, "include": "profile,likes,followings"}
        first = crawl("me", tmp_path, settings={**mine, "CLOSESPIDER_PAGECOUNT": 2}, **given)
        other = crawl("me", tmp_path, settings={**settings, "SC_OAUTH_TOKEN": sandbox.newcomer_token}, **given)
        last = crawl("me", tmp_path, settings=mine, **given)

    assert first.code == 3
    assert other.code == 2
    assert "this crawl was begun with another user's token" in other.errors[0]
    assert other.triples == first.triples
    assert last.code == 0
    assert {row["complete"] for row in last.records("listing")} == {True}
