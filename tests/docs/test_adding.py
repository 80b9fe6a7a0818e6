"""Follows the page on adding endpoints, in a copy of the project."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
import sys
from functools import partial
from pathlib import Path

import pytest

from bench.process import Process
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import ROOT, Crawl, Crawls
from tests.support.patience import PATIENCE

PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(diff|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_OURS = ("sc_spiders", "bench", "tests", "docs")


class Copy:
    """A copy of the project. The blocks of one section of the page are applied to it in their order."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.sandbox = sandbox
        ignored = shutil.ignore_patterns("_build", "images")  # with __pycache__, or all would be compiled again
        for name in ("sc_spiders", "schemas", "tests", "docs", "bench"):
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        for name in ("scrapy.cfg", "pyproject.toml"):
            shutil.copy(ROOT / name, folder)

    def carry_out(self, section: str) -> Crawl:
        """Apply all blocks of that section. Its tests must run and pass. Returns the output of its crawl."""
        text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
        log, spider = "", ""
        for kind, block in BLOCK.findall(text):
            if kind == "diff":
                self._change(block)
                continue
            command = shlex.split(block)
            if command[:2] == ["scrapy", "crawl"]:
                spider = command[2]
            elif command[0] == "pytest":
                command += ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile", "few"]
            done = self.run(*command)
            log += done.printed
            assert done.code == 0, log
        assert re.search(r"[0-9]{1,3} passed", log), log
        return Crawls(self.folder).read(0, log, spider)

    def run(self, *command: str) -> Process:
        """Run `python -m` with these words. Other people's modules are imported already, those of the copy are not."""
        environment = Crawls(self.folder).environment(self.sandbox, PYTHONPATH=str(self.folder))
        process = Process([], self.folder, environment, main=partial(_run_module, *command))
        process.wait(PATIENCE)
        return process

    def _change(self, block: str) -> None:
        head, *lines = block.splitlines()
        path = self.folder / head.removeprefix("# ")
        old = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
        new = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
        text = path.read_text(encoding="utf-8")
        if new in text:  # a reader follows the page, and tests the result
            return
        assert text.count(old) == 1, f"{head}: these lines should be there once:\n{old}"
        path.write_text(text.replace(old, new), encoding="utf-8")


def _run_module(module: str, *words: str) -> None:
    """Run a module as a program, which imports the project anew: from the first folder of `sys.path`."""
    for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
        del sys.modules[name]
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


@pytest.fixture
def copy(tmp_path: Path, sandbox: Sandbox) -> Copy:
    return Copy(tmp_path, sandbox)


def test_an_endpoint(copy: Copy) -> None:
    crawl = copy.carry_out("An endpoint")

    (listing,) = crawl.records("listing")
    assert (listing["endpoint"], listing["complete"]) == ("user_track_likes", True)
    edges = crawl.records("edge")
    assert len(edges) == listing["fetched"] > 0
    assert {(edge["relation"], edge["target"].split(":")[1]) for edge in edges} == {("likes", "tracks")}
    assert all(edge["created_at"] for edge in edges)


def test_a_field(copy: Copy) -> None:
    crawl = copy.carry_out("A field")

    (user,) = crawl.records("user")
    assert user["visuals_count"] == len(user["visuals_visuals"] or [])
    assert list(user).index("visuals_count") in range(len(user))
    assert not crawl.records("rejected")


def test_a_spider(copy: Copy) -> None:
    crawl = copy.carry_out("A spider")

    (track,) = crawl.records("track")
    assert {listing["endpoint"] for listing in crawl.records("listing")} == {"track_likers", "track_reposters"}
    assert all(listing["complete"] for listing in crawl.records("listing"))
    assert {edge["relation"] for edge in crawl.records("edge")} == {"likes", "reposts"}
    assert {edge["target"] for edge in crawl.records("edge")} == {track["urn"]}


def test_the_template_gives_a_spider_that_runs_and_is_clean(copy: Copy) -> None:
    subject, seed = "playlist", "forss/sets/soulhack"
    made = copy.run("scrapy", "genspider", "mine", subject)
    assert "sc_spiders.spiders.mine" in made.out
    file = copy.folder / "sc_spiders" / "spiders" / "mine.py"
    checked = copy.run("ruff", "check", "--config", str(ROOT / "pyproject.toml"), str(file))
    assert checked.code == 0, checked.printed
    crawl = copy.run("scrapy", "crawl", "mine", "-a", f"{subject}={seed}")
    assert crawl.code == 0, crawl.err
    again = copy.run("scrapy", "genspider", "mine", subject)
    assert (again.code, "already exists" in again.out) == (2, True)
    missing = copy.run("scrapy", "crawl", "mine")
    assert missing.code == 2
    assert f"\n  {subject} " in missing.err
    refused = copy.run("scrapy", "crawl", "mine", "-a", f"{subject}={seed}", "-s", "SC_API=public")
    assert refused.code == 2
    assert "mine: the public API has no playlist_likers" in refused.err


@pytest.mark.parametrize(
    "words",
    [("mine", "soundcloud.com"), ("my-spider", "user"), ("class", "user"), ("été", "user"), ("sc_spiders", "user")],
    ids=" ".join,
)
def test_a_spider_about_nothing_is_refused(crawls: Crawls, words: tuple[str, ...]) -> None:
    process = crawls.command("genspider", *words)
    assert process.code == 2
    assert "user, track, playlist" in process.printed
    assert "Traceback" not in process.err
