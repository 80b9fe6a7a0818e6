"""Locks keep two crawls from writing to the same files. On a file system without locks, a crawl goes on without."""

from __future__ import annotations

import errno
import json
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.points import listen
from tests.support.crawl import Crawl, Crawls
from tests.support.lockless import NoLocks
from tests.support.points import KillAt, TryLock
from tests.support.server import Server

JOB = ("user_graph", "-o", "all.jsonl", "-s", "JOBDIR=job")
MISSING = [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP]
HELD = [errno.EAGAIN, errno.EACCES]


@dataclass(frozen=True)
class Both:
    """Does two things in the crawl's process."""

    one: Callable[[], object]
    other: Callable[[], object]

    def __call__(self) -> None:
        self.one()
        self.other()


@dataclass(frozen=True)
class RemoveAt:
    """Removes a folder at that point."""

    point: str
    folder: Path

    def __call__(self) -> None:
        listen(self._pass)

    def _pass(self, point: str, listing: Any) -> None:
        if point == self.point:
            shutil.rmtree(self.folder, ignore_errors=True)


def name(number: int) -> str:
    return errno.errorcode[number]


def warnings(crawl: Crawl) -> list[str]:
    return [line.split(" WARNING: ", 1)[1] for line in crawl.log.splitlines() if " WARNING: " in line]


def assert_whole(folder: Path) -> None:
    """The output of a crawl of user 1 has each record once."""
    records = [json.loads(line) for line in (folder / "all.jsonl").read_text().splitlines()]
    edges = [(one["source"], one["target"]) for one in records if one["kind"] == "edge"]
    assert len(edges) == len(set(edges)) == 4
    assert [one["kind"] for one in records].count("listing") == 2
    assert records[-1]["finish_reason"] == "finished"


def test_it_is_locked_until_the_closing_records_are_there(crawls: Crawls, tmp_path: Path) -> None:
    output, result = crawls.folder / "all.jsonl", tmp_path / "result"
    with Server() as server:
        crawl = crawls.run(
            *("user_graph", "-o", "all.jsonl"),
            settings=server.settings,
            inside=TryLock("closing_records.after", output, result),
            user="1",
        )
    assert crawl.code == 0
    assert set(result.read_text().split()) == {"locked"}


@pytest.mark.parametrize(
    ("number", "kinds"),
    [*((number, ("flock", "record")) for number in MISSING), (errno.ENOSYS, ("flock",))],
    ids=[*map(name, MISSING), "only SQLite's"],
)
def test_a_file_system_without_locks_is_told_once_and_written_to(
    crawls: Crawls, number: int, kinds: tuple[str, ...]
) -> None:
    with Server() as server:
        crawl = crawls.run(*JOB, settings=server.settings, inside=NoLocks(number, kinds), user="1", warned=True)
        again = crawls.run(*JOB, settings=server.settings, inside=NoLocks(number, kinds), user="1", warned=True)

    assert crawl.code == again.code == 0, crawl.log + again.log
    danger = "two crawls of the same folder would not notice each other"
    assert warnings(crawl) == [f"The file system of job has no locks: {danger}."]
    assert "This job has ended already" in again.log
    assert_whole(crawls.folder)


def test_one_without_the_locks_of_sqlite_is_no_danger(crawls: Crawls) -> None:
    with Server() as server:
        crawl = crawls.run(*JOB, settings=server.settings, inside=NoLocks(errno.ENOLCK, ("record",)), user="1")

    assert crawl.code == 0, crawl.log
    assert_whole(crawls.folder)


@pytest.mark.parametrize("number", MISSING, ids=name)
def test_an_output_without_a_job_directory_is_told_too(crawls: Crawls, number: int) -> None:
    with Server() as server:
        shared = ("user_graph", "-o", "all.jsonl", "-o", "more.jsonl")
        crawl = crawls.run(*shared, settings=server.settings, inside=NoLocks(number), user="1", warned=True)
        own = crawls.run("user_graph", settings=server.settings, inside=NoLocks(number), user="1")

    assert crawl.code == own.code == 0, crawl.log + own.log
    (line,) = warnings(crawl)
    assert line.startswith(f"The file system of {crawls.folder} has no locks")


@pytest.mark.parametrize("point", ["begin.after", "commit.before", "commit.after"])
def test_without_locks_a_killed_crawl_goes_on(crawls: Crawls, point: str) -> None:
    without = NoLocks(errno.ENOSYS)
    with Server() as server:
        killed = crawls.run(*JOB, settings=server.settings, inside=Both(without, KillAt(point)), user="1")
        assert killed.code == -signal.SIGKILL
        crawl = crawls.run(*JOB, settings=server.settings, inside=without, user="1", warned=True)

    assert crawl.code == 0, crawl.log
    assert_whole(crawls.folder)


def test_a_job_begun_without_locks_goes_on_with_them(crawls: Crawls) -> None:
    with Server() as server:
        inside = Both(NoLocks(errno.ENOSYS), KillAt("commit.after"))
        crawls.run(*JOB, settings=server.settings, inside=inside, user="1")
        crawl = crawls.run(*JOB, settings=server.settings, user="1")

    assert crawl.code == 0, crawl.log
    assert_whole(crawls.folder)


def test_without_locks_a_deleted_job_directory_is_put_back(crawls: Crawls) -> None:
    without = NoLocks(errno.ENOSYS)
    with Server() as server:
        inside = Both(without, RemoveAt("hand_out.before", crawls.folder / "job"))
        stopped = crawls.run(*JOB, settings=server.settings, inside=inside, user="1")
        assert stopped.code == 3, stopped.log
        assert "It was put back as of the last page" in stopped.log
        crawl = crawls.run(*JOB, settings=server.settings, inside=without, user="1", warned=True)

    assert crawl.code == 0, crawl.log
    assert_whole(crawls.folder)


@pytest.mark.parametrize("number", HELD, ids=name)
@pytest.mark.parametrize(
    ("words", "says"),
    [(JOB, "another crawl is running in the job directory"), (JOB[:3], "another crawl writes to")],
    ids=["job directory", "output"],
)
def test_a_lock_that_is_held_is_refused(crawls: Crawls, number: int, words: tuple[str, ...], says: str) -> None:
    with Server() as server:
        crawl = crawls.run(*words, settings=server.settings, inside=NoLocks(number, ("flock",)), user="1")
        assert not server.asked

    assert crawl.code == 2
    (line,) = crawl.log.splitlines()
    assert says in line


def test_a_lock_that_fails_is_not_taken_for_one_that_is_held(crawls: Crawls) -> None:
    with Server() as server:
        crawl = crawls.run(*JOB, settings=server.settings, inside=NoLocks(errno.EIO, ("flock",)), user="1")
        assert not server.asked

    assert crawl.code == 3
    (line,) = crawl.log.splitlines()
    assert "Input/output error" in line
    assert "another crawl" not in line


def test_doctor_reads_a_job_without_locks(crawls: Crawls) -> None:
    without = NoLocks(errno.ENOLCK)
    with Server() as server:
        inside = Both(without, KillAt("closing_records.after"))
        crawls.run(*JOB, settings=server.settings, inside=inside, user="1")
    before = {path.name: path.read_bytes() for path in (crawls.folder / "job").iterdir()}
    doctor = crawls.command("doctor", "job", inside=without)

    assert doctor.code in {0, 1}
    assert "cannot be read" not in doctor.printed
    assert {path.name: path.read_bytes() for path in (crawls.folder / "job").iterdir()} == before
