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


def test_the_lines_that_the_docs_tell(crawls: Crawls) -> None:
    together = [line for line in TOLD if "TWISTED" not in line[0]]  # there is a reactor only for those of one's own
    alone = [line for line in TOLD if line not in together]
    refused = crawls.one_by_one([shlex.split(command.replace("scrapy ", "", 1)) for command, _, _ in together])
    for command, *_ in alone:
        process = crawls.command(*shlex.split(command)[1:])
        refused.append(Crawl(process.code or 0, process.printed, crawls.folder))

    assert len(together) > 100
    for (command, one, other), crawl in zip([*together, *alone], refused, strict=True):
        assert (crawl.code, len(crawl.log.splitlines())) == (2, 1), f"{command}\n{crawl.log}"
        assert (one or other) in crawl.log, f"{command}\n{crawl.log}"
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
