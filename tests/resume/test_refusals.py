"""Job directories and outputs that a crawl must not resume: one message, exit code 2, no file changed."""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.feeds.test_outputs import NO_OUTPUTS
from tests.support.crawl import Crawls, crawl
from tests.support.server import RESET, Server

DOCS = Path(__file__).parents[2] / "docs" / "refused.md"
OPTIONS = ("-s", "JOBDIR=job", "-o", "all.jsonl", "-s", "SC_ATTEMPTS=2", "-s", "FAULTS_FIRST_WAIT=0.01")
GZIP = "scrapy.extensions.postprocessing.GzipPlugin"
GOOD: dict[str, Any] = {"user": "1", "relations": "followings"}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a job that ended blocked, so it can be resumed."""
    folder = tmp_path_factory.mktemp("stopped")
    with Server(lambda path, turn: b"HTTP/1.1 403 No\r\n\r\n<html>" if "#2" in path else None) as server:
        done = Crawls(folder).run("user_graph", *OPTIONS, settings=server.settings, **GOOD)
        assert done.code == 1, done.log
    return folder


def query(job: Path, sql: str, *values: bytes) -> None:
    with sqlite3.connect(job / "frontier.sqlite") as db:
        db.execute(sql, values)
    db.close()


def another_format(job: Path) -> None:
    query(job, "UPDATE meta SET value = '0' WHERE name = 'format'")


def remembers(**values: str) -> Callable[[Path], None]:
    """Put these values (JSON) into the job's store."""

    def spoil(job: Path) -> None:
        for name, value in values.items():
            query(job, f"UPDATE meta SET value = ? WHERE name = '{name}'", value.encode())

    return spoil


def listings(data: str, project: str = "") -> Callable[[Path], None]:
    """Replace all listings of the job by that. `project`: the version that began the job."""

    def spoil(job: Path) -> None:
        query(job, "UPDATE listings SET data = ?", data.encode())
        if project:
            remembers(project=f'"{project}"')(job)

    return spoil


def no_table(job: Path) -> None:
    query(job, "DROP TABLE wanted")


def no_outputs(job: Path) -> None:
    query(job, "DELETE FROM meta WHERE name = 'outputs'")


def scrapys_own(job: Path) -> None:
    shutil.rmtree(job)
    (job / "requests.queue").mkdir(parents=True)
    (job / "requests.seen").touch()


def other_things(job: Path) -> None:
    shutil.rmtree(job)
    job.mkdir()
    (job / "thesis.tex").write_text("Chapter 1")


def a_file(job: Path) -> None:
    shutil.rmtree(job)
    job.write_text("no directory")


def no_database(job: Path) -> None:
    (job / "frontier.sqlite").write_bytes(b"zeros?" * 1000)


def torn_pages(job: Path) -> None:
    with (job / "frontier.sqlite").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 8192)


def no_store(job: Path) -> None:
    (job / "frontier.sqlite").unlink()


def garbled_log(job: Path) -> None:
    log = job / "seen.log"
    log.write_bytes(b"\xff" * log.stat().st_size)


def short_log(job: Path) -> None:
    (job / "seen.log").write_bytes(b"")


def gone_output(job: Path) -> None:
    (job.parent / "all.jsonl").unlink()


def short_output(job: Path) -> None:
    (job.parent / "all.jsonl").write_text("")


def grown_output(job: Path) -> None:
    with (job.parent / "all.jsonl").open("a") as file:
        file.write("{}\n")


def shortened_output(job: Path) -> None:
    """Remove one of the closing records, which are behind the acknowledged part."""
    path = job.parent / "all.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def zeroed_output(job: Path) -> None:
    """Some file systems leave a file like this after a power cut."""
    path = job.parent / "all.jsonl"
    with closing(sqlite3.connect(job / "frontier.sqlite")) as db:
        ((outputs,),) = db.execute("SELECT value FROM meta WHERE name = 'outputs'")
    length = json.loads(outputs)[str(path)]
    remembers(left="null")(job)
    path.write_bytes(path.read_bytes()[: length - 40] + bytes(40))


def flipped_bit(job: Path) -> None:
    log = job / "seen.log"
    data = bytearray(log.read_bytes())
    data[-1] ^= 1
    log.write_bytes(data)


def nothing(job: Path) -> None:
    pass


# What happens to the job, other options, other arguments, the message.
REFUSED: dict[str, tuple[Callable[[Path], None], tuple[str, ...], dict[str, str], str]] = {
    "another spider": (nothing, (), {"spider": "user", "relations": ""}, "holds another crawl: its spider is"),
    "other arguments": (nothing, (), {"user": "2"}, "holds another crawl: its argument 'user' is '1', this one's '2'"),
    "another API": (nothing, ("-s", "SC_API=public"), {}, "holds another crawl: its api is"),
    "another format": (another_format, (), {}, "was made by another version of sc_spiders"),
    "an endpoint nobody knows": (
        listings('{"endpoint":"nosuch","subject":null,"url":"/x"}', "0.0.9"), (), {},
        "was made by another version of sc_spiders (0.0.9, this is"
    ),
    "a field nobody knows": (
        listings('{"endpoint":"followings","subject":null,"url":"/x","mood":1}', "0.0.9"), (), {},
        "was made by another version of sc_spiders (0.0.9, this is"
    ),
    "listings that are none": (listings("[]"), (), {}, "is damaged"),
    "listings that are no JSON": (listings("{"), (), {}, "is damaged"),
    "odd outputs": (remembers(outputs='"all.jsonl"'), (), {}, "is damaged (outputs is 'all.jsonl')"),
    "odd lengths": (remembers(outputs='{"all.jsonl": "long"}'), (), {}, "is damaged (outputs is"),
    "odd counts": (remembers(counts="[1]"), (), {}, "is damaged (counts is [1])"),
    "odd identity": (remembers(identity="5"), (), {}, "is damaged"),
    "no table": (no_table, (), {}, "is damaged (no such table: wanted)"),
    "no outputs": (no_outputs, (), {}, "is damaged (outputs is None)"),
    "scrapy's own": (scrapys_own, (), {}, "was written by Scrapy's own scheduler"),
    "other things": (other_things, (), {}, "holds other things"),
    "a file": (a_file, (), {}, "cannot be made"),
    "no database": (no_database, (), {}, "is damaged"),
    "torn pages": (torn_pages, (), {}, "is damaged"),
    "no store": (no_store, (), {}, "is damaged"),
    "garbled log": (garbled_log, (), {}, "is damaged"),
    "short log": (short_log, (), {}, "is damaged"),
    "another output": (nothing, ("-o", "more.jsonl"), {}, "this job writes to"),
    "output gone": (gone_output, (), {}, "were acknowledged: it was moved or changed since"),
    "output short": (short_output, (), {}, "were acknowledged: it was moved or changed since"),
    "output grown": (grown_output, (), {}, "has been changed since this job stopped"),
    "output shortened": (shortened_output, (), {}, "has been changed since this job stopped"),
    "output zeroed": (zeroed_output, (), {}, "is not what this job wrote"),
    "flipped bit": (flipped_bit, (), {}, "is damaged"),
    "other kinds": (nothing, ("-s", "SC_KINDS=edge"), {}, "its SC_KINDS is 'all', this one's 'edge'"),
    "raw objects too": (nothing, ("-s", "SC_RAW=1"), {}, "its SC_RAW is '0', this one's '1'"),
    "another server": (nothing, ("-s", "SC_SANDBOX=1"), {}, "its server is '127.0.0.1', this one's 'sandbox of"),
    "compressed": (
        nothing, ("-s", f'FEEDS={{"a.gz": {{"postprocessing": ["{GZIP}"], "format": "jsonl"}}}}'), {},
        "does not go with postprocessing"
    ),
    "in batches": (
        nothing, ("-s", 'FEEDS={"a%(batch_id)d": {"batch_item_count": 9, "format": "jsonl"}}'), {},
        "does not go with batches"
    ),
    "no format of ours": (nothing, ("-o", "all.xml"), {}, "does not go with the format"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_in_a_line(stopped: Path, tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil, options, arguments, says = REFUSED[case]
    # The job finds its output by these paths.
    stopped.rename(tmp_path / "kept")
    shutil.copytree(tmp_path / "kept", stopped)
    monkeypatch.chdir(stopped)
    try:
        spoil(stopped / "job")
        before = contents(stopped)
        given: dict[str, Any] = {name: value for name, value in {**GOOD, **arguments}.items() if value}
        with Server() as server:
            settings = {**server.settings, "SC_OAUTH_TOKEN": "of-a-user", **settings_of(*OPTIONS, *options)}
            refused = crawl(given.pop("spider", "user_graph"), stopped, settings=settings, **given)
            assert not server.asked
        assert refused.code == 2, refused.log
        (line,) = refused.log.splitlines()
        assert says in line
        assert contents(stopped) == before
    finally:
        shutil.rmtree(stopped)
        (tmp_path / "kept").rename(stopped)


def settings_of(*options: str) -> dict[str, Any]:
    """What these options of a command line set."""
    given = dict(
        value.split("=", 1) for option, value in zip(options[::2], options[1::2], strict=True) if option == "-s"
    )
    names = [value for option, value in zip(options[::2], options[1::2], strict=True) if option == "-o"]
    feeds = {name: {"format": name.rpartition(".")[2]} for name in names}
    return {**given, "FEEDS": {**json.loads(given.get("FEEDS", "{}")), **feeds}}


def contents(folder: Path) -> dict[str, bytes]:
    """All files in the folder except the lock and SQLite's helpers."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in {"lock", "frontier.sqlite-shm", "frontier.sqlite-wal"}
    }


def test_an_argument_that_nobody_knew_then_had_its_default(stopped: Path, tmp_path: Path) -> None:
    stopped.rename(tmp_path / "kept")
    shutil.copytree(tmp_path / "kept", stopped)
    try:
        old = '{"spider": "user_graph", "api": "v2", "arguments": {"user": "1", "relations": "followings"}}'
        remembers(identity=old)(stopped / "job")
        with Server() as server:
            other = Crawls(stopped).run("user_graph", *OPTIONS, "-a", "depth=2", settings=server.settings, **GOOD)
            same = Crawls(stopped).run("user_graph", *OPTIONS, settings=server.settings, **GOOD)
    finally:
        shutil.rmtree(stopped)
        (tmp_path / "kept").rename(stopped)

    assert other.code == 2
    assert "its argument 'depth' is '1', this one's '2'" in other.log
    assert same.code == 0, same.log


def test_a_list_of_seeds_that_has_changed_is_refused(crawls: Crawls) -> None:
    seeds = crawls.folder / "seeds.txt"
    seeds.write_text("1\n")
    given = {**GOOD, "user": "@seeds.txt"}
    with Server() as server:
        first = crawls.run("user_graph", *OPTIONS, settings=server.settings, **given)
        seeds.write_text("# the same\n1\n")
        same = crawls.run("user_graph", *OPTIONS, settings=server.settings, **given)
        seeds.write_text("1\n2\n")
        other = crawls.run("user_graph", *OPTIONS, settings=server.settings, **given)

    assert (first.code, same.code, other.code) == (0, 0, 2), same.log
    assert "was begun with other seeds" in other.log


@pytest.mark.parametrize("output", [(), ("-o", "all.jsonl")], ids=["default", "one file"])
def test_a_job_that_was_moved_says_where_it_belongs(tmp_path: Path, output: tuple[str, ...]) -> None:
    options = ("-s", "JOBDIR=job", "-s", "CLOSESPIDER_PAGECOUNT=1", *output)
    (tmp_path / "a").mkdir()
    with Server() as server:
        Crawls(tmp_path / "a").run("user_graph", *options, settings=server.settings, **GOOD)
        (tmp_path / "a").rename(tmp_path / "b")
        moved = Crawls(tmp_path / "b").run("user_graph", *options, settings=server.settings, **GOOD)

    assert moved.code == 2
    (line,) = moved.log.splitlines()
    assert f"this job writes to {tmp_path / 'a'}" in line
    assert "start it in the folder where it was begun" in line


def test_a_finished_job_does_not_pass_for_one_that_has_another_output(crawls: Crawls) -> None:
    with Server() as server:
        first = crawls.run("user_graph", *OPTIONS, settings=server.settings, **GOOD)
        other = crawls.run("user_graph", *OPTIONS, "-o", "more.jsonl", settings=server.settings, **GOOD)

    assert (first.code, other.code) == (0, 2)
    assert "this job writes to" in other.log
    assert not (crawls.folder / "more.jsonl").exists()


def test_a_file_has_one_crawl_that_writes_to_it(crawls: Crawls) -> None:
    with (crawls.folder / "all.jsonl").open("w") as theirs, Server() as server:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        crawl = crawls.run("user_graph", *("-o", "all.jsonl"), settings=server.settings, **GOOD)
        assert not server.asked

    assert crawl.code == 2
    (line,) = crawl.log.splitlines()
    assert "another crawl writes to" in line


def test_a_job_in_use_is_refused(crawls: Crawls) -> None:
    (crawls.folder / "job").mkdir()
    with (crawls.folder / "job" / "lock").open("w") as theirs, Server() as server:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        crawl = crawls.run("user_graph", *OPTIONS, settings=server.settings, **GOOD)

    assert crawl.code == 2
    (line,) = crawl.log.splitlines()
    assert "another crawl is running in the job directory" in line


def test_the_docs_tell_them_all() -> None:
    told = re.findall(r"^\| .* \| `(.+)` \|$", DOCS.read_text().split("## Job directories")[1], re.M)
    said = ["another crawl is running in the job directory", "another crawl writes to", "was begun with other seeds"]
    said += ["start it in the folder where it was begun"]
    said += [says.partition(" (")[0] for *_, says in REFUSED.values()]
    said += [says.partition(" (")[0] for _, says in NO_OUTPUTS.values()]
    assert all(any(says in line for line in told) for says in said)
    assert all(any(line in says or says in line for says in said) for line in told)


def test_two_crawls_of_one_second_keep_apart(crawls: Crawls) -> None:
    with Server(lambda path, turn: RESET if turn == 1 else None) as server:
        haste = ("-s", "FAULTS_FIRST_WAIT=0.01")
        until = time.time() % 1
        time.sleep(1 - until)
        all_ = [crawls.start("user_graph", *haste, settings=server.settings, user="1") for _ in range(3)]
        assert [one.wait() for one in all_] == [0, 0, 0]

    folders = list((crawls.folder / "output" / "user_graph").iterdir())
    assert len(folders) == 3
    for folder in folders:
        (crawl,) = [json.loads(line) for line in (folder / "crawl.jsonl").read_text().splitlines()]
        assert crawl["counts"]["listing"] == 2
