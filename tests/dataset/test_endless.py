"""A pipe, a device, a line of gigabytes: one message, exit code 2, quickly and with little memory."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.crawl import Crawls

from . import make
from .run import Runner

LARGE = 128 << 20  # bytes: twice as many as a record may have
HUGE = 3 << 30  # bytes of a sparse file, which takes no room on the disk
MEMORY = 2 << 30  # bytes of address space that a process may use


def pipe(file: Path) -> None:
    os.mkfifo(file)


def device(file: Path) -> None:
    file.symlink_to("/dev/zero")


def one_line(file: Path) -> None:
    file.write_bytes(b"")
    os.truncate(file, HUGE)


def last_line(file: Path) -> None:
    """Good records, then zeros: a disk may leave this after a power cut."""
    if file.suffix == ".csv":
        make.write_folder(file.parent, [make.user(1)], "csv")
    else:
        make.write(file, [make.user(1)])
    os.truncate(file, HUGE)


def one_cell(file: Path) -> None:
    """Many lines within a cell that never ends."""
    make.write_folder(file.parent, [make.user(1)], "csv")
    with file.open("ab") as text:
        text.write(b'"' + (b"x" * 998 + b"\r\n") * 70_000)  # 67 MiB


Make = Callable[[Path], None]
COMMANDS = [("merge", "-o", "out.jsonl"), ("report", "-o", "out.html"), ("export", "sqlite", "-o", "out.sqlite")]


def words(command: tuple[str, ...], given: Path, folder: Path) -> list[str]:
    name, *options, flag, output = command
    return [name, str(given), *options, flag, str(folder / output)]


ENDLESS = [pipe, device, one_line, last_line]
in_each_form = pytest.mark.parametrize("name", ["user.jsonl", "user.csv"])


# All commands find the files of a data set, and read them, by the same functions.
@pytest.mark.parametrize(
    ("endless", "command", "name"),
    [
        *((endless, COMMANDS[0], name) for endless in ENDLESS for name in ("user.jsonl", "user.csv")),
        (last_line, COMMANDS[1], "user.csv"),
        (last_line, COMMANDS[2], "user.jsonl"),
    ],
)
def test_commands_refuse_it(tmp_path: Path, scrapy: Runner, command: tuple[str, ...], name: str, endless: Make) -> None:
    (tmp_path / "crawl").mkdir()
    file = tmp_path / "crawl" / name
    endless(file)
    check_refused(scrapy, command, file, file)


@in_each_form
@pytest.mark.parametrize("endless", ENDLESS)
def test_one_refuses_it_in_a_folder(tmp_path: Path, scrapy: Runner, name: str, endless: Make) -> None:
    folder = tmp_path / "crawl"
    folder.mkdir()
    endless(folder / name)
    check_refused(scrapy, COMMANDS[0], folder, folder / name)


def check_refused(scrapy: Runner, command: tuple[str, ...], given: Path, file: Path) -> None:
    """The command refuses what it is given because of that file, and leaves nothing behind."""
    beside = file.parents[1]
    result = scrapy(*words(command, given, beside))

    assert result.code == 2
    (line,) = result.err.splitlines()
    assert line.startswith(f"{command[0]}: {file}")
    assert "regular file" in line or "64 MiB" in line
    assert [path.name for path in beside.iterdir()] == ["crawl"]


def test_so_is_a_cell_without_end(tmp_path: Path, scrapy: Runner) -> None:
    one_cell(tmp_path / "user.csv")
    result = scrapy("merge", tmp_path / "user.csv", "-o", tmp_path / "out.jsonl")
    assert result.code == 2
    assert "64 MiB" in result.err


def test_what_was_rejected_is_read_no_further_either(tmp_path: Path, scrapy: Runner) -> None:
    make.write_folder(tmp_path / "crawl", [make.user(1)])
    one_line(tmp_path / "crawl" / "rejected.jsonl")
    result = scrapy("report", tmp_path / "crawl", "-o", tmp_path / "out.html")
    assert result.code == 2
    assert f"{tmp_path / 'crawl' / 'rejected.jsonl'}, line 1: a record has more than 64 MiB" in result.err


@pytest.mark.parametrize("name", ["user.jsonl", "user.csv"])
def test_it_takes_little_memory(crawls: Crawls, name: str) -> None:
    last_line(crawls.folder / name)
    done = crawls.command("merge", name, "-o", "out.jsonl", inside=_with_little_memory)
    assert done.code == 2, done.printed
    assert len(done.err.splitlines()) == 1


def _with_little_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


@pytest.mark.parametrize("endless", [pipe, device, one_line], ids=lambda make: make.__name__)
def test_since_last_does_not_read_it_in_an_old_output(crawls: Crawls, endless: Make) -> None:
    old = crawls.folder / "output" / "user" / "2020"
    old.mkdir(parents=True)
    endless(old / "crawl.jsonl")

    crawl = crawls.run("user", user="1", include="likes", since="last")

    assert crawl.code == 2
    (line,) = crawl.log.splitlines()
    assert "since=last: output/user/2020/crawl.jsonl" in line


@pytest.mark.parametrize("endless", [one_line, last_line], ids=lambda make: make.__name__)
def test_nothing_is_added_to_it(crawls: Crawls, endless: Make) -> None:
    endless(crawls.folder / "all.jsonl")
    os.truncate(crawls.folder / "all.jsonl", LARGE)  # it is searched for a crawl record, all of it
    crawl = crawls.run("user", "-o", "all.jsonl", user="1")
    assert crawl.code == 2
    (line,) = crawl.log.splitlines()
    assert "all.jsonl: what follows its last line end is too long to be a record" in line
    assert (crawls.folder / "all.jsonl").stat().st_size == LARGE


@pytest.mark.parametrize("endless", [pipe, device, one_line], ids=lambda make: make.__name__)
def test_seeds_are_not_read_from_it(crawls: Crawls, endless: Make) -> None:
    endless(crawls.folder / "seeds")
    crawl = crawls.run("user", user="@seeds")
    assert crawl.code == 2
    (line,) = crawl.log.splitlines()
    assert "cannot read the file 'seeds'" in line
