"""A command whose result cannot be written says so in one line, names what was asked for, and leaves nothing behind."""

from __future__ import annotations

import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from sc_spiders.dataset import OutputRefused
from sc_spiders.dataset.atomic import replacing, writing_to
from sc_spiders.export import FORMATS

from .make import follows, user, write
from .run import Runner

ROWS = [
    *(user(number, full_name=f"{number * 7919:x}") for number in range(1, 300)),
    *(follows(n, n + 1) for n in range(1, 9)),
]
WRITING = [
    *((("export", "a.jsonl", name, "-o"), f"out{one.suffix}") for name, one in FORMATS.items()),
    (("export", "a.jsonl", "parquet", "--partitioned", "-o"), "out.parquet"),
    (("merge", "a.jsonl", "-o"), "out.jsonl"),
    (("panel", "a.jsonl", "-o"), "out.csv"),
    (("report", "a.jsonl", "-o"), "out.html"),
    (("dehydrate", "a.jsonl", "-o"), "out.txt"),
]
COMPARING = [
    (("diff", "a.jsonl", "b.jsonl", "--changes"), "out.jsonl"),
    (("diff", "a.jsonl", "b.jsonl", "--changes"), "out.csv"),
    (("diff", "a.jsonl", "b.jsonl", "--html"), "out.html"),
]
NOWHERE = Path("/proc")  # nobody can write to it, not even root


@contextmanager
def small_files() -> Iterator[None]:
    """No file can grow beyond a few bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(("command", "output"), WRITING)
def test_no_room_is_told_in_one_line(tmp_path: Path, scrapy: Runner, command: tuple[str, ...], output: str) -> None:
    write(tmp_path / "a.jsonl", ROWS)
    (tmp_path / "to").mkdir()
    with small_files():
        result = scrapy(*command, f"to/{output}")
    reason = "disk I/O error" if output.endswith(".sqlite") else "File too large"
    assert (result.code, result.err) == (2, f"{command[0]}: to/{output} cannot be written: {reason}\n")
    assert list((tmp_path / "to").iterdir()) == []


@pytest.mark.parametrize("failing", ["sc_spiders.dataset.atomic.sync_tree", "pathlib.Path.rename"])
def test_an_older_folder_stays_if_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """Some file systems report a full disk only when a folder is renamed."""
    (tmp_path / "out.csv").mkdir()
    (tmp_path / "out.csv" / "old.csv").touch()
    rename = Path.rename

    def fail(path: Path, to: Path | None = None) -> None:
        if to is None or (path / "new.csv").exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        rename(path, to)

    monkeypatch.setattr(failing, fail)
    with pytest.raises(OutputRefused, match="No space left"), replacing(tmp_path / "out.csv", ".csv") as new:
        (new / "new.csv").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["out.csv", "old.csv"]


@pytest.mark.skipif(not NOWHERE.is_dir(), reason="it is there on Linux")
@pytest.mark.parametrize(("command", "output"), [*WRITING, *COMPARING])
def test_no_temporary_name_is_told(tmp_path: Path, scrapy: Runner, command: tuple[str, ...], output: str) -> None:
    write(tmp_path / "a.jsonl", ROWS[:3])
    write(tmp_path / "b.jsonl", ROWS[:2])
    result = scrapy(*command, NOWHERE / output)
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert result.err.startswith((f"{command[0]}: /proc: no temporary", f"{command[0]}: /proc/{output} cannot be writ"))
    assert "/." not in result.err


def test_forget_names_the_file_that_cannot_be_written(tmp_path: Path, scrapy: Runner) -> None:
    file = write(tmp_path / "a.jsonl", ROWS)
    before = file.read_bytes()
    (tmp_path / "never.txt").write_text("soundcloud:users:7\n")
    with small_files():
        result = scrapy("forget", "a.jsonl", "never.txt")
    assert (result.code, result.err) == (2, "forget: a.jsonl cannot be written: File too large\n")
    assert file.read_bytes() == before
    assert {one.name for one in tmp_path.iterdir()} == {"a.jsonl", "never.txt"}


ASYNC = (
    'Async write failed for range [offset=0]: {"exception_type":"IO","exception_message":"Could not write file '
    '\\"/x/.out-ab/out.csv\\": No space left on device","errno":"28"}'
)
SPILLED = (
    "failed to offload data block (0 bytes/0 bytes used).\nThis limit was set by the 'max_temp_directory_size' setting."
)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (ASYNC, "No space left on device"),
        (SPILLED, "No space left on device"),
        ('Odd: {"exception_type":"IO","exception_message":"the disk is odd"}', "the disk is odd"),
        ("Odd: the disk is odd", "Odd: the disk is odd"),
    ],
)
def test_errors_of_duckdb_are_told_as_those_of_the_machine(message: str, told: str) -> None:
    with pytest.raises(OutputRefused) as raised, writing_to(Path("out.csv")):
        raise duckdb.IOException(message)
    assert str(raised.value) == f"out.csv cannot be written: {told}"
