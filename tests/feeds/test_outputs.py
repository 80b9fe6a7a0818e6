"""What is in the output files, and what the last lines say of it."""

from __future__ import annotations

import json

from sc_spiders.sandbox import Sandbox

from ..crawling import Crawls


def test_what_is_told_is_what_was_written(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run(
        "user_graph",
        *("-o", "edges.csv"),
        sandbox=sandbox,
        settings={"SC_KINDS": " edge "},
        user="forss",
        relations="followings",
    )

    edges = len(sandbox.world.followings(183))
    assert crawl.code == 0
    assert f"records: {edges} edge\n" in crawl.log
    assert (crawls.folder / "edges.csv").read_text().count("\n") == edges + 1


def test_overwriting_leaves_nothing_of_another_crawl(crawls: Crawls, sandbox: Sandbox) -> None:
    (crawls.folder / "out.jsonl").write_text("old\n")
    (crawls.folder / "out.rejected.jsonl").write_text("old\n")

    crawl = crawls.run("user_graph", *("-O", "out.jsonl"), sandbox=sandbox, user="forss", relations="followings")

    assert crawl.code == 0
    assert {json.loads(line)["kind"] for line in (crawls.folder / "out.jsonl").read_text().splitlines()} == {
        "user",
        "edge",
        "listing",
        "crawl",
    }
    assert not (crawls.folder / "out.rejected.jsonl").exists()


def test_one_line_also_where_credentials_are_missing_too(crawls: Crawls, sandbox: Sandbox) -> None:
    crawl = crawls.run("user_graph", sandbox=sandbox, settings={"SC_API": "public"}, user="forss", depth="x")

    assert crawl.code == 2
    (line,) = crawl.log.splitlines()
    assert "'depth'" in line
