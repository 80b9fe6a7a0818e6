"""The content of output files, and the last lines of the log about it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.answers import http, user
from tests.support.crawl import Crawls
from tests.support.server import Server


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
    assert f"records: {edges} edges\n" in crawl.log
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
    assert "depth=x" in line


def _feed(option: str, value: Any, **further: Any) -> str:
    return f"FEEDS={json.dumps({'x.jsonl': {'format': 'jsonlines', option: value, **further}})}"


# Values of -o or -s, and the error message for each.
NO_OUTPUTS = {
    "remote, with a job": (("-s", "JOBDIR=job", "-o", "ftp://host/x.jsonl"), "upload it when the crawl is over"),
    "no library": (("-o", "gs://bucket/x.jsonl"), "cannot be written (ModuleNotFoundError"),
    "nobody there": (("-o", "ftp://127.0.0.1:1/x.jsonl"), "cannot be written (ConnectionRefusedError"),
    "no host": (("-o", "ftp:///x.jsonl"), "cannot be stored there"),
    "no such storage": (("-o", "gopher://host/x.jsonl"), "there is no storage for gopher://; write to a file"),
    "a cache": (("-s", "HTTPCACHE_ENABLED=1"), "a cache stores credentials on disk"),
}  # fmt: skip


BAD_OPTIONS = {
    "no files": (("-o", "x.jsonl", "-s", 'FEED_STORAGES={"": null}'), "FEED_STORAGES has switched files off"),
    "no exporter": (("-s", 'FEED_EXPORTERS={"jsonlines": null}'), "there is no format 'jsonlines'"),
    "a misspelt option": (("-s", _feed("feilds", ["id"])), "there is no option 'feilds'; there is fields"),
    "an option of none": (("-s", _feed("colour", 1)), "there is no option 'colour'; there are batch_item_count"),
    "a word for a flag": (("-s", _feed("store_empty", "no")), "store_empty is 'no'; it takes true or false"),
    "no list": (("-s", _feed("item_classes", "sc_spiders.items.User")), "item_classes is"),
    "no such class": (("-s", _feed("item_classes", ["no.such.Class"])), "which cannot be imported"),
    "no such field": (("-s", _feed("fields", ["nmae"])), "fields names 'nmae', which no kind of record has"),
    "no such encoding": (("-s", _feed("encoding", "nix")), "unknown encoding: nix"),
    "a bad argument": (("-s", _feed("item_export_kwargs", {"nix": 1})), "its options do not fit the format"),
    "a bad plugin": (
        ("-s", _feed("gzip_compresslevel", "z", postprocessing=["scrapy.extensions.postprocessing.GzipPlugin"])),
        "its postprocessing cannot begin",
    ),
    "a name that cannot be made": (("-s", _feed("uri_params", "tests.feeds.parts.no_params")), "KeyError: 'x'"),
    "batches without a name": (("-s", _feed("batch_item_count", 3)), "needs %(batch_id)d or %(batch_time)s"),
    "no such pipeline": (("-s", 'ITEM_PIPELINES={"no.such.Class": 1}'), "ITEM_PIPELINES: a component cannot be loaded"),
}


def test_what_cannot_be_an_output_is_refused_in_a_line(crawls: Crawls) -> None:
    cases = {**NO_OUTPUTS, **BAD_OPTIONS}
    with Server() as server:
        commands = [("crawl", "user_graph", "-a", "user=1", *options) for options, _ in cases.values()]
        refused = crawls.one_by_one(commands, **server.settings)
        assert not server.asked

    for (name, (_, says)), crawl in zip(cases.items(), refused, strict=True):
        assert (crawl.code, len(crawl.log.splitlines())) == (2, 1), f"{name}\n{crawl.log}"
        assert says in crawl.log, name


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.path.relpath(path))  # the absolute path may be too long for a socket


NO_FILES: dict[str, Callable[[Path], None]] = {
    "a pipe that nobody reads": os.mkfifo,
    "a socket": _socket,
    "a directory": Path.mkdir,
}


def test_an_output_that_is_no_regular_file_is_refused_before_it_is_opened(crawls: Crawls) -> None:
    """Opening a pipe without a reader would wait for ever."""
    commands = []
    for case, make in NO_FILES.items():
        make(crawls.folder / f"{case}.jsonl")
        crawl = ("crawl", "user_graph", "-a", "user=1")
        commands += [(*crawl, option, f"{case}.jsonl") for option in ("-o", "-O")]
    with Server() as server:
        refused = crawls.one_by_one(commands, **server.settings)
        assert not server.asked

    for command, found in zip(commands, refused, strict=True):
        assert (found.code, len(found.log.splitlines())) == (2, 1), found.log
        assert f"{command[-1]} is a " in found.log


@pytest.mark.parametrize(
    "exporters", [(), ("-s", 'FEED_EXPORTERS={"jsonlines": "scrapy.exporters.JsonLinesItemExporter"}')]
)
@pytest.mark.parametrize(("options", "name"), [((), "rejected.jsonl"), (("-O", "out.jsonl"), "out.rejected.jsonl")])
def test_the_log_says_where_rejected_objects_are(
    crawls: Crawls, options: tuple[str, ...], name: str, exporters: tuple[str, ...]
) -> None:
    """Whoever writes them: our exporter or another one."""
    with Server(
        lambda path, turn: http(200, {**user(1), "username": ["one"]}) if path == "/users/1" else None
    ) as server:
        crawl = crawls.run("user", *options, *exporters, settings=server.settings, user="1")

    assert f"rejected: 1 (see {name})" in crawl.log
    (file,) = crawls.folder.rglob("*rejected.jsonl")
    assert file.name == name
    (row,) = map(json.loads, file.read_text().splitlines())
    assert row["object"]["username"] == ["one"]
