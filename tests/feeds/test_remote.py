"""Feeds on FTP and S3: tried before the first request, stored at the end, and kept if the server has gone meanwhile."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.crawl import Crawl, Crawls, crawl
from tests.support.server import Server

from .places import NO_WRITING, S3, Ftp, Place

PLACES: dict[str, Callable[[Path], Place]] = {"FTP": lambda folder: Ftp(folder / "ftp"), "S3": lambda folder: S3()}
GIVEN: dict[str, Any] = {"user": 1, "include": "profile,followings"}
KINDS = {"user": 3, "edge": 2, "listing": 1, "crawl": 1}


def kinds(data: bytes) -> Counter[str]:
    return Counter(json.loads(line)["kind"] for line in data.splitlines())


def assert_no_secret(done: Crawl, folder: Path) -> None:
    """Neither the log nor any file on this machine has the password, plain or encoded."""
    texts = [done.log, *(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())]
    for part in ("very secret", "very%20secret", "secret+word", "secret%2Bword"):
        assert not any(part in text for text in texts)


@pytest.mark.parametrize("option", ["-o", "-O"])
@pytest.mark.parametrize("name", PLACES)
def test_a_feed_is_stored(tmp_path: Path, crawls: Crawls, name: str, option: str) -> None:
    with PLACES[name](tmp_path) as place, Server() as server:
        uri = place.uri("feeds/%(name)s/x.jsonl")
        settings = {**server.settings, **place.environment}
        done = crawls.run("user", option, uri, "--loglevel", "DEBUG", settings=settings, broken=True, **GIVEN)
        files = place.files

    assert done.code == 0
    assert files.keys() == {"feeds/user/x.jsonl"}
    assert kinds(files["feeds/user/x.jsonl"]) == KINDS
    assert_no_secret(done, crawls.folder)


def no_boto3() -> None:
    sys.modules["boto3"] = None  # type: ignore[assignment]


# What opens the server, what the feed's name is made by, what happens inside the process, and what the line says.
REFUSED: dict[str, tuple[Callable[[Path], Place], Callable[[Any], str], Callable[[], object] | None, str]] = {
    "FTP, wrong password": (
        PLACES["FTP"],
        lambda place: place.uri("x.jsonl", "not/the password"),
        None,
        "cannot be written (error_perm: 530 Authentication failed.): mend that, or write to a file and upload it",
    ),
    "FTP, nothing may be written": (
        lambda folder: Ftp(folder / "ftp", NO_WRITING),
        lambda place: place.uri("x.jsonl"),
        None,
        "cannot be written (error_perm: 550 Not enough privileges.)",
    ),
    "FTP, no such port": (
        PLACES["FTP"],
        lambda place: "ftp://me:not%2Fthe%20password@127.0.0.1:1/x.jsonl",
        None,
        "cannot be written (ConnectionRefusedError",
    ),
    "S3, denied": (
        lambda folder: S3(denies=True),
        lambda place: place.uri("x.jsonl"),
        None,
        "s3://b/x.jsonl cannot be written (AccessDenied: An error occurred (AccessDenied) when calling",
    ),
    "S3, half of the credentials": (
        PLACES["S3"],
        lambda place: "s3://AKIAEXAMPLE@b/x.jsonl",
        None,
        "cannot be stored there (Partial credentials found in explicit, missing: aws_secret_access_key)",
    ),
    "S3, no library": (
        PLACES["S3"],
        lambda place: place.uri("x.jsonl"),
        no_boto3,
        "s3://b/x.jsonl: cannot be stored there (missing boto3 library); write to a file and upload it",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_place_that_takes_nothing_is_refused_before_the_first_request(
    tmp_path: Path, crawls: Crawls, case: str
) -> None:
    opened, name, inside, says = REFUSED[case]
    with opened(tmp_path) as place, Server() as server:
        settings = {**server.settings, **place.environment}
        done = crawls.run("user", "-o", name(place), settings=settings, inside=inside, **GIVEN)

    assert done.code == 2, done.log
    (line,) = done.log.splitlines()
    assert says in line
    assert "password" not in line
    assert not server.asked
    assert not place.files
    assert_no_secret(done, crawls.folder)


@pytest.mark.parametrize("name", PLACES)
def test_what_cannot_be_stored_at_the_end_is_kept(tmp_path: Path, crawls: Crawls, name: str) -> None:
    with PLACES[name](tmp_path) as place, Server(lambda path, turn: place.close()) as server:
        settings = {**server.settings, **place.environment}
        done = crawls.run("user", "-o", place.uri("x.jsonl"), settings=settings, **GIVEN)

    kept = crawls.folder / "output" / "x.jsonl"
    (line,) = done.errors
    assert done.code == 3
    assert line.endswith(f"It is kept as {kept}: upload that.")
    assert kinds(kept.read_bytes()) == KINDS
    assert_no_secret(done, crawls.folder)


def test_a_lost_batch_ends_the_crawl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Further pages could not be stored either."""
    monkeypatch.chdir(tmp_path)
    with Server(latency=0.02) as server:
        done = crawl(
            "user_graph",
            tmp_path,
            settings={
                **server.settings,
                "FEEDS": {"mine://%(batch_id)d.jsonl": {"format": "jsonlines", "batch_item_count": 5}},
                "FEED_STORAGES": {"mine": "tests.feeds.parts.Broken"},
                "CONCURRENT_REQUESTS": 2,
            },
            broken=True,
            user=",".join(map(str, range(1, 100))),
        )

    kept = [line for path in sorted(Path("output").glob("*.jsonl")) for line in path.read_bytes().splitlines()]
    assert done.code == 3
    assert server.asked.total() < 50
    assert len(kept) == sum(number for name, number in done.stats.items() if name.startswith("records/"))
