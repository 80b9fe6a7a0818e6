"""Another process deletes, truncates or locks a crawl's files while it runs, or after it ended."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.crawl import Crawl, Crawls, crawl
from tests.support.server import Server

JOB = ("-s", "JOBDIR=job", "-o", "all.jsonl")
USERS = "1,2,3"
WHOLE = {"user": 9, "edge": 12, "listing": 6, "crawl": 1}  # records of a crawl of these three users
HELD = "/users/2/followers#2"  # this page is held back until the test changed the files


class Holding(Server):
    """A server that holds one page back until the test releases it."""

    reached = free = False

    def usual(self, path: str) -> bytes:
        if path == HELD and not self.reached:
            self.reached = True
            wait(lambda: self.free)
        return super().usual(path)


@pytest.fixture
def server() -> Iterator[Holding]:
    with Holding() as holding:
        yield holding


def wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not until():
        assert time.monotonic() < end
        time.sleep(0.01)


def counted(folder: Path) -> Counter[str]:
    lines = (folder / "all.jsonl").read_text().splitlines()
    assert len(lines) == len(set(lines))
    return Counter(json.loads(line)["kind"] for line in lines)


def written(folder: Path) -> int:
    """Listing records of the output."""
    output = folder / "all.jsonl"
    return output.read_bytes().count(b'"kind":"listing"') if output.exists() else 0


def disturbed(
    crawls: Crawls, server: Holding, disturb: Callable[[Path], object], options: tuple[str, ...] = JOB
) -> Crawl:
    """A crawl during which that is done, when only one page is missing."""
    process = crawls.start("user_graph", *options, settings=server.settings, user=USERS)
    wait(lambda: server.reached and written(crawls.folder) == WHOLE["listing"] - 1)
    disturb(crawls.folder)
    server.free = True
    return crawls.ended(process, "user_graph")


def job_deleted(folder: Path) -> None:
    shutil.rmtree(folder / "job")


def job_moved(folder: Path) -> None:
    (folder / "job").rename(folder / "jobs of old")


def store_deleted(folder: Path) -> None:
    (folder / "job" / "frontier.sqlite").unlink()


def lock_deleted(folder: Path) -> None:
    (folder / "job" / "lock").unlink()


def log_deleted(folder: Path) -> None:
    (folder / "job" / "seen.log").unlink()


@pytest.mark.parametrize("disturb", [job_deleted, job_moved, store_deleted, lock_deleted, log_deleted])
def test_a_job_directory_that_goes_is_put_back(
    crawls: Crawls, server: Holding, disturb: Callable[[Path], None]
) -> None:
    crawl = disturbed(crawls, server, disturb)

    assert crawl.code == 3
    (line,) = crawl.errors
    assert "the job directory job was deleted or changed while the crawl ran. It was put back" in line
    again = crawls.run("user_graph", *JOB, settings=server.settings, user=USERS)
    assert again.code == 0, again.log
    assert counted(crawls.folder) == WHOLE
    assert server.asked[HELD] == 2


def test_a_second_process_is_refused_also_without_the_lock_file(crawls: Crawls, server: Holding) -> None:
    second: list[Crawl] = []

    def start_another(folder: Path) -> None:
        lock_deleted(folder)
        second.append(crawls.run("user_graph", *JOB[:2], settings={}, user=USERS))

    first = disturbed(crawls, server, start_another)

    assert [one.code for one in second] == [2]
    assert "another crawl is running in the job directory" in second[0].log
    assert first.code == 3
    again = crawls.run("user_graph", *JOB, settings=server.settings, user=USERS)
    assert again.code == 0, again.log
    assert counted(crawls.folder) == WHOLE


def test_another_crawl_in_the_place_of_a_deleted_job_is_left_alone(crawls: Crawls, server: Holding) -> None:
    other = ("-s", "JOBDIR=other", "-o", "other.jsonl")
    with Server() as theirs:
        assert crawls.run("user_graph", *other, settings=theirs.settings, user=USERS).code == 0

    def put_in_its_place(folder: Path) -> None:
        job_moved(folder)
        (folder / "other").rename(folder / "job")

    before = {path.name: path.read_bytes() for path in (crawls.folder / "other").iterdir()}
    first = disturbed(crawls, server, put_in_its_place)

    assert first.code == 3
    (line,) = first.errors
    assert "What is there now was left alone" in line
    assert {path.name: path.read_bytes() for path in (crawls.folder / "job").iterdir()} == before


def cut(folder: Path) -> None:
    """The same as logrotate with copytruncate."""
    shutil.copy(folder / "all.jsonl", folder / "all.jsonl.1")
    (folder / "all.jsonl").write_bytes(b"")


def added_to(folder: Path) -> None:
    shutil.copy(folder / "all.jsonl", folder / "all.jsonl.1")
    with (folder / "all.jsonl").open("a") as file:
        file.write('{"kind": "other"}\n')


def replaced(folder: Path) -> None:
    """The same as logrotate by default."""
    (folder / "all.jsonl").rename(folder / "all.jsonl.1")
    (folder / "all.jsonl").touch()


@pytest.mark.parametrize("disturb", [cut, added_to, replaced])
def test_an_output_that_is_changed_is_not_written_to(
    crawls: Crawls, server: Holding, disturb: Callable[[Path], None]
) -> None:
    crawl = disturbed(crawls, server, disturb)
    output, kept = crawls.folder / "all.jsonl", crawls.folder / "all.jsonl.1"
    left = output.read_bytes()

    assert crawl.code == 3
    (line,) = crawl.errors
    assert f"{output} was " in line
    assert "Nothing more was written to it; put back what was there" in line
    assert left == b"" or left == kept.read_bytes() + b'{"kind": "other"}\n'

    if not left:
        refused = crawls.run("user_graph", *JOB, settings=server.settings, user=USERS)
        assert refused.code == 2
        assert "put it back" in refused.log
        kept.replace(output)
    again = crawls.run("user_graph", *JOB, settings=server.settings, warned=bool(left), user=USERS)
    assert again.code == 0, again.log
    assert counted(crawls.folder) == WHOLE


def test_without_a_job_directory_it_ends_as_well(crawls: Crawls, server: Holding) -> None:
    crawl = disturbed(crawls, server, cut, JOB[2:])

    assert crawl.code == 3
    assert (crawls.folder / "all.jsonl").read_bytes() == b""


# What happens to the output of an ended job, and the message.
AFTERWARDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "deleted": (lambda path: path.unlink(), "is gone, but"),
    "emptied": (lambda path: path.write_bytes(b""), "has 0 bytes, but"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:-100]), "bytes, but"),
    "zeroed": (lambda path: path.write_bytes(bytes(path.stat().st_size)), "is not what this job wrote"),
    "its end zeroed": (lambda path: path.write_bytes(path.read_bytes()[:-100] + bytes(100)), "is not what"),
    "its end another's": (lambda path: path.write_bytes(path.read_bytes()[:-9] + b'"other"}\n'), "is not what"),
}


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ended")
    with Server() as server:
        done = Crawls(folder).run("user_graph", *JOB, settings=server.settings, user=USERS)
    assert done.code == 0, done.log
    shutil.copy(folder / "all.jsonl", folder / "kept")
    return folder


def once_more(ended: Path) -> Crawl:
    """The same command, in this process."""
    output = {str(ended / "all.jsonl"): {"format": "jsonlines"}}
    return crawl("user_graph", ended, settings={"FEEDS": output, "JOBDIR": str(ended / "job")}, user=USERS)


@pytest.mark.parametrize("case", AFTERWARDS)
def test_a_job_that_has_ended_looks_at_its_output_again(ended: Path, case: str) -> None:
    change, says = AFTERWARDS[case]
    output = ended / "all.jsonl"
    shutil.copy(ended / "kept", output)
    change(output)
    refused = once_more(ended)

    assert refused.code == 2
    (line,) = refused.log.splitlines()
    assert str(output) in line
    assert says in line

    shutil.copy(ended / "kept", output)
    assert once_more(ended).code == 0


def test_what_others_have_added_since_does_not_matter_to_it(ended: Path) -> None:
    with (ended / "all.jsonl").open("a") as file:
        file.write('{"kind": "other"}\n')
    found = Crawls(ended).run("user_graph", *JOB, user=USERS)
    shutil.copy(ended / "kept", ended / "all.jsonl")

    assert found.code == 0
    assert "This job has ended already (finished)" in found.log


def doctor(ended: Path) -> tuple[int | None, str]:
    process = Crawls(ended).command("doctor", "job")
    return process.code, process.printed


def test_the_doctor_reads_all_of_it(ended: Path) -> None:
    output = ended / "all.jsonl"
    shutil.copy(ended / "kept", output)
    code, said = doctor(ended)
    assert code == 0, said
    assert f"{output}, {output.stat().st_size:,} bytes, as the job wrote them" in said

    whole = output.read_bytes()
    output.write_bytes(whole[:200] + bytes(50) + whole[250:])
    code, said = doctor(ended)
    shutil.copy(ended / "kept", output)
    assert code == 1
    assert f"{output} is not what the job wrote: its checksum is another" in said
