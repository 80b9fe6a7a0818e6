"""What the first page of the docs shows is what its command brings."""

from __future__ import annotations

import json
import re
from pathlib import Path

from sc_spiders.sandbox import Sandbox
from sc_spiders.sandbox.options import Options
from sc_spiders.sandbox.world import World
from tests.support.crawl import ROOT, crawl

PAGE = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
FORSS = 183


def test_figures_are_those_of_the_sandbox() -> None:
    ((depth, words),) = re.findall(r"^sc-spiders user_graph forss --depth (\d) --relations (\S+)$", PAGE, re.MULTILINE)
    world = World(Options().users, Options().seed)
    relations = tuple(words.split(","))
    nodes, edges = world.graph([FORSS], int(depth), relations)
    walked, _ = world.graph([FORSS], int(depth) - 1, relations[:2])
    kinds = {kind: sum(f":{kind}s:" in urn for urn in nodes) for kind in ("playlist", "track", "user")}
    lists = len(walked) * len(relations)

    counts = {"edge": len(edges), "listing": lists, **kinds}
    told = ", ".join(f"{count:,} {kind}s" for kind, count in counts.items())
    assert f"records: {told}\n" in PAGE
    assert f"listings: {lists:,} complete of {lists:,}\n" in PAGE


def test_lines_of_the_files_are_real(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        found = crawl("user_graph", tmp_path, sandbox=sandbox, user="forss", relations="followings")
    shown = dict(re.findall(r"^\| `(\w+)\.jsonl` \| `(.*), …\}` \|$", PAGE, re.MULTILINE))
    assert shown.keys() == {"user", "edge", "listing"}
    for kind, line in shown.items():
        wanted = json.loads(line + "}")
        assert any(all(row[name] == value for name, value in wanted.items()) for row in found.records(kind)), kind
