"""Without JOBDIR, a crawl with the default output goes on as well: its job directory is in its output folder."""

from __future__ import annotations

import json
import logging
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.process import Process
from tests.support.crawl import Crawl, Crawls, crawl
from tests.support.patience import PATIENCE
from tests.support.points import KillAt, always
from tests.support.server import Server

from .batches import is_list

USERS = "1,2,3"
WHOLE = {"user": 9, "edge": 12, "listing": 6, "crawl": 1}  # records of a crawl of these three users
GOES_ON = "Going on with the crawl begun at "


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(autouse=True)
def here(crawls: Crawls, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Crawls in this process write to the folder of those in other processes, and log as they do."""
    monkeypatch.chdir(crawls.folder)
    caplog.set_level(logging.INFO)


def run(crawls: Crawls, server: Server, *options: str, user: str = USERS, warned: bool = False, **given: Any) -> Crawl:
    """Run a crawl with these settings in the test's process. It writes to the default output folder."""
    settings = {"FEEDS": {}, **server.settings, **dict(option.split("=", 1) for option in options)}
    done = crawl("user_graph", crawls.folder, settings=settings, user=user, warned=warned, **given)
    return crawls.read(done.code, done.log, "user_graph")


def killed(crawls: Crawls, server: Server, point: str = "commit.after", *options: str) -> None:
    """A crawl that dies at that point."""
    where = is_list if point.startswith("commit") else always
    words = [word for option in options for word in ("-s", option)]
    process = crawls.start("user_graph", *words, settings=server.settings, inside=KillAt(point, where), user=USERS)
    assert process.wait() == -signal.SIGKILL, process.printed


def folders(crawls: Crawls) -> list[Path]:
    return sorted((crawls.folder / "output" / "user_graph").iterdir())


def first(crawls: Crawls) -> Crawl:
    """What the first of the crawls has written."""
    return Crawl(0, "", folders(crawls)[0])


def is_whole(crawl: Crawl) -> bool:
    return crawl.code == 0 and crawl.kinds == WHOLE and len(crawl.triples) == WHOLE["edge"]


def running(crawls: Crawls, server: Server) -> Process:
    """A crawl that has begun to write, and takes long."""
    server.latency = 0.2
    process = crawls.start("user_graph", settings=server.settings, user=USERS)
    until(lambda: server.asked.total() > 6)
    return process


def until(is_reached: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_reached():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_same_command_goes_on(crawls: Crawls, server: Server, number: signal.Signals) -> None:
    process = running(crawls, server)
    process.send(number)
    stopped = crawls.ended(process, "user_graph")
    if number != signal.SIGKILL:
        assert stopped.code == 3
        assert "the same command goes on where it stopped" in stopped.log
    server.latency = 0
    before = server.asked.total()
    found = run(crawls, server)

    assert is_whole(found)
    assert f"{GOES_ON}{found.last['started_at']}; SC_FRESH=1 begins anew." in found.log
    (folder,) = folders(crawls)
    others = [path.name for path in folder.iterdir() if path.suffix != ".jsonl"]
    assert others == ["datapackage.json"]  # neither .job nor progress.json
    assert server.asked.total() - before < before + 12  # it did not begin anew


def test_after_a_finished_crawl_it_begins_another(crawls: Crawls, server: Server) -> None:
    before, second = run(crawls, server), run(crawls, server)

    assert is_whole(before)
    assert is_whole(second)
    assert len(folders(crawls)) == 2
    assert GOES_ON not in second.log


def test_sc_fresh_begins_anew_and_nothing_goes_on_with_the_older_crawl(crawls: Crawls, server: Server) -> None:
    killed(crawls, server)
    (old,) = folders(crawls)
    left = {path.name: path.read_bytes() for path in old.glob("*.jsonl")}
    fresh = run(crawls, server, "SC_FRESH=1")
    again = run(crawls, server)

    assert is_whole(fresh)
    assert is_whole(again)
    assert GOES_ON not in fresh.log + again.log
    assert len(folders(crawls)) == 3
    assert {path.name: path.read_bytes() for path in old.glob("*.jsonl")} == left


def test_a_fresh_crawl_that_is_stopped_is_the_one_that_goes_on(crawls: Crawls, server: Server) -> None:
    killed(crawls, server)
    killed(crawls, server, "commit.after", "SC_FRESH=1")
    found = run(crawls, server)

    assert is_whole(found)
    assert len(folders(crawls)) == 2
    assert found.folder == folders(crawls)[1]


@pytest.mark.parametrize(
    ("options", "given"),
    [((), {"user": "1,2"}), ((), {"depth": 2}), (("SC_KINDS=edge,crawl",), {}), (("SC_FORMAT=csv",), {})],
    ids=["other seeds", "another depth", "other kinds", "another format"],
)
def test_another_command_begins_a_crawl_of_its_own(
    crawls: Crawls, server: Server, options: tuple[str, ...], given: dict[str, Any]
) -> None:
    killed(crawls, server)
    other = run(crawls, server, *options, **given)
    same = run(crawls, server)

    assert other.code == 0
    assert GOES_ON not in other.log
    assert GOES_ON in same.log
    assert len(folders(crawls)) == 2
    assert is_whole(first(crawls))


def test_the_default_value_of_an_argument_makes_no_other_command(crawls: Crawls, server: Server) -> None:
    killed(crawls, server)
    found = run(crawls, server, depth=1, preview=0)

    assert is_whole(found)
    assert len(folders(crawls)) == 1


def test_two_at_once_are_two_crawls(crawls: Crawls, server: Server) -> None:
    slow = running(crawls, server)
    process = crawls.start("user_graph", settings=server.settings, user=USERS)
    until(lambda: "The same command is running" in process.printed)
    server.latency = 0
    second = crawls.ended(process, "user_graph")
    code = slow.wait()

    assert is_whole(second)
    assert f"The same command is running in {folders(crawls)[0]}: this one begins a crawl of its own." in second.log
    assert code == 0
    assert is_whole(first(crawls))
    assert not list((crawls.folder / "output").rglob(".*"))


@pytest.mark.parametrize(
    "point",
    [
        "make_folder.before",
        "make_folder.after",
        "create_store.after",
        "begin.before",
        "begin.after",
        "commit.before",
        "finish.before",
        "close.before",
        "remove_job.before",
        "remove_job.after",
        "close.after",
    ],
)
def test_killed_anywhere(crawls: Crawls, server: Server, point: str) -> None:
    killed(crawls, server, point)
    found = run(crawls, server)

    assert is_whole(found)
    ended = point in {"remove_job.before", "remove_job.after", "close.after"}
    begun = point in {"begin.after", "commit.before", "finish.before", "close.before"}
    assert (GOES_ON in found.log) is begun
    shown = [folder for folder in folders(crawls) if not folder.name.startswith(".")]
    assert len(shown) == 1 + ended
    assert all(list(folder.glob("*.jsonl")) for folder in shown)
    assert not [path for folder in shown for path in folder.glob(".job")]


@pytest.mark.parametrize("damage", ["not a database", "another version", "emptied"])
def test_a_job_that_cannot_be_read_is_left_alone(crawls: Crawls, server: Server, damage: str) -> None:
    killed(crawls, server)
    (folder,) = folders(crawls)
    store = folder / ".job" / "frontier.sqlite"
    if damage == "another version":
        with sqlite3.connect(store) as db:
            db.execute("UPDATE meta SET value = '3' WHERE name = 'format'")
        db.close()
    else:
        for path in store.parent.glob("frontier.sqlite*"):
            path.write_bytes(b"" if damage == "emptied" else b"nothing of use\n" * 1000)
    found = run(crawls, server, warned=True)
    again = run(crawls, server)

    assert is_whole(found)
    assert is_whole(again)
    assert len(folders(crawls)) == 3
    assert ("cannot be resumed" in found.log) is (damage != "emptied")
    assert "cannot be resumed" not in again.log


def test_output_that_was_changed_meanwhile_is_no_crawl_to_go_on_with(crawls: Crawls, server: Server) -> None:
    process = running(crawls, server)
    process.send(signal.SIGTERM)
    process.wait()
    server.latency = 0
    (folder,) = folders(crawls)
    (folder / "edge.jsonl").unlink()
    refused = run(crawls, server)

    assert refused.code == 2
    (line,) = refused.errors
    assert line.endswith("with SC_FRESH=1 if none was given")
    assert is_whole(run(crawls, server, "SC_FRESH=1"))


def test_an_output_folder_that_was_moved_is_no_crawl_to_go_on_with(crawls: Crawls, server: Server) -> None:
    killed(crawls, server)
    (folder,) = folders(crawls)
    folder.rename(folder.with_name("2020-01-01T00-00-00"))

    assert is_whole(run(crawls, server))
    assert len(folders(crawls)) == 2


def test_lists_that_were_blocked_can_be_tried_again(crawls: Crawls) -> None:
    blocked = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"

    def block(path: str, n: int) -> bytes | None:
        return blocked if "/followers" in path else None

    with Server(block) as server:
        blocked_one = run(crawls, server)
        server.script = None
        anew = run(crawls, server)
        (named,) = re.findall("tried again with -s (JOBDIR=.*): 3$", blocked_one.log, re.MULTILINE)
        again = run(crawls, server, named)

    assert blocked_one.code == 1
    assert again.code == 0
    assert is_whole(anew)
    assert is_whole(first(crawls))
    assert len(folders(crawls)) == 2


def test_a_crawl_that_is_refused_leaves_no_folder(crawls: Crawls, server: Server) -> None:
    found = run(crawls, server, "EXTENSIONS={}", "SC_KINDS=nothing")

    assert found.code == 2
    assert not (crawls.folder / "output").exists()


@pytest.mark.parametrize(
    ("options", "told"), [(("-o", "all.jsonl"), True), (("-o", "all.jsonl", "-s", "JOBDIR=job"), False), ((), False)]
)
def test_it_says_where_a_stop_would_lose_the_crawl(
    crawls: Crawls, server: Server, options: tuple[str, ...], told: bool
) -> None:
    found = crawls.run("user_graph", *options, settings=server.settings, user=USERS)

    assert ("A stop will lose this crawl: with -s JOBDIR=FOLDER" in found.log) is told


@pytest.mark.parametrize("setting", ["JOBDIR=job", "SC_REDIS_URL=redis://127.0.0.1:9"])
def test_sc_fresh_is_refused_where_it_would_do_nothing(crawls: Crawls, server: Server, setting: str) -> None:
    found = run(crawls, server, "SC_FRESH=1", setting)

    assert found.code == 2
    assert f"SC_FRESH=1 is for crawls without {setting.partition('=')[0]}" in found.log


def test_where_nothing_can_be_gone_on_with_it_says_so(crawls: Crawls, server: Server) -> None:
    """The records of such a crawl cannot be cut back, so it has no job directory."""
    found = run(crawls, server, "FEED_EXPORT_ENCODING=utf-16")

    assert found.code == 0
    assert "A stop will lose this crawl" in found.log


def test_progress_json_says_how_far_it_is(crawls: Crawls, server: Server) -> None:
    process = running(crawls, server)
    (folder,) = folders(crawls)
    server.latency = 3
    until((folder / "progress.json").exists)
    told = json.loads((folder / "progress.json").read_text())
    server.latency = 0
    code = process.wait()

    assert code == 0
    assert told["pid"] == process.pid
    assert told["spider"] == "user_graph"
    assert told["pages"] > 0
    assert told["records"]["edge"] > 0
    assert not (folder / "progress.json").exists()


def test_the_bar_begins_where_it_was(crawls: Crawls, server: Server) -> None:
    killed(crawls, server)
    server.latency = 0.3
    found = run(crawls, server, "LOGSTATS_INTERVAL=0.01")

    assert is_whole(found)
    assert re.search(r": 0 pages, .* [1-9]\d?%.* \(estimate\)", found.log)
