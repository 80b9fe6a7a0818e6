"""Bad arguments, options and settings: one message, no request, exit code 2."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from scrapy.cmdline import execute

import sc_spiders
from bench.process import Process
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
    """One process runs all commands: each is refused before its crawl begins. A choice of the reactor has its own."""
    together = [line for line in TOLD if "TWISTED" not in line[0]]
    alone = [line for line in TOLD if line not in together]
    commands = [shlex.split(command) for command, _, _ in together]
    Process([], crawls.folder, crawls.environment(), main=partial(run_all, commands)).wait()
    printed = [path.read_text() for path in sorted(crawls.folder.glob("printed-*"))]
    for command, *_ in alone:
        process = crawls.command(*shlex.split(command)[1:])
        printed.append(f"{process.printed}{process.code}\n")

    assert len(together) > 100
    for (command, one, other), text in zip([*together, *alone], printed, strict=True):
        *lines, code = text.splitlines()
        assert (code, len(lines)) == ("2", 1), f"{command}\n{text}"
        assert (one or other) in lines[0], f"{command}\n{text}"
    assert {path.name.partition("-")[0] for path in crawls.folder.iterdir()} == {"printed"}


def run_all(typed: list[list[str]]) -> None:
    """Run these commands one by one. What each prints, and its exit code, goes to a file."""
    environment = dict(os.environ)
    for number, words in enumerate(typed):
        os.environ.clear()
        at = words.index("scrapy")
        os.environ.update(environment, **dict(word.split("=", 1) for word in words[:at]))
        sys.modules.pop("sc_spiders.settings", None)  # it reads the environment
        vars(sc_spiders).pop("settings", None)
        sys.argv = [*words[at:], "-s", "TWISTED_REACTOR_ENABLED=0"]  # a reactor does not run twice
        output = os.open(f"printed-{number:03}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for stream in (1, 2):
            os.dup2(output, stream)
        try:
            execute()
        except SystemExit as e:
            print(e.code, flush=True)
        os.close(output)
        shutil.rmtree("job", ignore_errors=True)


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
