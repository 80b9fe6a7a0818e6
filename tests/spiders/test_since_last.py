"""`since=last` brings the rows since each list's last complete walk. Lists without such a walk are walked whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.dataset import bookmarks as earlier
from sc_spiders.sandbox import Sandbox
from tests.dataset import make
from tests.support.crawl import Crawl, Crawls
from tests.support.patience import wait_for_next_second

WORLD = {"SC_SANDBOX": 1, "SC_SANDBOX_USERS": 300}
LIKES = {"user": "forss", "include": "likes"}
LIKER = "soundcloud:users:183"
NO_EARLIER = "there is no earlier crawl of the same (spider, arguments, API and its address)"


def update(crawls: Crawls, *options: str, spider: str = "user", **words: Any) -> Crawl:
    """A crawl with since=last, in a second of its own."""
    wait_for_next_second()
    settings = WORLD | {name: words.pop(name) for name in list(words) if name.startswith("SC_")}
    return crawls.run(spider, *options, settings=settings, warned=True, since="last", **(words or LIKES))


def kinds(file: Path) -> set[str]:
    return {json.loads(line)["kind"] for line in file.read_text(encoding="utf-8").splitlines()}


@pytest.mark.parametrize(
    ("spider", "words"),
    [
        ("user_graph", {"user": "forss", "relations": "likes"}),
        ("track", {"track": "forss/flickermood", "include": "comments"}),
    ],
    ids=["user_graph", "track"],
)
def test_an_update_brings_what_is_new(crawls: Crawls, spider: str, words: dict[str, str]) -> None:
    first = update(crawls, spider=spider, **words)
    second = update(crawls, "-O", "second.jsonl", spider=spider, **words)

    assert f"{NO_EARLIER} in output/{spider}" in first.log
    assert first.records("edge") or first.records("comment")
    assert f"complete lists in output/{spider}, whose last crawl began at {first.last['started_at']}: 1." in second.log
    assert f"nothing is appended to the output, so earlier crawls are read from output/{spider}" in second.log
    assert kinds(crawls.folder / "second.jsonl") - {"user"} == {"listing", "crawl"}


def test_what_one_crawl_could_not_get_the_next_does(crawls: Crawls) -> None:
    words = {"user": "forss", "include": "likes,tracks"}
    blocked = update(crawls, SC_SANDBOX_FAULTS="403datadome@/users/*/likes#1+", **words)
    crawl = update(crawls, **words)
    third = update(crawls, **words)

    assert blocked.code == 1
    assert crawl.code == third.code == 0
    assert {edge["relation"] for edge in crawl.records("edge")} == {"likes"}
    assert {row["endpoint"]: row["ended"] for row in crawl.records("listing")} == {
        "user_tracks": "limit",
        "user_likes": "end",
    }
    assert not third.records("edge")
    assert {row["ended"] for row in third.records("listing")} == {"limit"}


def test_csv_tells_of_earlier_crawls_too(crawls: Crawls) -> None:
    update(crawls, SC_FORMAT="csv")
    second = update(crawls, SC_FORMAT="csv")

    assert ": 1. Only their new rows are fetched" in second.log
    assert sorted(path.name for path in second.folder.iterdir()) == ["crawl.csv", "datapackage.json", "listing.csv"]


def test_so_does_the_file_that_is_added_to_and_no_other(crawls: Crawls) -> None:
    update(crawls)
    first = update(crawls, "-o", "all.jsonl")
    before = (crawls.folder / "all.jsonl").read_bytes()
    second = update(crawls, "-o", "all.jsonl")

    assert f"{NO_EARLIER} in all.jsonl" in first.log
    assert "complete lists in all.jsonl" in second.log
    added = (crawls.folder / "all.jsonl").read_bytes().removeprefix(before).splitlines()
    assert [json.loads(line)["kind"] for line in added] == ["listing", "crawl"]


def test_without_records_that_tell_the_next_is_warned_of(crawls: Crawls) -> None:
    update(crawls, SC_KINDS="edge")
    crawl = update(crawls, SC_KINDS="edge")

    assert "SC_KINDS leaves out crawl or listing records" in crawl.log
    assert NO_EARLIER in crawl.log
    assert crawl.records("edge")


def test_what_sc_kinds_left_out_is_fetched_by_the_next(crawls: Crawls) -> None:
    first = update(crawls, SC_KINDS="track,edge,listing,crawl")
    second = update(crawls)
    third = update(crawls)

    assert first.last["versions"]["kinds"] == "crawl,edge,listing,track"
    assert first.records("track")
    assert second.records("playlist")
    assert "kinds" not in second.last["versions"]
    assert not third.records("playlist")


def test_a_trial_elsewhere_is_no_earlier_crawl(crawls: Crawls, sandbox: Sandbox) -> None:
    trial = update(crawls)
    other = update(crawls, SC_SANDBOX_SEED=2)
    real = update(crawls, **(sandbox.urls | LIKES), SC_SANDBOX=0)
    again = update(crawls, **(sandbox.urls | LIKES), SC_SANDBOX=0)

    assert trial.last["versions"]["api"] == "sandbox of 300 users, seed 1"
    assert real.last["versions"]["api"] == sandbox.urls["SC_V2_URL"]
    for crawl in (other, real):
        assert crawl.records("edge")
        assert NO_EARLIER in crawl.log
    assert not again.records("edge")


def test_a_strange_file_is_passed_over(crawls: Crawls) -> None:
    folder = crawls.folder / "output/user/2020"
    folder.mkdir(parents=True)
    (folder / "crawl.jsonl").write_text("{}\n")
    crawl = update(crawls)

    assert crawl.code == 0
    assert "a file is ignored because it cannot be read: output/user/2020/crawl.jsonl, line 1" in crawl.log
    assert NO_EARLIER in crawl.log
    assert crawl.records("edge")


def test_a_crawl_that_cannot_be_begun_for_a_fault_of_ours_does_not_pass_for_one_that_is_through(crawls: Crawls) -> None:
    (crawls.folder / "broken.py").write_text(
        "from sc_spiders.spiders.user import UserSpider\n"
        "class Broken(UserSpider):\n"
        "    def seeds(self): raise KeyError('finish_reason')\n"
    )
    crawl = crawls.run(
        "user", "-s", "SPIDER_MODULES=broken", "-s", "JOBDIR=job", settings=WORLD, broken=True, user="forss"
    )
    whole = crawls.run("user", "-s", "JOBDIR=job", settings=WORLD, user="forss")

    assert crawl.code == 1
    assert "user: the crawl could not be begun; this is a bug in sc_spiders" in crawl.log
    assert "finished" not in crawl.log
    assert whole.code == 0
    assert whole.records("user")


# Which records count, tested with invented records.

THIS = {"spider": "user", "api": "v2", "arguments": {**LIKES, "since": "last"}, "versions": {"api": None}}
TOLD = ("user", "track", "playlist", "edge", "listing", "crawl")


def day(number: int, hour: int = 0) -> str:
    return f"2026-01-{number:02}T{hour:02}:00:00Z"


def a_crawl(number: int, since: str = "", words: dict[str, str] = LIKES, **fields: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"started_at": day(number), "finished_at": day(number, 9)}
    given["counts"] = {"edge": 1, "track": 1}
    return make.crawl("user", words | ({"since": since} if since else {}), **(given | fields))


def a_list(number: int, ended: str = "end", subject: str = LIKER, **fields: Any) -> dict[str, Any]:
    given = {"started_at": day(number, 1), "known_until": day(number, 1), "fetched_at": day(number, 2)}
    return make.listing("user_likes", subject, ended, **(given | fields))


def up_to(number: int, since: str, **fields: Any) -> dict[str, Any]:
    return a_list(number, "limit", error=f"since {since}", **fields)


def look(folder: Path, rows: Iterable[dict[str, Any]], *, stamp: int = 31) -> earlier.Bookmarks:
    """The bookmarks that a crawl on that day finds in a file with these records."""
    file = make.write(folder / "all.jsonl", rows)
    return earlier.look_back([str(file)], folder / "output", str(stamp), day(stamp), THIS, TOLD)


BACK_TO = {1: "2026-01-01T00:50:00Z", 2: "2026-01-02T00:50:00Z"}  # clocks may differ

COUNTS = {
    "it is complete": ([a_list(1), a_crawl(1)], 1),
    "the later one": ([a_list(1), a_crawl(1), a_list(2), a_crawl(2)], 2),
    "in whatever order": ([a_crawl(2), a_list(2), a_list(1), a_crawl(1)], 2),
    "a crawl that was stopped, of a list that was through": ([a_list(1), a_crawl(1, finish_reason="shutdown")], 1),
    "an update on top of it": ([a_list(1), a_crawl(1), up_to(2, BACK_TO[1]), a_crawl(2, "last")], 2),
    "an update that begins later": ([a_list(1), a_crawl(1), up_to(2, day(1, 5)), a_crawl(2, day(1, 5))], 1),
    "an update of nothing": ([up_to(2, day(1)), a_crawl(2, day(1))], 0),
    "an update with objects rejected": (
        [a_list(1), a_crawl(1), up_to(2, BACK_TO[1], rejected=1), a_crawl(2, "last")],
        1,
    ),
    "the next was blocked": ([a_list(1), a_crawl(1), a_list(2, "blocked"), a_crawl(2)], 1),
    "fields added by a pipeline": ([a_list(1) | {"batch": 7}, a_crawl(1) | {"machine": "here"}], 1),
    "not complete": ([a_list(1, complete=False, rejected=1), a_crawl(1)], 0),
    "forbidden": ([a_list(1, "forbidden"), a_crawl(1)], 0),
    "another list": ([a_list(1, subject="soundcloud:users:7"), a_crawl(1)], 0),
    "of a crawl that left no word of itself": ([a_list(1), a_crawl(2)], 0),
    "of a crawl that is not over": ([a_list(1), a_crawl(1, finished_at=None)], 0),
    "other arguments": ([a_list(1), a_crawl(1, words={"user": "other"})], 0),
    "another API": ([a_list(1), a_crawl(1, api="public")], 0),
    "another address": ([a_list(1), a_crawl(1, versions={"api": "http://127.0.0.1:1"})], 0),
    "edges left out": ([a_list(1), a_crawl(1, counts={"track": 1})], 0),
    "nodes left out": ([a_list(1), a_crawl(1, counts={"edge": 1})], 0),
    "nothing there to be written": ([a_list(1, fetched=0), a_crawl(1, counts={})], 1),
    "no moment that there ever was": ([a_list(1, known_until="0001-01-01T00:00:00Z"), a_crawl(1)], 0),
    "one of which nobody knows up to when": ([a_list(1, known_until=None), a_crawl(1)], 0),
    "by a clock that was late, up to when the API said": ([a_list(1, started_at=day(1, 3)), a_crawl(1)], 1),
}


@pytest.mark.parametrize("case", COUNTS)
def test_which_walk_of_a_list_counts(tmp_path: Path, case: str) -> None:
    rows, which = COUNTS[case]
    expected = {("user_likes", LIKER): BACK_TO[which]} if which else {}
    moments = look(tmp_path, rows).moments
    assert {key: moment for key, moment in moments.items() if key[1] == LIKER} == expected


def test_a_crawl_that_is_gone_on_with_finds_what_it_found_at_first(tmp_path: Path) -> None:
    rows = [a_list(1), a_crawl(1), a_list(2), a_crawl(2)]
    assert look(tmp_path, rows, stamp=2).moments == {("user_likes", LIKER): BACK_TO[1]}


AHEAD = "2999-01-01T00:00:00Z"
FROM_THE_FUTURE = [a_list(1), a_crawl(1, started_at=AHEAD, finished_at=AHEAD)]


@pytest.mark.parametrize("others", [[], [a_list(1), a_crawl(1)]], ids=["alone", "beside another"])
def test_a_crawl_that_is_dated_in_the_future_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, others: list[dict[str, Any]]
) -> None:
    found = look(tmp_path, [*FROM_THE_FUTURE, *others])

    assert found.moments == ({("user_likes", LIKER): BACK_TO[1]} if others else {})
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert f"dated in the future ({AHEAD})" in told
    assert told.endswith("It does not count." if others else "there is no other: everything is walked whole.")


def test_workers_tell_of_one_crawl_together(tmp_path: Path) -> None:
    place = tmp_path / "output/2026-01-01"
    make.write_folder(place / "host-1", [a_list(1), a_crawl(1, counts={})])
    make.write_folder(place / "host-2", [a_crawl(1)], "csv")
    make.write_folder(place / "host-3", [a_list(1, subject="soundcloud:users:7")])  # no crawl record: it was killed
    found = earlier.look_back([], tmp_path / "output", "31", day(31), THIS, TOLD)
    assert found.moments == {("user_likes", f"soundcloud:users:{id}"): BACK_TO[1] for id in (183, 7)}


@pytest.mark.parametrize(
    "strange", [b"\xff\xfe\n", b"[" * 100_000 + b"\n", b'{"kind": "crawl"}\n', b'{"kind": []}', b""]
)
def test_what_is_strange_hides_nothing_else(tmp_path: Path, strange: bytes) -> None:
    home = tmp_path / "output"
    make.write_folder(home / "2", [a_list(1), a_crawl(1)])
    for place in ("1", "3"):
        (home / place / "listing.csv").mkdir(parents=True)
        for name in ("crawl.jsonl", "listing.jsonl", "crawl.csv"):
            (home / place / name).write_bytes(strange)
    found = earlier.look_back([], home, "31", day(31), THIS, TOLD)
    assert found.moments == {("user_likes", LIKER): BACK_TO[1]}
