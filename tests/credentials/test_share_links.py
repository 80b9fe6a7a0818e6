"""A share link is a credential everywhere. One grammar describes it."""

from __future__ import annotations

import json
from itertools import product

import pytest

from sc_spiders.base_spiders.targets import refuse_secrets
from sc_spiders.credentials.signing import parse_share_tokens
from sc_spiders.errors import ArgumentError, CredentialError
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
    "forss/x/{}",
    "/forss/sets/x/{}",
    "%2Fforss%2Fx%2F{}",
    "soundcloud:tracks:1:{}",
    "soundcloud%3Aplaylists%3A1%3A{}",
)
ENDS = ("", "-", "é", "/", ".", "-x", "%C3%A9")
"""What may follow a token."""
OTHERS = (
    "https://soundcloud.com/forss/s-club-7",
    "https://soundcloud.com/s-club/x",
    "https://soundcloud.com/forss/x",
    "https://shop.example/cars/new/s-AB_CD12ef",
    "the s-Bahn, at 5:s-Bahn",
    "bus/tram/s-bahn",
    "jobs/today/s-2026-11",
    "/en/cars/s-class",
    "/s-class",
    "forss/s-AB_CD12ef",
)
BAD_SETTINGS = (
    "soundcloud:tracks:1=s-é",
    "soundcloud:tracks:1=s-ab",
    "soundcloud:tracks:1=s-AB_CD12ef-",
    "soundcloud:tracks:1=s-AB_CD12efé",
    "soundcloud:tracks:1=S-AB_CD12ef",
)

tokens = pytest.mark.parametrize("token", TOKENS)
links = pytest.mark.parametrize("link", LINKS)


def test_no_spider_takes_it(crawls: Crawls) -> None:
    arguments = ("track", "track={}"), ("search", "q={}"), ("user", "params=x={}"), ("resolve", "url={}")
    texts = (LINKS[0].format("s-AB_CD12ef"), LINKS[0].format("s-AB_CD12efé-"), "a/b/s-AB_CD12ef-")
    commands = [
        ("crawl", spider, *(("-a", "user=1") if spider == "user" else ()), "-a", argument.format(text))
        for spider, argument in arguments
        for text in texts
    ]
    for command, crawl in zip(commands, crawls.one_by_one(commands), strict=True):
        assert crawl.code == 2, (command, crawl.log)
        assert "AB_CD12ef" not in crawl.log, command
    assert not (crawls.folder / "output").exists()


@links
@pytest.mark.parametrize("given", ["{}", "x={}", "listen to {}"])
def test_no_argument_takes_it(given: str, link: str) -> None:
    for token, end in product(TOKENS, ENDS):
        with pytest.raises(ArgumentError) as refused:
            refuse_secrets(given.format(link.format(token) + end))
        assert token not in str(refused.value)


@links
def test_no_log_line_and_no_object_keeps_it(link: str) -> None:
    for token, end in product(TOKENS, ENDS):
        text = link.format(token) + end
        assert token not in redact_line(f"asked for {text}, in vain")
        assert token not in json.dumps(redact({"description": f"listen: {text}", "more": [{"uri": text}]}))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("https://soundcloud.com/forss/x/s-AB_CD12ef-", "https://soundcloud.com/forss/x"),
        ("see forss/x/s-AB_CD12efé", "see forss/xé"),
        ("soundcloud:tracks:1:s-AB_CD12ef, and", "soundcloud:tracks:1, and"),
    ],
)
def test_the_rest_of_the_text_stays(text: str, left: str) -> None:
    assert redact({"description": text}) == {"description": left}


@tokens
def test_the_setting_takes_it(token: str) -> None:
    assert parse_share_tokens(f"soundcloud:tracks:1={token}, playlists:2={token}") == {
        "tracks:1": token,
        "playlists:2": token,
    }


@pytest.mark.parametrize("setting", BAD_SETTINGS)
def test_the_setting_takes_nothing_else(setting: str) -> None:
    with pytest.raises(CredentialError, match="entry 1 is not of the form") as refused:
        parse_share_tokens(setting)
    assert setting not in str(refused.value)


@pytest.mark.parametrize("text", OTHERS)
def test_all_else_is_none(text: str) -> None:
    refuse_secrets(text)
    assert redact_line(text) == text
    assert redact({"description": text}) == {"description": text}


def test_no_record_of_a_crawl_has_it(crawls: Crawls) -> None:
    """Each user has another token."""

    def answer(path: str, turn: int) -> bytes:
        number = int(path.removeprefix("/users/"))
        link = LINKS[0].format(TOKENS[number - 1])
        return http(200, {**user(number), "description": f"new: {link} and more", "likes_count": 1})

    with Server(answer) as server:
        users = ",".join(str(number) for number, _ in enumerate(TOKENS, 1))
        crawl = crawls.run("user", settings={**server.settings, "SC_RAW": 1}, user=users)
    assert crawl.code == 0
    assert ["and more" in record["description"] for record in crawl.records("user")] == [True] * len(TOKENS)
    for file in crawls.folder.rglob("*"):
        assert file.is_dir() or not any(token in file.read_text(errors="replace") for token in TOKENS)
