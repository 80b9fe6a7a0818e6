"""Missing and wrong arguments of each spider: one message, no request, exit code 2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from docs._ext import tables
from sc_spiders.api import Endpoint
from sc_spiders.base_spiders.api_spider import ApiSpider
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import ROOT, Crawls, crawl

CONTRACT = {
    *("charts", "discover", "featured", "me", "playlist", "resolve", "resource", "search", "tag", "track"),
    *("track_comments", "user", "user_graph"),
}
SPIDERS = {file.stem for file in (ROOT / "sc_spiders" / "spiders").glob("[a-z]*.py")}
WANTS = {
    name: next(argument for argument, one in spider.arguments.items() if one.default is None)
    for name, spider in tables.spider_classes().items()
    if None in {one.default for one in spider.arguments.values()}
}
PUBLIC = {"SC_API": "public", "SC_OAUTH_TOKEN": "t"}
REFUSED = {
    "an unknown word": ("user", {"user": "1", "include": "friends"}, {}, "include=friends: unknown"),
    "an unknown type": ("search", {"q": "a", "type": "songs"}, {}, "type=songs: unknown"),
    "an unknown filter value": (
        "search",
        {"q": "a", "type": "tracks", "duration": "huge"},
        {},
        "duration=huge: unknown",
    ),
    "a filter of another type": ("search", {"q": "a", "type": "tracks", "place": "Berlin"}, {}, "place"),
    "a filter where there is none": ("search", {"q": "a", "genre": "techno"}, {}, "genre"),
    "an unknown chart": ("charts", {"kind": "best"}, {}, "kind=best: unknown"),
    "an unknown genre": ("charts", {"genre": "polka"}, {}, "genre=polka: unknown"),
    "a region of three letters": ("charts", {"region": "GBR"}, {}, "region=GBR: not the two letters"),
    "a path that is an address": (
        "resource",
        {"path": "https://api-v2.soundcloud.com/me"},
        {},
        "path=https://api-v2.soundcloud.com/me: not a path",
    ),
    "a credential in a path": ("resource", {"path": "/tracks/1?secret_token=s-abcdef"}, {}, "credential"),
    "a share token in a path": ("resource", {"path": "/tracks/s-AbCdEfG"}, {}, "SC_SECRET_TOKENS"),
    "an address elsewhere": ("resolve", {"url": "https://example.com/x"}, {}, "example.com"),
    "a share link": ("resolve", {"url": "https://soundcloud.com/a/b/s-AbCdEfG"}, {}, "SC_SECRET_TOKENS"),
    "a credential in other letters": ("user", {"user": "1", "params": "Client_ID=abcdefgh"}, {}, "credential"),
    "reactions without a token": ("track_comments", {"track": "1", "reactions": "1"}, {}, "SC_OAUTH_TOKEN"),
    "a download without a token": ("track", {"track": "1", "include": "download"}, {}, "SC_OAUTH_TOKEN"),
    "oneself without a token": ("me", {}, {}, "SC_OAUTH_TOKEN"),
    "oneself with an app only": (
        "me",
        {},
        {"SC_API": "public", "SC_CLIENT_ID": "x", "SC_CLIENT_SECRET": "y"},
        "sc-spiders login",
    ),
    "charts of the public API": ("charts", {}, PUBLIC, "SC_API=v2"),
    "discover of the public API": ("discover", {}, PUBLIC, "SC_API=v2"),
    "a stream of the public API": ("user", {"user": "1", "include": "stream"}, PUBLIC, "include=stream"),
    "a search of all in the public API": ("search", {"q": "a"}, PUBLIC, "type=all"),
    "a licence in the public API": (
        "search",
        {"q": "a", "type": "tracks", "license": "to_share"},
        PUBLIC,
        "license",
    ),
    "reactions of the public API": (
        "track_comments",
        {"track": "1", "reactions": "1"},
        PUBLIC,
        "SC_API=v2",
    ),
    "emails of the public API": ("me", {"include": "emails"}, PUBLIC, "emails"),
}


@pytest.mark.parametrize(("spider", "argument"), WANTS.items())
def test_it_says_what_it_wants(
    tmp_path: Path, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, spider: str, argument: str
) -> None:
    asked = sandbox.stats.requests.total()

    found = crawl(spider, tmp_path, sandbox=sandbox)

    (line,) = (record.getMessage() for record in caplog.records if record.levelname == "ERROR")
    assert line.startswith(f"{spider}: {argument} is missing")
    assert "\n" not in line
    assert (found.code, found.rows, sandbox.stats.requests.total()) == (2, [], asked)


@pytest.mark.parametrize(("spider", "arguments", "settings", "named"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_had_is_told_first(
    tmp_path: Path,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
    spider: str,
    arguments: dict[str, str],
    settings: dict[str, str],
    named: str,
) -> None:
    asked = sandbox.stats.requests.total()

    found = crawl(spider, tmp_path, sandbox=sandbox, settings=dict(settings), **arguments)

    (line,) = (record.getMessage() for record in caplog.records if record.levelname == "ERROR")
    assert named in line
    assert "\n" not in line
    assert (found.code, found.rows, sandbox.stats.requests.total()) == (2, [], asked)


@pytest.mark.parametrize("name", ["no_such_list", "track_likers", "search_all"])
def test_a_spider_that_walks_what_there_is_not_fails_when_it_is_imported(name: str) -> None:
    with pytest.raises(ValueError, match=f"Mine.endpoints names {name}, which the catalogue has for no user"):
        type("Mine", (ApiSpider,), {"subject": "user", "endpoints": (name,)})


@pytest.mark.parametrize("words", ["a,b", ""])
def test_words_that_are_no_tuple_fail_when_they_are_imported(words: Any) -> None:
    with pytest.raises(ValueError, match=r"endpoint fans: used_by\['user'\] must be a tuple"):
        Endpoint(name="fans", v2="/fans", kinds=("user",), used_by={"user": words})


@pytest.mark.parametrize(
    ("spider", "argument"),
    [("track", "https://me:hunter2@soundcloud.com/a/b"), ("track", "me:hunter2@soundcloud.com/a/b"),
     ("resolve", "https://me:hunter2@soundcloud.com/a/b")],
)  # fmt: skip
def test_a_password_in_an_address_is_not_said_aloud(
    tmp_path: Path, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, spider: str, argument: str
) -> None:
    given: dict[str, Any] = {"url" if spider == "resolve" else spider: argument}
    found = crawl(spider, tmp_path, sandbox=sandbox, **given)

    assert found.code == 2
    assert "user name" in caplog.text
    assert "hunter2" not in caplog.text


def test_all_spiders_are_listed(crawls: Crawls) -> None:
    listed = crawls.command("list")
    assert set(listed.out.split()) == SPIDERS
    assert SPIDERS >= CONTRACT
    assert CONTRACT - WANTS.keys() == {"charts", "discover", "featured", "me"}
