"""Follows the first page of the docs as a new user would, and checks its figures."""

from __future__ import annotations

import json
import re
from pathlib import Path

from sc_spiders.report import network
from sc_spiders.sandbox.options import Options
from sc_spiders.sandbox.world import World
from tests.support.crawl import ROOT
from tests.support.shell import SANDBOX, Shell

DOCS = ROOT / "docs"
START = (DOCS / "start.md").read_text(encoding="utf-8")
RELATIONS = ("followings", "followers", "likes", "reposts")
FORSS = 183


def commands() -> list[str]:
    """The page's blocks of commands. `make` is replaced by its commands, without the installation."""
    (arguments,) = re.findall(r"^ARGS \?= (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    blocks = re.findall(r"^```sh\n(.*?)^```$", START, re.MULTILINE | re.DOTALL)
    made = [block.replace("make crawl", f"SC_SANDBOX=1 scrapy crawl user_graph {arguments}") for block in blocks]
    return [block.replace(". .venv/bin/activate\n", "") for block in made]


def test_every_command_works_and_works_again(tmp_path: Path) -> None:
    with Shell(tmp_path, SANDBOX | {"SC_SANDBOX_USERS": "60"}) as shell:

        def run(command: str) -> str:
            done = shell.run(command)
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            return done.stdout

        for command in commands():
            run(command)
            if "scrapy report" in command:
                (page,) = (tmp_path / "output/user_graph").glob("*.html")
                assert f"output/user_graph/{page.name}: left out" in run("scrapy report output/user_graph/*")
    found = [json.loads(line)["kind"] for line in (tmp_path / "night.jsonl").read_text(encoding="utf-8").splitlines()]
    assert found.count("track") > 5


def test_figures_are_those_of_the_sandbox() -> None:
    world = World(Options().users, Options().seed)
    nodes, edges = world.graph([FORSS], 2, RELATIONS)
    walked, _ = world.graph([FORSS], 1, RELATIONS[:2])
    kinds = {kind: sum(f":{kind}s:" in urn for urn in nodes) for kind in ("track", "user")}
    counts = {"edge": len(edges), "listing": len(walked) * len(RELATIONS), **kinds}

    for kind, count in counts.items():
        assert f"{count:,} {kind}" in START
    assert f"{counts['listing']:,} complete of {counts['listing']:,}" in START
    for page in (DOCS / "report.md", ROOT / "README.md"):
        assert f"{counts['user']:,} accounts" in page.read_text(encoding="utf-8"), page.name


def test_the_bounds_of_the_drawing_are_told() -> None:
    text = " ".join((DOCS / "report.md").read_text(encoding="utf-8").split())
    assert f"the {network.NODES:,} most connected accounts" in text
    assert f"{network.LINKS:,} links" in text
