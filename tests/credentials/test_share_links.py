"""A share link is a credential everywhere. One grammar describes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sc_spiders.records import redact
from sc_spiders.redaction.logs import redact as redact_line
from tests.support.answers import http, user
from tests.support.crawl import Crawls
from tests.support.server import Server

TOKENS = ("s-AbCdEf", "s-AB_CD12ef", "s-_1234", "s-0123456789abcdef")
LINKS = (
    "https://soundcloud.com/forss/x/{}",
    "https://soundcloud.com/forss/sets/x/{}",
    "soundcloud.com/forss/x/{}?in=y",
    "https%3A%2F%2Fsoundcloud.com%2Fforss%2Fx%2F{}",
)
PERMALINKS = (
    "https://soundcloud.com/forss/s-club-7",
    "https://soundcloud.com/s-club/x",
    "https://soundcloud.com/forss/x",
)

tokens = pytest.mark.parametrize("token", TOKENS)


@pytest.mark.parametrize(("link", "token"), list(zip(LINKS, TOKENS, strict=True)))
@pytest.mark.parametrize(
    ("spider", "arguments"),
    [
        ("track", {"track": "{}"}),
        ("search", {"q": "{}"}),
        ("user", {"user": "1", "params": "x={}"}),
        ("resolve", {"url": "{}"}),
    ],
)
def test_no_argument_takes_it(crawls: Crawls, spider: str, arguments: dict[str, Any], link: str, token: str) -> None:
    given: dict[str, Any] = {name: value.format(link.format(token)) for name, value in arguments.items()}
    crawl = crawls.run(spider, **given)
    assert crawl.code == 2, crawl.log
    assert token not in crawl.log
    assert not (crawls.folder / "output").exists()


@tokens
@pytest.mark.parametrize("link", LINKS)
def test_no_log_line_and_no_object_keeps_it(link: str, token: str) -> None:
    text = link.format(token)
    assert token not in redact_line(f"asked for {text}, in vain")
    assert token not in json.dumps(redact({"description": f"listen: {text}", "more": [{"uri": text}]}))


@pytest.mark.parametrize("link", PERMALINKS)
def test_a_permalink_is_none(link: str) -> None:
    assert redact_line(link) == link
    assert redact({"permalink_url": link}) == {"permalink_url": link}


@tokens
def test_no_record_of_a_crawl_has_it(crawls: Crawls, token: str) -> None:
    told = {**user(1), "description": f"new: https://soundcloud.com/forss/x/{token} and more", "likes_count": 1}
    with Server(lambda path, turn: http(200, told) if path == "/users/1" else None) as server:
        crawl = crawls.run("user", settings={**server.settings, "SC_RAW": 1}, user="1")
    assert crawl.code == 0
    (record,) = crawl.records("user")
    assert "and more" in record["description"]
    for file in crawls.folder.rglob("*"):
        assert file.is_dir() or token not in file.read_text(errors="replace")
