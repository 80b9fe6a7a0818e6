"""A spider of ours with a name of its own, in the project, from a file and from a script."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sc_spiders.api import words
from sc_spiders.sandbox import Sandbox
from sc_spiders.spiders.user import UserSpider
from tests.support.crawl import Crawl, Crawls, crawl

from .conftest import EXAMPLES

SPIDER = """
from sc_spiders.spiders.user import UserSpider

class Fans(UserSpider):
    \"\"\"The fans of a user.\"\"\"

    name = "fans"
"""
WORDS = ("-a", "user=forss", "-a", "include=profile,followers,likes")


class Fans(UserSpider):
    """The fans of a user."""

    name = "fans"


def test_it_has_all_the_words_of_its_base(tmp_path: Path, sandbox: Sandbox) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "ours").mkdir()
    include = ",".join(words("user", api="v2"))
    theirs = crawl(Fans, tmp_path / "theirs", sandbox=sandbox, user="forss", include=include)
    ours = crawl("user", tmp_path / "ours", sandbox=sandbox, user="forss", include=include)

    assert theirs.code == ours.code == 0
    assert theirs.urns() == ours.urns()  # not their numbers: a playlist may come in part before it comes in full
    assert theirs.triples == ours.triples
    walked = [{one["endpoint"]: one["fetched"] for one in found.records("listing")} for found in (theirs, ours)]
    assert walked[0] == walked[1]
    assert len(walked[0]) > 10


def run(crawls: Crawls, sandbox: Sandbox, how: str) -> Crawl:
    (crawls.folder / "fans.py").write_text(SPIDER)
    if how == "script":
        return crawls.script(Fans, sandbox, user="forss", include="profile,followers,likes")
    if how == "crawl":
        process = crawls.command("crawl", "fans", *WORDS, "-s", "SPIDER_MODULES=fans", sandbox=sandbox)
    elif how == "runspider":
        process = crawls.command("runspider", "fans.py", *WORDS, sandbox=sandbox)
    else:  # in no project
        process = crawls.command("runspider", "fans.py", *WORDS, sandbox=sandbox, SCRAPY_SETTINGS_MODULE="")
    return crawls.read(process.code or 0, process.printed, "fans")


@pytest.mark.parametrize("how", ["crawl", "runspider", "runspider alone", "script"])
def test_it_runs_wherever_spiders_run(crawls: Crawls, sandbox: Sandbox, how: str) -> None:
    crawl = run(crawls, sandbox, how)

    assert crawl.code == 0, crawl.log
    assert len(crawl.records("edge")) > 2
    assert crawl.last["spider"] == "fans"
    assert "fans: finished" in crawl.log
    # A script's exit code is its own.
    assert ("exit code" in crawl.log) == (how != "script")


def test_the_script_of_the_docs(crawls: Crawls, sandbox: Sandbox) -> None:
    environment = crawls.environment(sandbox)
    words = [sys.executable, "-c", EXAMPLES[1]]
    done = subprocess.run(words, cwd=crawls.folder, env=environment, capture_output=True, text=True, check=True)

    assert done.stdout == "finished\n"
    assert crawls.read(0, done.stderr, "user_graph").records("edge")


def test_the_spider_of_the_docs(crawls: Crawls, sandbox: Sandbox) -> None:
    code = EXAMPLES[2].replace("demo.middlewares.Mine", "tests.project.parts.Counting")
    (crawls.folder / "fans.py").write_text(code)

    process = crawls.command("runspider", "fans.py", *WORDS, sandbox=sandbox)

    assert process.code == 0, process.printed


@pytest.mark.parametrize("how", ["crawl", "runspider"])
def test_the_exit_code_is_what_the_log_says(crawls: Crawls, sandbox: Sandbox, how: str) -> None:
    (crawls.folder / "fans.py").write_text(SPIDER)
    words = {"crawl": ("crawl", "fans", "-s", "SPIDER_MODULES=fans"), "runspider": ("runspider", "fans.py")}[how]

    process = crawls.command(*words, "-a", "user=nobody-has-this-name", sandbox=sandbox)

    assert process.code == 1
    assert "fans: incomplete (exit code 1)" in process.printed
