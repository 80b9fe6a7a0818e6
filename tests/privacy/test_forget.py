"""`forget`: whom it takes out is in no byte that is left, and a crawl that was stopped goes on exactly."""

from __future__ import annotations

import bz2
import csv
import gzip
import json
import lzma
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.dataset.forget import forget
from sc_spiders.errors import ArgumentError, InputError
from sc_spiders.frontier.directory import STORE
from sc_spiders.frontier.forget import ForgettingJob
from sc_spiders.frontier.sqlite import Store
from sc_spiders.records import People
from sc_spiders.sandbox import Sandbox

from ..dataset.run import Runner
from ..support.crawl import Crawl, Crawls, crawl
from ..support.points import KillAt
from .test_never import by_address, by_id
from .test_pseudonyms import told
from .world import of_user

ME = "soundcloud:users:1"
INCLUDE = "profile,followings,likes,playlists,tracks,comments"


@pytest.fixture(scope="module")
def crawled(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with crawls in several forms, which tests copy."""
    folder = tmp_path_factory.mktemp("crawled")
    crawls = Crawls(folder)
    for settings in ({"SC_RAW": "1"}, {"SC_FORMAT": "csv"}):
        assert crawls.run("user", sandbox=sandbox, settings=settings, user="forss", include=INCLUDE).code == 0
    one, other = sorted((folder / "output" / "user").iterdir())
    one.rename(folder / "lines")
    other.rename(folder / "csv")
    assert crawls.command("export", "lines", "gexf", "-o", "lines/graph.gexf").code == 0
    assert crawls.command("merge", "lines", "-o", "merged.jsonl").code == 0
    shutil.rmtree(folder / "output")
    return folder


@pytest.fixture
def place(crawled: Path, tmp_path: Path) -> Path:
    shutil.copytree(crawled, tmp_path, dirs_exist_ok=True)
    return tmp_path


def bytes_of(folder: Path) -> str:
    files = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in files)


@pytest.mark.parametrize("form", [by_id, by_address])
@pytest.mark.parametrize("output", ["lines", "csv", "merged.jsonl"])
def test_nothing_of_them_is_left(
    scrapy: Runner, place: Path, sandbox: Sandbox, shy: int, form: Any, output: str
) -> None:
    theirs = of_user(sandbox.world, shy)
    assert told(theirs, bytes_of(place / output))
    (place / "never").write_text(form(sandbox, shy))
    done = scrapy("forget", output, "never")

    assert done.code == 0
    assert told(theirs, bytes_of(place / output)) == set()
    assert told(theirs, done.printed) == set()
    assert re.search(r"[0-9,]+ edges?.* taken out", done.printed)
    assert not [path for path in place.rglob(".*") if path.suffix == ".forgetting"]


@pytest.mark.parametrize("lost", [1, 5, 20])
def test_a_partial_last_line_is_not_left(tmp_path: Path, lost: int) -> None:
    """The cut row may be about somebody on the list, and the rest of it no longer tells."""
    rows = [f"user,{number},soundcloud:users:{number},name-{number}\r\n" for number in (1, 2, 183)]
    file = tmp_path / "user.csv"
    file.write_bytes("".join(["kind,id,urn,permalink\r\n", *rows]).encode()[:-lost])
    list(forget(tmp_path, People(["soundcloud:users:1"], []), None))

    assert file.read_text().split() == ["kind,id,urn,permalink", rows[1].strip()]


def test_it_leaves_what_a_crawl_without_them_had_written(
    scrapy: Runner,
    place: Path,
    sandbox: Sandbox,
    shy: int,
) -> None:
    (place / "never").write_text(by_id(sandbox, shy))
    assert scrapy("forget", "lines", "never").code == 0
    settings = {"SC_NEVER": "never", "SC_RAW": "1"}
    crawl = Crawls(place).run("user", sandbox=sandbox, settings=settings, user="forss", include=INCLUDE)

    for kind in ("user", "track", "playlist", "comment", "edge", "listing", "crawl"):
        assert _of(place / "lines", kind) == _of(crawl.folder, kind), kind


def _of(folder: Path, kind: str) -> list[str]:
    """The records of a kind without what differs from crawl to crawl.

    Whether a node was written in part before it was written in full depends on which list came first.
    """
    rows = [json.loads(line) for line in (folder / f"{kind}.jsonl").read_bytes().splitlines()]
    full = {row["urn"] for row in rows if row.get("partial") is False}
    rows = [row for row in rows if not (row.get("partial") and row["urn"] in full)]
    for row in rows:
        for name in [name for name in row if name.endswith("_at") or name in ("counts", "known_until")]:
            if name != "created_at":
                del row[name]
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def test_the_data_set_stays_complete_and_exports_are_told(
    scrapy: Runner, place: Path, sandbox: Sandbox, shy: int
) -> None:
    (place / "never").write_text(by_id(sandbox, shy))
    done = scrapy("forget", "lines", "never")

    assert "lines/graph.gexf: deleted; it can be made again" in done.printed
    assert not (place / "lines" / "graph.gexf").exists()
    merged = scrapy("merge", "lines", "-o", "again.jsonl")
    assert merged.code == 0
    assert "listings are complete" in merged.printed


def test_a_second_time_it_finds_nothing(scrapy: Runner, place: Path, sandbox: Sandbox, shy: int) -> None:
    (place / "never").write_text(by_id(sandbox, shy))
    assert scrapy("forget", "lines", "never").code == 0
    before = {path: path.read_bytes() for path in (place / "lines").rglob("*") if path.is_file()}
    again = scrapy("forget", "lines", "never")

    assert again.code == 0
    assert "lines: nothing taken out" in again.printed
    assert {path: path.read_bytes() for path in (place / "lines").rglob("*") if path.is_file()} == before


@pytest.fixture(scope="module")
def without_them(sandbox: Sandbox, shy: int, tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    """A crawl that never knew them."""
    folder = tmp_path_factory.mktemp("without")
    never = folder.with_suffix(".never")
    never.write_text(by_id(sandbox, shy))
    settings = {"SC_NEVER": never, "SC_PAGE_SIZE": "5"}
    return crawl("user", folder, sandbox=sandbox, settings=settings, user="forss", include=INCLUDE)


@pytest.mark.parametrize("point", ["", "forget.before", "forget.after"])
def test_a_crawl_goes_on_and_never_writes_about_them_again(
    scrapy: Runner,
    sandbox: Sandbox,
    shy: int,
    without_them: Crawl,
    tmp_path: Path,
    point: str,
) -> None:
    given: dict[str, Any] = {"user": "forss", "include": INCLUDE, "sandbox": sandbox}
    settings = {"JOBDIR": str(tmp_path / "job"), "SC_PAGE_SIZE": "5"}
    stopped = crawl("user", tmp_path, settings={**settings, "CLOSESPIDER_ITEMCOUNT": 60}, **given)
    assert stopped.code == 3
    theirs = of_user(sandbox.world, shy)
    (tmp_path / "never").write_text(by_id(sandbox, shy))
    words = ["forget", "out.jsonl", "never", "--job", "job"]
    if point:
        assert Crawls(tmp_path).command(*words, inside=KillAt(point)).code == -signal.SIGKILL
    done = scrapy(*words)
    assert done.code == 0
    assert told(theirs, bytes_of(tmp_path)) <= {str(shy)}  # which the list has
    (tmp_path / "never").rename(tmp_path.with_suffix(".never"))
    assert told(theirs, bytes_of(tmp_path)) == set()

    found = crawl("user", tmp_path, settings=settings, **given)
    assert found.code == 0
    assert told(theirs, found.files["out"].decode()) == set()
    assert found.triples == without_them.triples
    assert found.urns() == without_them.urns()


@pytest.mark.parametrize("job", [".job", "jobs/1"])
def test_what_is_not_an_export_stays(scrapy: Runner, sandbox: Sandbox, shy: int, tmp_path: Path, job: str) -> None:
    """A job directory in the folder: the crawl goes on. A page and a table of the user's own: they are named."""
    folder = tmp_path / "crawl"
    folder.mkdir()
    settings = {"JOBDIR": str(folder / job), "SC_PAGE_SIZE": "5"}
    given: dict[str, Any] = {"user": "forss", "include": INCLUDE, "sandbox": sandbox}
    assert crawl("user", folder, settings={**settings, "CLOSESPIDER_ITEMCOUNT": 60}, **given).code == 3
    (tmp_path / "never").write_text(by_id(sandbox, shy))
    own = [folder / name for name in ("notes.html", "thesis.xlsx", "sub/mine.parquet", "shop.sqlite")]
    (folder / "sub").mkdir()
    for path in own:
        path.write_text("mine")
    done = scrapy("forget", "crawl", "never", "--job", f"crawl/{job}")

    assert done.code == 1
    assert [path.read_text() for path in own] == ["mine"] * len(own)
    assert all(f"crawl/{path.relative_to(folder)}: not searched" in done.printed for path in own)
    assert crawl("user", folder, settings=settings, **given).code == 0
    rows = [json.loads(line) for line in (folder / "out.jsonl").read_bytes().splitlines()]
    assert len([row for row in rows if row["kind"] == "crawl"]) == 1
    assert told(of_user(sandbox.world, shy), (folder / "out.jsonl").read_text()) == set()


PACKED: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    ".gz": (gzip.compress, gzip.decompress),
    ".bz2": (bz2.compress, bz2.decompress),
    ".xz": (lzma.compress, lzma.decompress),
}


def test_packed_files_are_searched(scrapy: Runner, place: Path, sandbox: Sandbox, shy: int) -> None:
    (place / "never").write_text(by_id(sandbox, shy))
    before = (place / "merged.jsonl").read_bytes()
    assert scrapy("forget", "merged.jsonl", "never").code == 0
    for suffix, (pack, unpack) in PACKED.items():
        packed = place / suffix / f"out.jsonl{suffix}"
        packed.parent.mkdir()
        packed.write_bytes(pack(before))
        assert scrapy("forget", packed.parent, "never").code == 0
        assert unpack(packed.read_bytes()) == (place / "merged.jsonl").read_bytes()

        packed.write_bytes(packed.read_bytes()[:-20])
        done = scrapy("forget", packed.parent, "never")
        assert (done.code, "cannot be unpacked to its end" in done.printed) == (2, True)


def test_pseudonyms_are_found_by_their_key(scrapy: Runner, sandbox: Sandbox, shy: int, tmp_path: Path) -> None:
    crawls = Crawls(tmp_path)
    settings = {"SC_PSEUDONYMS": "key"}
    done = crawls.run("user", sandbox=sandbox, settings=settings, user="forss", include="followings")
    (tmp_path / "never").write_text(by_id(sandbox, shy))
    before = len(done.records("user"))

    refused = scrapy("forget", str(done.folder), "never")
    assert refused.code == 2
    assert "has pseudonyms; name their key with --pseudonyms" in refused.printed
    assert scrapy("forget", str(done.folder), "never", "--pseudonyms", "key").code == 0
    assert len((done.folder / "user.jsonl").read_bytes().splitlines()) == before - 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lines"], "forget takes an output"),
        (["nothing", "never"], "nothing: no such file or folder"),
        (["lines", "nobody"], "the list nobody cannot be read"),
        (["lines", "blank"], "forget: blank: names nothing; it takes ids of users, URNs and addresses, one a line"),
        (["lines", "never", "--job", "none"], "none: no such folder"),
        (["empty", "never"], "empty: holds no records"),
        (["broken.jsonl", "never"], "broken.jsonl, line 2: no record"),
    ],
)
def test_bad_input_is_one_line(scrapy: Runner, place: Path, words: list[str], message: str) -> None:
    (place / "never").write_text("183")
    (place / "blank").write_text("# nobody yet\n")
    (place / "empty").mkdir()
    (place / "broken.jsonl").write_text('{"kind":"user"}\nnonsense\n{"kind":"user"}\n')
    done = scrapy("forget", *words)

    assert done.code == 2
    assert message in done.printed
    assert "Traceback" not in done.printed


@pytest.mark.parametrize("content", ['[{"kind":"user"}]', "one line of another program", "183"])
def test_a_file_of_another_kind_is_left_as_it_is(tmp_path: Path, content: str) -> None:
    """Without a line end, it was taken for a partial line, and emptied."""
    file = tmp_path / "data.jsonl"
    file.write_text(content)
    with pytest.raises(InputError, match="line 1: no record"):
        list(forget(file, People([ME], []), None))
    assert file.read_text() == content


def test_records_of_other_kinds_are_searched(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    other = '{"kind":"planet","owner":{"urn":"soundcloud:users:11"}}\n'
    file.write_text(other.replace(":11", ":1") + other)

    assert list(forget(file, People([ME], []), None)) == [f"{file}: 1 planet taken out"]
    assert file.read_text() == other


def test_odd_records_are_kept_and_a_partial_line_is_told(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    kept = ['{"kind":"user","urn":"soundcloud:users:2","username":"\\ud800"}', '{"kind":"crawl","counts":{"user":"x"}}']
    kept[1] = kept[1].replace("}}", '},"started_at":"2026-01-01","finished_at":"2026-01-02"}')
    file.write_text("\n".join([kept[0], json.dumps({"kind": "user", "urn": ME}), kept[1], '{"kind":"us']))

    assert list(forget(file, People([ME], []), None)) == [f"{file}: 1 partial line, 1 user taken out"]
    assert file.read_text() == "".join(f"{line}\n" for line in kept)


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (None, "is no job directory"),
        (b"nonsense" * 1000, "is damaged .file is not a database."),
        ({"identity": {"spider": "user"}, "format": 3}, "was made by another version of sc_spiders .an older one"),
    ],
)
def test_a_job_that_cannot_be_changed_is_named(tmp_path: Path, job: Any, message: str) -> None:
    if isinstance(job, dict):
        store = Store(tmp_path / STORE, has_locks=True)
        store.create()
        store.commit([], [], job)
        store.close()
    elif job:
        (tmp_path / STORE).write_bytes(job)
    with pytest.raises(ArgumentError, match=message):
        ForgettingJob(tmp_path)


def test_a_row_of_csv_may_be_long(tmp_path: Path) -> None:
    csv.field_size_limit(131_072)  # Python's own: other tests may have raised it
    long = "x" * 200_000
    (tmp_path / "user.csv").write_text(f"kind,urn,id,description\nuser,{ME},1,a\nuser,soundcloud:users:2,2,{long}\n")
    list(forget(tmp_path, People({ME}, ()), None))
    assert (tmp_path / "user.csv").read_text() == f"kind,urn,id,description\nuser,soundcloud:users:2,2,{long}\n"


@pytest.mark.parametrize("row", [b"user,caf\xe9,1\n", b"user,a,1,more\n", b'user,"a"b,1\n', b"user,a\n"])
def test_a_row_that_is_no_csv_is_named_and_nothing_is_lost(tmp_path: Path, row: bytes) -> None:
    before = b"kind,urn,id\nuser,soundcloud:users:1,1\n" + row
    (tmp_path / "user.csv").write_bytes(before)
    with pytest.raises(InputError, match=r"user\.csv, line 3: no record"):
        list(forget(tmp_path, People({ME}, ()), None))
    assert (tmp_path / "user.csv").read_bytes() == before


def test_whom_a_stop_has_left_is_found_by_the_same_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list names somebody by address. Only one of the files tells which URN that is."""
    texts = {
        "a/user.jsonl": {"kind": "user", "urn": ME, "id": 1, "permalink": "shy"},
        "b/edge.jsonl": {"kind": "edge", "relation": "follows", "source": "soundcloud:users:2", "target": ME},
    }
    for name, row in texts.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(json.dumps(row) + "\n")

    def stop(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("sc_spiders.dataset.forget.sync_name", stop)
        with pytest.raises(KeyboardInterrupt):
            list(forget(tmp_path, People((), ["shy"]), None))
    list(forget(tmp_path, People((), ["shy"]), None))
    assert ME not in bytes_of(tmp_path)
