"""Crawls that are killed: the short form of `make torture`, and a page that kills each process that reads it."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench import interruptions, torture
from bench.compare import compare, read
from tests.support import answers
from tests.support.crawl import Crawls
from tests.support.patience import PATIENCE
from tests.support.points import KillAt
from tests.support.server import HANG, Server

from .batches import LastFirst, has_the_edge, is_list

ONE_USER = {"user": 3, "edge": 4, "listing": 2, "crawl": 1}  # records of a crawl of one user


@pytest.mark.parametrize(("seed", "users"), [(0, 12), (8, 20), (4, 12)], ids=["user_graph", "playlist", "me"])
def test_nothing_is_lost_however_often_it_is_killed(seed: int, users: int) -> None:
    outcome = torture.torture(seed, users=users, kills=3, page_size=10, attempts=8)

    assert not outcome.wrong, outcome.wrong
    assert outcome.kills == 3
    assert outcome.inside >= 1
    assert outcome.faults.total() > 30


def test_the_torture_sees_what_is_wrong(tmp_path: Path) -> None:
    """The torture's check finds each kind of error by itself."""
    user = {"kind": "user", "urn": "soundcloud:users:1", "partial": False, "username": "one", "fetched_at": "now"}
    part = {**user, "partial": True, "username": None, "fetched_at": "then"}
    edge = {"kind": "edge", "relation": "likes", "source": "a", "target": "b", "position": 1}
    listing = {"kind": "listing", "endpoint": "user_likes", "subject": "a", "missing": ["x", "y"], "complete": True}
    crawl = {"kind": "crawl", "spider": "user", "counts": {"user": 1, "edge": 1, "listing": 1}}
    good: list[dict[str, Any]] = [user, edge, listing, crawl]

    assert not list(compare(good, good))
    twice = {**crawl, "counts": {"user": 2, "edge": 1, "listing": 1}}
    assert not list(compare([part, user, edge, {**listing, "missing": ["y", "x"]}, twice], good))
    faulty: list[tuple[list[dict[str, Any]], str]] = [
        ([edge, listing, {**crawl, "counts": {"edge": 1, "listing": 1}}], "1 user missing, user soundcloud:users:1"),
        ([user, user, edge, listing, twice], "1 user there twice"),
        ([part, edge, listing, crawl], "differs"),
        ([{**user, "username": "two"}, edge, listing, crawl], "username: 'two', not 'one'"),
        ([user, {**edge, "position": 2}, listing, crawl], "position: 2, not 1"),
        ([user, edge, {**listing, "missing": ["x"]}, crawl], "missing: ['x'], not ['x', 'y']"),
        ([user, edge, listing, {**crawl, "counts": {"user": 7, "edge": 1, "listing": 1}}], "the crawl record counts"),
        ([*good, {"kind": "user", "reasons": ["odd"]}], "1 user there and should not be"),
    ]
    for bad, says in faulty:
        assert any(says in line for line in compare(bad, good)), says

    (tmp_path / "all.jsonl").write_text('{"kind": "user"}\n{"kind": "us')
    wrong: list[str] = []
    assert len(list(read(tmp_path, wrong))) == 1
    assert wrong == ['all.jsonl, line 2 is cut: b\'{"kind": "us\'']


def test_the_torture_does_not_call_exact_what_was_not_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruptions, "kill", lambda *_, **__: interruptions.Interruption())
    outcome = torture.torture(3, users=10, kills=2, page_size=100, attempts=8)

    assert outcome.wrong[0] == "only 0 of 2 kills came before it was through"


def test_a_page_that_kills_each_process_is_given_up(crawls: Crawls) -> None:
    """SC_ATTEMPTS holds over all runs, except for the first two deaths. Then the page is sent alone, so it is to blame.

    Requests that were in flight with that page are not given up with it.
    """
    with Server(lambda path, turn: HANG if path == "/users/1/followings#2" else None) as server:
        options = ("user_graph", "-s", "JOBDIR=job", "-s", "SC_ATTEMPTS=4")
        for turn in range(1, 7):
            crawl = crawls.start(*options, settings=server.settings, user="1,2")
            until = time.monotonic() + PATIENCE
            while server.asked["/users/1/followings#2"] < turn and time.monotonic() < until:
                time.sleep(0.02)
            crawl.kill()
        last = crawls.run(*options, settings=server.settings, user="1,2")

    assert server.asked["/users/1/followings#2"] == 2 + 4
    assert last.code == 1
    ends = {(one["endpoint"], one["subject"]): (one["ended"], one["error"]) for one in last.records("listing")}
    assert ends.pop(("followings", "soundcloud:users:1")) == ("error", "lost")
    assert set(ends.values()) == {("end", None)}
    assert len(last.records("listing")) == 4


def killed(crawls: Crawls, server: Server, asked: str, *options: str, **arguments: Any) -> None:
    """A crawl that is killed when it requests that path."""
    crawl = crawls.start("user_graph", *options, settings=server.settings, **arguments)
    until = time.monotonic() + PATIENCE
    while not server.asked[asked] and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.2)
    crawl.kill()


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_going_on_never_deletes_what_another_crawl_wrote(crawls: Crawls) -> None:
    output = ("-o", "all.jsonl")
    with Server(lambda path, turn: HANG if path == "/users/1/followings#2" and turn == 1 else None) as server:
        killed(crawls, server, "/users/1/followings#2", "-s", "JOBDIR=a", *output, user="1")
        other = crawls.run("user_graph", "-s", "JOBDIR=b", *output, settings=server.settings, user="2")
        assert other.code == 0
        again = crawls.run("user_graph", "-s", "JOBDIR=a", *output, settings=server.settings, warned=True, user="1")

    assert again.code == 0, again.log
    (kept,) = crawls.folder.glob("all.jsonl.cut-*")
    assert kept.name in again.log
    for path, user in ((crawls.folder / "all.jsonl", 1), (kept, 2)):
        records = lines(path)
        assert {one["subject"] for one in records if one["kind"] == "listing"} == {f"soundcloud:users:{user}"}
        assert Counter(one["kind"] for one in records) == ONE_USER


def test_the_page_of_an_ordinary_kill_is_cut_off_without_a_word(crawls: Crawls) -> None:
    """A kill between writing a page and acknowledging it leaves something to cut off."""
    dies = KillAt("commit.before", where=is_list)
    command = ("user_graph", "-s", "JOBDIR=job", "-o", "all.jsonl")
    with Server() as server:
        first = crawls.run(*command, settings=server.settings, inside=dies, user="1")
        assert first.code == -signal.SIGKILL
        assert len(lines(crawls.folder / "all.jsonl")) > 1
        again = crawls.run(*command, settings=server.settings, user="1")

    assert again.code == 0
    assert "WARNING" not in again.log
    assert not list(crawls.folder.glob("*.cut-*"))
    records = lines(crawls.folder / "all.jsonl")
    assert Counter(one["kind"] for one in records) == ONE_USER


def test_an_edge_is_left_to_another_page_only_if_that_is_acknowledged(crawls: Crawls) -> None:
    """Two pages have the edge and are read together. The page that was read last left the edge to the other."""

    def answer(path: str, turn: int) -> bytes | None:
        friends = {"/users/1/followings": [answers.user(2)], "/users/2/followers": [answers.user(1)]}
        listed = path.count("/") == 3
        return answers.http(200, {"collection": friends.get(path, []), "next_href": None}) if listed else None

    dies = LastFirst(KillAt("commit.after", where=has_the_edge))
    with Server(answer) as server:
        command = ("user_graph", "-s", "JOBDIR=job")
        first = crawls.run(*command, settings=server.settings, inside=dies, user="1,2")
        assert first.code == -signal.SIGKILL
        last = crawls.run(*command, settings=server.settings, user="1,2")

    assert last.code == 0
    assert [(one["source"], one["target"]) for one in last.records("edge")] == [
        ("soundcloud:users:1", "soundcloud:users:2")
    ]


def test_a_crawl_that_died_over_its_beginning_leaves_no_folder(crawls: Crawls) -> None:
    dies = KillAt("begin.before")
    home = crawls.folder / "output" / "user_graph"
    with Server() as server:
        for _ in range(2):
            first = crawls.run("user_graph", "-s", "JOBDIR=job", settings=server.settings, inside=dies, user="1")
            assert first.code == -signal.SIGKILL
            assert len(list(home.iterdir())) == 1
            time.sleep(1)  # the folder's name has the second
        last = crawls.run("user_graph", "-s", "JOBDIR=job", settings=server.settings, user="1")

    assert last.code == 0
    assert list(home.iterdir()) == [last.folder]
    assert sum(len(last.records(kind)) for kind in ONE_USER) == sum(ONE_USER.values())


def test_what_was_cut_while_it_was_written_is_kept(crawls: Crawls) -> None:
    """It is unknown who wrote this."""
    with Server(lambda path, turn: HANG if path == "/users/1/followings#2" and turn == 1 else None) as server:
        command = ("-s", "JOBDIR=job", "-o", "all.jsonl")
        killed(crawls, server, "/users/1/followings#2", *command, user="1")
        output = crawls.folder / "all.jsonl"
        (crawls.folder / "job" / "writing").write_text(json.dumps({str(output): 10**6}) + "\n")
        with output.open("a") as file:
            file.write('{"kind": "us')
        again = crawls.run("user_graph", *command, settings=server.settings, warned=True, user="1")

    assert again.code == 0
    (kept,) = crawls.folder.glob("all.jsonl.cut-*")
    assert kept.read_text() == '{"kind": "us'
    assert Counter(one["kind"] for one in lines(output)) == ONE_USER
