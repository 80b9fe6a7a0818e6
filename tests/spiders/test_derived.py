"""A subclass of one of our spiders, with another name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from sc_spiders.spiders.search import SearchSpider
from sc_spiders.spiders.user import UserSpider
from tests.support.crawl import crawl

ASKED: dict[str, Any] = {"user": "forss", "include": "profile,followers,likes"}


class Fans(UserSpider):
    name = "fans"


class Finder(SearchSpider):
    name = "finder"


def test_it_has_all_words_of_the_one_it_is_derived_from(tmp_path: Path, sandbox: Sandbox) -> None:
    found = crawl(Fans, tmp_path, sandbox=sandbox, **ASKED)

    assert found.code == 0
    assert found.kinds["edge"] > 0
    assert found.kinds == crawl("user", tmp_path, sandbox=sandbox, **ASKED).kinds


def test_what_since_needs_is_told_in_the_words_it_has(
    tmp_path: Path, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    found = crawl(Fans, tmp_path, sandbox=sandbox, user="forss", include="followers", since="2020-01-01")

    assert found.code == 2
    assert "fans: since has no effect on the lists that are asked for; it needs v2 and include=" in caplog.text


def test_a_search_finds_its_endpoint(tmp_path: Path, sandbox: Sandbox) -> None:
    found = crawl(Finder, tmp_path, sandbox=sandbox, q="a", type="tracks", limit=3)

    assert found.code == 0
    assert found.listing("search_tracks")["fetched"] == 3
