"""`scrapy merge`."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.crawls import reconcile

from .make import Row, crawl, follows, listing, track, user, write, write_folder
from .run import Runner

SUBJECT = "soundcloud:users:1"
RUN = crawl("search", {"q": "x"})


def lines(file: Path) -> list[Row]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def worker(start: str, end: str, reason: str = "finished", **counts: int) -> Row:
    times = {"started_at": f"2026-01-02T{start}Z", "finished_at": f"2026-01-02T{end}Z"}
    return crawl("user_graph", {"user": "one"}, reason, counts=counts, **times)


def test_workers_become_one_crawl(tmp_path: Path, scrapy: Runner) -> None:
    a = [user(1), user(2, partial=True), follows(1, 2), listing("followers", SUBJECT, "interrupted")]
    b = [user(2), user(3), follows(1, 2), follows(3, 1), listing("followers", SUBJECT, fetched=2)]
    write_folder(tmp_path / "out/host-1", [*a, worker("10:00:00", "11:00:00", "shutdown", user=2, edge=1)])
    write_folder(tmp_path / "out/host-2", [*b, worker("10:00:05", "12:00:00", user=2, edge=2)])
    result = scrapy("merge", "out", "-o", "all.jsonl")
    assert result.code == 0
    assert "complete: 1 of 1 listings are complete" in result.out
    assert "NOT" not in result.out
    merged = lines(tmp_path / "all.jsonl")
    assert [row["kind"] for row in merged] == ["crawl", "listing", "user", "user", "user", "edge", "edge"]
    assert not any(row["partial"] for row in merged if row["kind"] == "user")
    assert merged[1]["fetched"] == 2
    assert merged[0]["finish_reason"] == "finished"
    assert (merged[0]["started_at"], merged[0]["finished_at"]) == ("2026-01-02T10:00:00Z", "2026-01-02T12:00:00Z")
    assert merged[0]["counts"] == {"user": 3, "edge": 2, "listing": 1}


def test_runs_one_after_the_other_stay_two(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", [worker("10:00:00", "11:00:00", user=5), worker("12:00:00", "13:00:00", user=6)])
    assert scrapy("merge", "a.jsonl", "-o", "b.jsonl").code == 0
    assert [row["counts"] for row in lines(tmp_path / "b.jsonl")] == [{"user": 5}, {"user": 6}]


def test_what_is_incomplete_is_named_and_no_failure(tmp_path: Path, scrapy: Runner) -> None:
    rows = [
        listing("followers", SUBJECT),
        listing("likes", SUBJECT, "blocked", announced=1000, fetched=200),
        listing("tracks", SUBJECT, complete=False, missing=["soundcloud:tracks:5"], rejected=2),
        worker("10:00:00", "11:00:00", "shutdown"),
    ]
    write(tmp_path / "a.jsonl", rows)
    result = scrapy("merge", "a.jsonl", "-o", "b.jsonl")
    assert result.code == 0
    assert "NOT complete: 1 of 3 listings are complete" in result.out
    assert "the crawl user_graph was stopped" in result.out
    assert f"likes of {SUBJECT}: blocked, 200 of 1,000 fetched" in result.out
    assert f"tracks of {SUBJECT}: end, 1 fetched, 1 missing, 2 rejected" in result.out


def walk(hour: int, ended: str = "end", since: int | None = None, **fields: object) -> Row:
    """A walk of one list that began at that hour. `since`: an update of the list back to then."""
    error = None if since is None else f"since 2026-01-02T{since:02}:00:00Z"
    moments = {"started_at": f"2026-01-02T{hour:02}:00:00Z", "fetched_at": f"2026-01-02T{hour:02}:30:00Z"}
    return listing("user_likes", SUBJECT, ended, **{"error": error, "fetched": 5, **moments, **fields})


WHOLE, UPDATE, NEXT = walk(1, fetched=207), walk(3, "limit", 1, fetched=2), walk(5, "limit", 3, fetched=1)
JOINED = {
    "an update": ([WHOLE, UPDATE], "end", 209),
    "read before what it is on top of": ([UPDATE, WHOLE], "end", 209),
    "two": ([WHOLE, UPDATE, NEXT], "end", 210),
    "one that is there twice": ([WHOLE, UPDATE, UPDATE], "end", 209),
    "updates of nothing": ([UPDATE, NEXT], "limit", 1),
    "with a gap": ([WHOLE, NEXT], "limit", 1),
    "of what was blocked": ([walk(1, "blocked", fetched=0), UPDATE], "blocked", 0),
    "of what was blocked, and got whole later": ([walk(1, "blocked", fetched=0), UPDATE, walk(4, fetched=9)], "end", 9),
    "of what had objects rejected": ([walk(1, complete=False, rejected=1), UPDATE], "end", 5),
    "with objects rejected": ([WHOLE, UPDATE | {"rejected": 1}], "limit", 2),
    "that was blocked, and the next was not": ([WHOLE, walk(2, "blocked"), UPDATE], "end", 209),
    "over a limit of another kind": ([walk(1, "limit"), UPDATE], "limit", 5),
}


def by_api(row: Row, hour: int) -> Row:
    """That walk, with its beginning by the API's clock."""
    return row | {"known_until": f"2026-01-02T{hour:02}:00:00Z"}


AHEAD = by_api(walk(23, fetched=2), 1)  # this machine's clock is fast
JOINED |= {
    "by the API's clock": ([AHEAD, by_api(walk(3, fetched=1), 3)], "end", 1),
    "by the API's clock, read before": ([by_api(walk(3, fetched=1), 3), AHEAD], "end", 1),
    "an update by the API's clock": ([AHEAD, by_api(walk(3, "limit", 1, fetched=7), 3)], "end", 9),
    "by the API's clock, beside a walk of which it told nothing": (
        [AHEAD, walk(4, "blocked", fetched=0), by_api(walk(3, fetched=1), 3)],
        "end",
        1,
    ),
    "by this machine's clock": ([walk(1, fetched=2, fetched_at="2026-01-02T09:00:00Z"), walk(3, fetched=1)], "end", 1),
}


def test_an_update_is_joined_to_what_it_begins_at(tmp_path: Path) -> None:
    lists = {f"soundcloud:users:{number}": case for number, case in enumerate(JOINED, 1)}
    walks = [row | {"subject": subject} for subject, case in lists.items() for row in JOINED[case][0]]
    with Dataset([write(tmp_path / "a.jsonl", [*walks, RUN])], tmp_path) as data:
        found = {lists[row["subject"]]: row for row in data.records("listing")}
    assert {case: (row["ended"], row["fetched"], row["complete"]) for case, row in found.items()} == {
        case: (ended, fetched, ended == "end" and fetched != 5) for case, (_, ended, fetched) in JOINED.items()
    }


@pytest.mark.parametrize("turn", [1, -1])
def test_who_finished_it_is_believed_before_who_could_not_in_the_same_second(turn: int) -> None:
    crawl = {"spider": "user", "arguments": {}, "api": "v2", "counts": {}, "versions": {}, "fetched_at": "2026"}
    crawl |= {"started_at": "2026-11-29T14:42:10Z", "finished_at": "2026-11-29T14:42:16Z"}
    both = [{**crawl, "finish_reason": reason} for reason in ("incomplete", "finished")][::turn]
    assert [one["finish_reason"] for one in reconcile(both)] == ["finished"]


def test_what_was_joined_stays_joined(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", [WHOLE, UPDATE, RUN])
    write(tmp_path / "b.jsonl", [NEXT])
    first = scrapy("merge", "a.jsonl", "-o", "all.jsonl")
    assert "\ncomplete: 1 of 1 listings are complete" in first.out
    (row,) = [row for row in lines(tmp_path / "all.jsonl") if row["kind"] == "listing"]
    assert row == UPDATE | {"complete": True, "ended": "end", "error": None, "fetched": 209, "pages": 2}
    scrapy("merge", "b.jsonl", "a.jsonl", "all.jsonl", "-o", "all.jsonl")
    (row,) = [row for row in lines(tmp_path / "all.jsonl") if row["kind"] == "listing"]
    assert (row["complete"], row["fetched"], row["started_at"]) == (True, 210, NEXT["started_at"])


def test_without_listings_it_says_that_it_cannot_know(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", [user(1)])
    assert "completeness unknown" in scrapy("merge", "a.jsonl", "-o", "b.jsonl").out


def test_a_cut_line_is_told(tmp_path: Path, scrapy: Runner) -> None:
    file = write(tmp_path / "a.jsonl", [user(1), user(2)])
    file.write_bytes(file.read_bytes()[:-9])
    result = scrapy("merge", "a.jsonl", "-o", "b.jsonl")
    assert "a.jsonl: its last line was cut off" in result.out
    assert [row["id"] for row in lines(tmp_path / "b.jsonl")] == [1]


def test_merging_a_merged_file_changes_nothing_also_in_place(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", [user(1), track(2), follows(1, 2), listing("likes", SUBJECT), follows(1, 2)])
    scrapy("merge", "a.jsonl", "-o", "b.jsonl")
    once = (tmp_path / "b.jsonl").read_bytes()
    assert scrapy("merge", "b.jsonl", "a.jsonl", "-o", "b.jsonl").code == 0
    assert (tmp_path / "b.jsonl").read_bytes() == once


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["a.jsonl"], "-o OUT.jsonl"),
        (["-o", "b.jsonl"], "-o OUT.jsonl"),
        (["nowhere", "-o", "b.jsonl"], "nowhere: no such file or folder"),
        (["bad.jsonl", "-o", "b.jsonl"], "bad.jsonl, line 1: is not JSON"),
        (["a.jsonl", "-o", "b.csv"], "b.csv: a merged file ends in .jsonl"),
        (["a.jsonl", "-o", "a.jsonl/b.jsonl"], "cannot be written"),
        (["a.jsonl", "-o", "folder.jsonl"], "is a folder"),
        (["a.jsonl", "--fast", "-o", "b.jsonl"], "unknown option --fast"),
    ],
)
def test_wrong_use_is_one_line_and_leaves_nothing(
    tmp_path: Path, scrapy: Runner, args: list[str], message: str
) -> None:
    write(tmp_path / "a.jsonl", [user(1)])
    (tmp_path / "bad.jsonl").write_text("{\n{}\n")
    (tmp_path / "folder.jsonl").mkdir()
    before = sorted(tmp_path.iterdir())
    result = scrapy("merge", *args)
    assert result.code == 2
    assert message in result.err
    assert sorted(tmp_path.iterdir()) == before


def test_a_failed_merge_leaves_the_older_file(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "b.jsonl", [user(1)])
    (tmp_path / "bad.jsonl").write_text("{\n{}\n")
    before = (tmp_path / "b.jsonl").read_bytes()
    assert scrapy("merge", "b.jsonl", "bad.jsonl", "-o", "b.jsonl").code == 2
    assert (tmp_path / "b.jsonl").read_bytes() == before


def test_a_limit_that_was_asked_for_is_no_failing(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", [listing("search_tracks", "search:tracks:x", "limit"), listing("likes", SUBJECT), RUN])
    assert "as asked, up to a limit: 1 of 2 listings are complete" in scrapy("merge", "a.jsonl", "-o", "b.jsonl").out


def test_a_killed_merge_leaves_nothing(tmp_path: Path, scrapy: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(data: Dataset, output: Path) -> None:
        assert any(path.name.startswith(".dataset-") for path in tmp_path.iterdir())
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    monkeypatch.setattr("sc_spiders.commands.merge.merge", kill)
    write(tmp_path / "a.jsonl", [user(1)])
    result = scrapy("merge", "a.jsonl", "-o", "b.jsonl")
    assert (result.code, "stopped; nothing was written" in result.err) == (130, True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_a_merge_that_is_stopped_at_its_card_says_what_is_there(
    tmp_path: Path, scrapy: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sc_spiders.commands.merge.cards.write", stop)
    write(tmp_path / "a.jsonl", [user(1)])
    result = scrapy("merge", "a.jsonl", "-o", "b.jsonl")
    assert (result.code, "stopped; b.jsonl is whole" in result.err, Path("b.jsonl").exists()) == (130, True, True)


def test_without_a_crawl_record_nobody_knows_that_it_ended(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", [listing("likes", SUBJECT)])
    out = scrapy("merge", "a.jsonl", "-o", "b.jsonl").out
    assert "NOT complete: 1 of 1 listings are complete" in out
    assert "there is no crawl record: the crawl still runs, or was killed" in out


def test_a_crawl_that_is_incomplete_makes_no_complete_data_set(tmp_path: Path, scrapy: Runner) -> None:
    incomplete = worker("10:00:00", "11:00:00", "incomplete")
    write(tmp_path / "a.jsonl", [user(1), incomplete])
    out = scrapy("merge", "a.jsonl", "-o", "b.jsonl").out
    assert "completeness unknown: there is no listing record (was SC_KINDS set?)" in out
    assert "the crawl user_graph ended incomplete" in out

    write(tmp_path / "a.jsonl", [listing("likes", SUBJECT), incomplete])
    out = scrapy("merge", "a.jsonl", "-o", "b.jsonl").out
    assert "NOT complete: 1 of 1 listings are complete" in out

    write(tmp_path / "a.jsonl", [listing("likes", SUBJECT, "limit"), incomplete])  # no limit made it incomplete
    out = scrapy("merge", "a.jsonl", "-o", "b.jsonl").out
    assert "NOT complete: 0 of 1 listings are complete; the crawl user_graph ended incomplete" in out

    later = worker("12:00:00", "13:00:00")  # the same walk again, this time complete
    write(tmp_path / "a.jsonl", [listing("likes", SUBJECT), incomplete, later])
    assert "\ncomplete: 1 of 1 listings" in scrapy("merge", "a.jsonl", "-o", "b.jsonl").out


@pytest.mark.parametrize("reason", ["finished", "incomplete"])
def test_a_worker_that_was_stopped_late_stops_no_crawl(tmp_path: Path, scrapy: Runner, reason: str) -> None:
    write(tmp_path / "a.jsonl", [worker("10:00:00", "11:00:00", reason), worker("10:00:00", "12:00:00", "shutdown")])
    scrapy("merge", "a.jsonl", "-o", "b.jsonl")
    (row,) = lines(tmp_path / "b.jsonl")
    assert (row["finish_reason"], row["finished_at"]) == (reason, "2026-01-02T12:00:00Z")


def test_what_all_workers_have_walked_is_counted_once(tmp_path: Path, scrapy: Runner) -> None:
    counts = {"listing": 1, "listing_of_all_workers": 2}
    a = [listing("likes", SUBJECT), worker("10:00:00", "11:00:00", "finished", **counts)]
    b = [listing("reposts", SUBJECT), worker("10:00:00", "11:00:01", "finished", **counts)]
    write(tmp_path / "a.jsonl", a)
    write(tmp_path / "b.jsonl", b)
    out = scrapy("merge", "a.jsonl", "-o", "c.jsonl").out
    assert "NOT complete: 1 of 1 listings are complete" in out
    assert "1 of 2 listings of this crawl are here; folders of other workers are missing" in out
    out = scrapy("merge", "b.jsonl", "c.jsonl", "-o", "c.jsonl").out
    assert "\ncomplete: 2 of 2 listings are complete" in out
    assert lines(tmp_path / "c.jsonl")[0]["counts"] == {"listing": 2, "listing_of_all_workers": 2}


def test_scrapyds_files_are_read_by_name_and_in_folders(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "items/a.jl", [user(1), listing("likes", SUBJECT), RUN])
    (tmp_path / "items/a.rejected.jsonl").write_text('{"kind": "user", "reasons": [], "object": {"id": 2}}\n')
    for name in ("items", "items/a.jl"):
        assert "complete: 1 of 1 listings" in scrapy("merge", name, "-o", "b.jsonl").out
    assert scrapy("export", "items/a.jl", "sqlite").code == 0
    assert scrapy("report", "items/a.jl").code == 0
    assert sorted(path.name for path in (tmp_path / "items").iterdir()) == [
        "a.html", "a.jl", "a.metadata.json", "a.rejected.jsonl", "a.sqlite", "a.sqlite.datapackage.json",
    ]  # fmt: skip
