"""A share link is a credential everywhere. One grammar describes it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.base_spiders.arguments import parse_arguments
from sc_spiders.base_spiders.people import read_people
from sc_spiders.base_spiders.plans import _named
from sc_spiders.base_spiders.targets import refuse_secrets
from sc_spiders.credentials.signing import parse_share_tokens
from sc_spiders.errors import ArgumentError, BadValue, CredentialError
from sc_spiders.records import kind, redact
from sc_spiders.redaction.known import Secrets
from sc_spiders.redaction.logs import RedactedRecord
from sc_spiders.redaction.logs import redact as redact_line
from sc_spiders.redaction.names import unfolded
from sc_spiders.spiders.resource import ResourceSpider
from sc_spiders.spiders.search import SearchSpider
from sc_spiders.spiders.track import TrackSpider
from sc_spiders.tool.addresses import route
from tests.records.samples import NOW, V2
from tests.support.answers import http, user
from tests.support.crawl import Crawls
from tests.support.server import Server

TOKENS = ("s-AbCdEf", "s-AB_CD12ef", "s-_1234", "s-0123456789abcdef")
LINKS = (
    "https://soundcloud.com/forss/x/{}",
    "https://soundcloud.com/forss/sets/x/{}",
    "soundcloud.com/forss/x/{}?in=y",
    "https%3A%2F%2Fsoundcloud.com%2Fforss%2Fx%2F{}",
    "https%253A%252F%252Fsoundcloud.com%252Fforss%252Fx%252F{}",
    "https%3A%5C%2F%5C%2Fsoundcloud.com%5C%2Fforss%5C%2Fx%5C%2F{}",
    "https://%73oundcloud%2Ecom/forss/%73ets/x/{}",
    "https://soundcloud.com/forss/x/s-ZZ_ZZZZZZ/{}",
    "forss/x/{}",
    "/forss/sets/x/{}",
    "%2Fforss%2Fx%2F{}",
    "%22forss/x/{}%22",
    "forss/x%2%66{}",
    "för/x/{}",
    "f%C3%B6r/x/{}",
    "soundcloud:tracks:1:{}",
    "soundcloud%3Aplaylists%3A1%3A{}",
    "api.soundcloud.com/tracks/soundcloud%3Atracks%3A1%3A{}",
    "secret_token={}",
    "secretToken = {}",
    "secret_token: {}",
    "secret%5Ftoken%3D{}",
    "playlist-secret-token='{}'",
    '{{"secret_token": "{}"}}',
)
ENDS = ("", "-", "é", "/", ".", "-x", "%C3%A9", "/s-ZZ_ZZZZZZ", ":s-ZZ_ZZZZZZ", "%2Fs%2DZZ_ZZZZZZ")
"""What may follow a token."""
WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": lambda token: token,
    "its s": lambda token: token.replace("s-", "%73-"),
    "its hyphen": lambda token: token.replace("-", "%2d"),
    "its underscore": lambda token: token.replace("_", "%5F"),
    "twice": lambda token: token.replace("-", "%252D"),
    "its end": lambda token: f"{token[:-1]}%{ord(token[-1]):02x}",
    "all of it": lambda token: "".join(f"%{ord(one):02X}" for one in token),
    "its encoding": lambda token: token.replace("-", "%25%32%64"),
}
"""How a token may be percent-encoded."""
OTHERS = (
    "https://soundcloud.com/forss/s-club-7",
    "https://soundcloud.com/s-club/x",
    "https://soundcloud.com/forss/x",
    "https://shop.example/cars/new/s-AB_CD12ef",
    "https://shop.example/f%C3%B6o/new/s%2DAB_CD12ef",
    "https%3A%2F%2Fshop.example%2Fcars%2Fnew%2Fs-AB_CD12ef",
    "the s-Bahn, at 5:s-Bahn",
    "bus/tram/s-bahn",
    "dj/s-bahn",
    "dj/set/s%2Dbahn",
    "jobs/today/s-2026-11",
    "/en/cars/s-class",
    "/s-class",
    "forss/s-AB_CD12ef",
    "the secret token: s-AB_CD12ef",
    "100% pure, 50%2dash, %73%2d",
)
WORDS = ("s-abcde", "s-abcdefgh", "s-Abcde", "s-12345678")
"""Tokens that could be words or numbers."""
BAD_SETTINGS = (
    "soundcloud:tracks:1=s-é",
    "soundcloud:tracks:1=s-ab",
    "soundcloud:tracks:1=s-AB_CD12ef-",
    "soundcloud:tracks:1=s-AB_CD12efé",
    "soundcloud:tracks:1=S-AB_CD12ef",
    "soundcloud:tracks:1=s%2DAB_CD12ef",
    "soundcloud:tracks:1=s-AB_CD12ef/s-AB_CD12ef",
)


def refused(argument: Callable[[str], Any]) -> Callable[[str], str]:
    """The use of a text as an argument: the message about it. Fails if it is taken."""

    def use(text: str) -> str:
        with pytest.raises(ArgumentError) as error:
            argument(text)
        shown = error.value.value if isinstance(error.value, BadValue) else ""  # before the message
        return f"{shown}: {error.value}"

    return use


def _line(*words: Any) -> str:
    record = RedactedRecord("x", logging.INFO, "x.py", 1, words[0], words[1:], None)
    return f"{record.getMessage()} {record.args}"


def _record(text: str) -> str:
    """Two records of a page, in which nothing else is a reason to look closely."""
    page = [user(1, description=text, likes_count=1), user(2, website=text)]
    return str(kind("user", "v2").project([{**V2["user"][0], **row} for row in page], NOW, raw=True))


USES: dict[str, Callable[[str], str]] = {
    "an argument": refused(refuse_secrets),
    "q=": refused(lambda text: parse_arguments(SearchSpider.declared(), {"q": f"listen to {text}"})),
    "params=": refused(
        lambda text: parse_arguments(SearchSpider.declared(), {"q": "x", "params": f"x={text}"}),
    ),
    "track=": refused(lambda text: parse_arguments(TrackSpider.declared(), {"track": text})),
    "path=": refused(lambda text: parse_arguments(ResourceSpider.declared(), {"path": f"/resolve?url={text}"})),
    "a word of sc-spiders": refused(route),
    "the target of an action": refused(lambda text: _named(["track"], text)),
    "a log line": lambda text: redact_line(f"asked for {text}, in vain"),
    "the message of a log record": lambda text: _line(f"asked for {text}"),
    "the argument of a log record": lambda text: _line("asked for %s", text),
    "an answer, quoted": Secrets().redact,
    "the description of a record": lambda text: _record(f"listen: {text}, now"),
    "a field of a record": _record,
    "an object": lambda text: json.dumps(redact({"a": f"new: {text}", "more": [{"uri": text}], f"x {text}": 1})),
}

tokens = pytest.mark.parametrize("token", TOKENS)
links = pytest.mark.parametrize("link", LINKS)
written = pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
uses = pytest.mark.parametrize("use", USES.values(), ids=USES)


@uses
@links
def test_each_use_finds_each_form(use: Callable[[str], str], link: str) -> None:
    for encode, token in product(WRITTEN.values(), TOKENS):
        text = link.format(encode(token))
        left = unfolded(use(text))
        assert token.removeprefix("s-") not in left, text
        assert "ZZZ" not in left, text


@uses
@pytest.mark.parametrize("end", ENDS)
def test_whatever_follows(use: Callable[[str], str], end: str) -> None:
    for link, token in product((LINKS[0], LINKS[3], "forss/x/{}", "soundcloud:tracks:1:{}", "secret_token={}"), TOKENS):
        left = unfolded(use(link.format(token) + end))
        assert token not in left, link
        assert "ZZZ" not in left, link


def test_no_spider_takes_it(crawls: Crawls) -> None:
    arguments = ("track", "track={}"), ("search", "q={}"), ("user", "params=x={}"), ("resolve", "url={}")
    texts = (LINKS[0].format("s-AB_CD12ef"), LINKS[0].format("s%2DAB_CD12efé-"), "a/b/s-AB_CD12ef-")
    commands = [
        ("crawl", spider, *(("-a", "user=1") if spider == "user" else ()), "-a", argument.format(text))
        for spider, argument in arguments
        for text in texts
    ]
    for command, crawl in zip(commands, crawls.one_by_one(commands), strict=True):
        assert crawl.code == 2, (command, crawl.log)
        assert "AB_CD12ef" not in crawl.log, command
    assert not (crawls.folder / "output").exists()


@pytest.mark.parametrize(
    "path", ["/tracks/1/{}", "/tracks/1%2F{}", "/tracks/1%252F{}", "/tracks/1%2%66{}", "/{}", "/tracks/1%253A{}"]
)
def test_no_path_of_the_api_has_it(path: str) -> None:
    """There, `s-…` is no permalink, and no word."""
    for token, encode in product((*TOKENS, *WORDS), WRITTEN.values()):
        message = refused(lambda text: parse_arguments(ResourceSpider.declared(), {"path": text}))(
            path.format(encode(token))
        )
        assert "share" in message
        assert token not in unfolded(message)


ADDRESSES = {
    "track=": USES["track="],
    "user=": refused(lambda text: list(parse_arguments({"user": TrackSpider.arguments["track"]}, {"user": text}))),
    "a word of sc-spiders": USES["a word of sc-spiders"],
    "the target of an action": USES["the target of an action"],
}


@pytest.mark.parametrize("use", ADDRESSES.values(), ids=ADDRESSES)
@pytest.mark.parametrize("link", ["forss/x/{}", "forss/sets/x/{}", "soundcloud:tracks:1:{}", "5:{}", "forss%2Fx%2F{}"])
def test_what_is_taken_for_an_address_may_have_one_that_could_be_a_word(use: Callable[[str], str], link: str) -> None:
    for token in WORDS:
        assert token not in unfolded(use(link.format(token)))


def test_no_line_of_a_list_of_people_is_shown_with_it(tmp_path: Path) -> None:
    path = tmp_path / "never"
    for link, token in product(("forss/x/{}", "https://soundcloud.com/forss/x/{}"), (*TOKENS, *WORDS)):
        path.write_text(f"# dj/set/s-bahn\n{link.format(token)}\n")
        with pytest.raises(ArgumentError, match=r"line 2: \[hidden\]: ") as error:
            read_people(path)
        assert token not in str(error.value)


def test_a_comment_in_a_list_of_addresses_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "tracks"
    path.write_text("# bus/tram/s-bahn\nforss/s-bahn\n")
    (found,) = parse_arguments(TrackSpider.declared(), {"track": f"@{path}"})["track"]
    assert found.url == "https://soundcloud.com/forss/s-bahn"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("https://soundcloud.com/forss/x/s-AB_CD12ef-", "https://soundcloud.com/forss/x"),
        ("see forss/x/s-AB_CD12efé", "see forss/xé"),
        ("soundcloud:tracks:1:s-AB_CD12ef, and", "soundcloud:tracks:1, and"),
        ("100%25 of forss%2Fx%2Fs%2DAB%5FCD12ef%20 are%2f", "100%25 of forss%2Fx%20 are%2f"),
        ("a/b/s-AB_CD12ef,c/d/%73-AB_CD12ef é%2D", "a/b,c/d é%2D"),
        ("secret_token: s-AB_CD12ef, and", "secret_token: , and"),
        ("my secret_token=s-AB_CD12ef&a=1", "my secret_token=&a=1"),
        ("client_id='abc', access%5Ftoken%3Dabc", "client_id='', access%5Ftoken%3D"),
    ],
)
def test_the_rest_of_the_text_stays(text: str, left: str) -> None:
    assert redact({"description": text}) == {"description": left}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GET forss/x/s-AB_CD12ef-x?a=1", "GET forss/x/[hidden]?a=1"),
        ("forss%2Fx%2Fs%2DAB%5FCD12ef/s-ZZ_ZZZZZZ, x%20y", "forss%2Fx%2F[hidden], x%20y"),
        ("a/b/s-AB_CD12ef,c/d/%73-AB_CD12ef", "a/b/[hidden],c/d/[hidden]"),
    ],
)
def test_the_rest_of_the_line_stays(text: str, left: str) -> None:
    assert redact_line(text) == left


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
    assert parse_arguments(SearchSpider.declared(), {"q": text})["q"] == text
    assert redact_line(text) == text
    assert redact({"description": text}) == {"description": text}


def test_no_record_of_a_crawl_has_it(crawls: Crawls) -> None:
    """Each user has another token, and each writes it in another way."""
    ways = [*product(TOKENS, WRITTEN.values())]

    def answer(path: str, turn: int) -> bytes:
        token, encode = ways[int(path.removeprefix("/users/")) - 1]
        link = LINKS[0].format(encode(token))
        number = int(path.removeprefix("/users/"))
        return http(200, {**user(number), "description": f"new: {link} and more", "likes_count": 1})

    with Server(answer) as server:
        users = ",".join(str(number) for number, _ in enumerate(ways, 1))
        crawl = crawls.run("user", settings={**server.settings, "SC_RAW": 1}, user=users)
    assert crawl.code == 0
    assert ["and more" in record["description"] for record in crawl.records("user")] == [True] * len(ways)
    for file in crawls.folder.rglob("*"):
        assert file.is_dir() or not any(token in unfolded(file.read_text(errors="replace")) for token in TOKENS)
