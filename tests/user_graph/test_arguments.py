"""Bad arguments, options and settings: one message, no request, exit code 2."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, Crawls

ROOT = Path(__file__).parents[2]
TOLD = re.findall(
    r"^\| `((?:[A-Z].*)?scrapy crawl.*?)` \| (?:`` (.+) ``|`([^`]+)`) \|$",
    (ROOT / "docs" / "refused.md").read_text(),
    re.M,
)
"""The commands of docs/refused.md, and what the line says."""


@pytest.mark.parametrize(("command", "says"), [(command, a or b) for command, a, b in TOLD], ids=lambda text: text[:60])
def test_the_line_that_the_docs_tell(crawls: Crawls, command: str, says: str) -> None:
    words = shlex.split(command)
    settings: dict[str, Any] = {}
    while words[0] != "scrapy":
        name, _, value = words.pop(0).partition("=")
        settings[name] = value

    process = crawls.command(*words[1:], **settings)

    assert_refused(Crawl(process.code or 0, process.printed, crawls.folder), says)
    assert set(crawls.folder.iterdir()) <= {crawls.folder / "job"}


BAD = {
    "only commas": ({"user": ", ,"}, "user: empty"),
    "a track's address": ({"user": "https://soundcloud.com/forss/flickermood"}, "forss/flickermood"),
    "a bracket": ({"user": "https://[soundcloud.com/forss"}, "not an address"),
    "digits without end": ({"user": "1" * 5000}, "not a valid id"),
}


@pytest.mark.parametrize(("arguments", "named"), BAD.values(), ids=BAD)
def test_one_line_and_no_request(crawls: Crawls, arguments: dict[str, Any], named: str) -> None:
    assert_refused(crawls.run("user_graph", **arguments), named)
    assert not (crawls.folder / "output").exists()


def assert_refused(crawl: Crawl, says: str) -> None:
    assert crawl.code == 2
    (line,) = crawl.log.splitlines()
    assert says in line


@pytest.mark.parametrize("words", [["-a", "relations=\udcff"], ["-o", "\udcff.jsonl"]], ids=["argument", "output"])
def test_bytes_that_are_no_text(crawls: Crawls, words: list[str]) -> None:
    crawl = crawls.run("user_graph", *words, user=1)

    assert_refused(crawl, "text in UTF-8")


def test_a_pipe_is_not_waited_for(crawls: Crawls) -> None:
    os.mkfifo(crawls.folder / "pipe")

    assert_refused(crawls.run("user_graph", user="@pipe"), "it is not a regular file")


def test_a_credential_in_a_file_of_seeds_is_not_shown(crawls: Crawls) -> None:
    for text in ("https://soundcloud.com/forss/x/s-AbCdEfGh", "forss?oauth_token=s-AbCdEfGh", "s-AbCdEfGh"):
        (crawls.folder / "seeds").write_text(f"# seeds\n1\n{text}\n")
        crawl = crawls.run("user_graph", user="@seeds", settings={"SC_OAUTH_TOKEN": "s-AbCdEfGh"})
        assert_refused(crawl, " holds a ")
        assert "AbCdEfGh" not in crawl.log


def test_scrapyds_own_arguments_are_let_through(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run("user_graph", sandbox=sandbox, user="forss", relations="followings", _job="a1b2")

    assert crawl.code == 0
    assert "_job" not in crawl.last["arguments"]
