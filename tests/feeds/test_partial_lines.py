"""Appending to the files of a killed crawl: no record is appended to a partial line."""

import json

import pytest

from sc_spiders.records import FIELDS
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls

CUT = "ended in the middle of a line"


def test_a_line_that_was_cut_off_is_not_glued_to_the_next(crawls: Crawls, sandbox: Sandbox) -> None:
    out = crawls.folder / "out.jsonl"
    crawls.run("user", "-o", "out.jsonl", sandbox=sandbox, user=183)
    whole = out.read_bytes()
    (crawls.folder / "out.rejected.jsonl").write_bytes(b'{"kind": "us')
    out.write_bytes(whole[:-20])

    crawl = crawls.run("user", "-o", "out.jsonl", sandbox=sandbox, warned=True, user=183)
    assert crawl.code == 0
    assert crawl.log.count(CUT) == 2
    kept = whole[: whole[:-1].rindex(b"\n") + 1]
    assert out.read_bytes().startswith(kept)
    assert [json.loads(line)["kind"] for line in out.read_bytes().splitlines()] == ["user", "user", "crawl"]
    assert not (crawls.folder / "out.rejected.jsonl").exists()  # nothing is left in it


def test_a_line_that_only_lacks_its_end_is_kept(crawls: Crawls, sandbox: Sandbox) -> None:
    out = crawls.folder / "out.jsonl"
    crawls.run("user", "-o", "out.jsonl", sandbox=sandbox, user=183)
    out.write_bytes(out.read_bytes()[:-1])

    crawl = crawls.run("user", "-o", "out.jsonl", sandbox=sandbox, user=183)
    assert CUT not in crawl.log
    assert [json.loads(line)["kind"] for line in out.read_bytes().splitlines()] == ["user", "crawl"] * 2


HEAD = f"{','.join(FIELDS['user'])}\r\n".encode()


@pytest.mark.parametrize("text", [HEAD + b'1,"2\r\n', HEAD + b"1,2,"])
def test_csv(text: bytes, crawls: Crawls, sandbox: Sandbox) -> None:
    out = crawls.folder / "out.csv"
    out.write_bytes(text)
    crawl = crawls.run("user", "-o", "out.csv", "-s", "SC_KINDS=user", sandbox=sandbox, warned=True, user=183)
    assert CUT in crawl.log
    head = text[: text.rindex(b"1,")]
    assert out.read_bytes().startswith(head)
    assert b"\n" in out.read_bytes()[len(head) :]


def test_a_csv_file_with_other_columns_is_refused(crawls: Crawls, sandbox: Sandbox) -> None:
    out = crawls.folder / "out.csv"
    out.write_bytes(b"a,b\r\n1,2\r\n")
    crawl = crawls.run("user", "-o", "out.csv", "-s", "SC_KINDS=user", sandbox=sandbox, user=183)

    assert crawl.code == 2
    (line,) = crawl.log.splitlines()
    assert "out.csv: has no columns for " in line
    assert out.read_bytes() == b"a,b\r\n1,2\r\n"
