"""`scrapy diff`: what changed between two data sets."""

from __future__ import annotations

import csv
import json
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sc_spiders.dataset import Dataset
from sc_spiders.dataset.diff import Diff, compare
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, crawl
from tests.support.patience import wait_for_next_second

from .make import Row, comment_on, elsewhere, follows, listing, record, track, user, write, write_folder
from .run import Runner
from .test_last_seen import (
    ONE,
    THREE,
    TRACK,
    TWO,
    Edges,
    People,
    Walks,
    crawled,
    expected,
    moment,
    random_walks,
    rows_of,
)

WHOLE = listing("followings", ONE)
Numbers = tuple[int, int, int]


def numbers(folder: Path, before: Sequence[Row], after: Sequence[Row]) -> dict[str, dict[str, Numbers]]:
    """What was gained, was lost and is unknown, without zeros."""
    files = [write(folder / f"{name}.jsonl", rows) for name, rows in (("before", before), ("after", after))]
    first, second = (Dataset([file], folder) for file in files)
    with compare(first, second) as diff:
        found = diff.as_json()
    return {
        name: {key: tuple(sides.values()) for key, sides in found[name].items() if any(sides.values())}
        for name in ("edges", "nodes")
    }


PEOPLE = [user(number) for number in range(1, 5)]
BEFORE = crawled(1, [WHOLE], [follows(1, 2), follows(1, 3), *PEOPLE[:2], user(3, followers_count=10)])
AFTER = crawled(2, [WHOLE], [follows(1, 3), follows(1, 4), PEOPLE[0], user(3, followers_count=15), user(4)])


def test_what_people_get(tmp_path: Path, scrapy: Runner) -> None:
    """Lines, a page that no name can inject code into, and a table of all changes."""
    name = "<script>alert(1)</script>"
    write_folder(tmp_path / "before", BEFORE)
    write(tmp_path / "after.jsonl", [user(9, permalink=name), *AFTER])
    done = scrapy("diff", "before", "after.jsonl", "--html", "changes.html", "--changes", "changes.csv")
    assert done.code == 0
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert "follows 1 1 0" in lines
    assert "user 1 1 1" in lines  # nobody knows whether user 9 was there
    assert "user followers_count 1 0 +5" in lines
    assert "user-1 followings 1 1" in lines
    assert "user-2 followers 0 1" not in lines  # of that account no list was walked

    page = (tmp_path / "changes.html").read_text()
    assert "2026-01-01 to 2026-01-02 · 1 edge gained, 1 lost" in page
    assert "All is known." in page
    assert name not in page
    assert "&lt;script&gt;" in page
    assert 'href="http' not in page

    rows = csv.DictReader((tmp_path / "changes.csv").read_text().splitlines())
    told = _told({name: value or None for name, value in row.items()} for row in rows)
    new = ("unknown", "user", "soundcloud:users:9", name, None, None, "1")
    assert sorted(told, key=str) == sorted([new, *((*one[:-2], *map(str, one[-2:])) for one in CHANGES)], key=str)


def test_what_programs_get(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "before.jsonl", BEFORE)
    write(tmp_path / "after.jsonl", AFTER)
    found = json.loads(scrapy("diff", "before.jsonl", "after.jsonl", "--json", "--changes", "changes.jsonl").out)
    assert found["edges"]["follows"] == {"gained": 1, "lost": 1, "unknown": 0}
    assert found["edges"]["likes"] == {"gained": 0, "lost": 0, "unknown": 0}
    assert found["nodes"]["user"] == {"gained": 1, "lost": 1, "unknown": 0}
    assert found["counts"] == {"user": {"followers_count": {"risen": 1, "fallen": 0, "change": 5}}}
    rows = map(json.loads, (tmp_path / "changes.jsonl").read_text().splitlines())
    assert _told(rows) == CHANGES


CHANGES: list[tuple[Any, ...]] = [
    ("gained", "edge", "soundcloud:users:4", "user-1", "user-4", 0, 1),
    ("gained", "user", "soundcloud:users:4", "user-4", None, 0, 1),
    ("lost", "edge", TWO, "user-1", "user-2", 1, 0),
    ("lost", "user", TWO, "user-2", None, 1, 0),
    ("risen", "user", THREE, "user-3", None, 10, 15),
]
_NAMED = ("name", "target_name", "before", "after")


def _told(rows: Iterable[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["change"], row["kind"], row["urn"] or row["target"], *(row[name] for name in _NAMED)) for row in rows]


LISTS = {
    "complete": (WHOLE, (1, 1, 0)),
    "interrupted": (listing("followings", ONE, "interrupted"), (1, 0, 1)),
    "bounded by since": (listing("followings", ONE, "limit", error="since 2026-01-01T00:00:00Z"), (1, 0, 1)),
    "limited": (listing("followings", ONE, "limit"), (1, 0, 1)),
    "with objects missing": (listing("followings", ONE, complete=False, missing=[TWO]), (1, 0, 1)),
    "of another user": (listing("followings", THREE), (1, 0, 1)),
    "of the other end": (listing("followers", TWO, fetched=0), (1, 1, 0)),
    "by the other API": (listing("followings", ONE, api="public"), (1, 0, 1)),
}


def edges_by_case(folder: Path, before: Sequence[Row], after: Sequence[Row]) -> dict[str, Numbers]:
    """What was gained, was lost and is unknown of the edges of the people of each case."""
    files = [write(folder / f"{name}.jsonl", rows) for name, rows in (("before", before), ("after", after))]
    first, second = (Dataset([file], folder) for file in files)
    with compare(first, second) as diff:
        diff.write_changes(folder / "changes.jsonl")
    rows = [json.loads(line) for line in (folder / "changes.jsonl").read_text().splitlines()]
    counts = Counter((row["source"], row["change"]) for row in rows if row["kind"] == "edge")
    return {
        case: (counts[urn, "gained"], counts[urn, "lost"], counts[urn, "unknown"])
        for case, urn in ((case, f"{ONE[:-1]}{number}1") for number, case in enumerate(LISTS, 1))
    }


def test_only_a_complete_list_tells_what_was_lost(tmp_path: Path) -> None:
    before = [row for number in range(1, len(LISTS) + 1) for row in elsewhere(number, BEFORE[:-1])]
    walks, found = [], []
    for number, (walk, _) in enumerate(LISTS.values(), 1):
        walks += elsewhere(number, [walk])
        found += elsewhere(number, AFTER[1:-1])
    told = edges_by_case(tmp_path, [*before, BEFORE[-1]], crawled(2, walks, found))
    assert told == {case: numbers for case, (_, numbers) in LISTS.items()}


def test_only_a_complete_list_tells_what_was_gained(tmp_path: Path) -> None:
    after = [row for number in range(1, len(LISTS) + 1) for row in elsewhere(number, AFTER[:-1])]
    walks, found = [], []
    for number, (case, (walk, _)) in enumerate(LISTS.items(), 1):
        if case == "of the other end":
            walk = listing("followers", "soundcloud:users:4", fetched=0)
        walks += elsewhere(number, [walk])
        found += elsewhere(number, BEFORE[1:-1])
    told = edges_by_case(tmp_path, crawled(1, walks, found), [*after, AFTER[-1]])
    assert told == {case: (1 - unknown, 1, unknown) for case, (_, (_, _, unknown)) in LISTS.items()}


def test_a_list_of_a_part_tells_nothing_beside_whole_ones(tmp_path: Path) -> None:
    part = {"arguments": {"user": "one", "params": "a=b"}}
    before, after = ([*rows[:-1], rows[-1] | part] for rows in (BEFORE, AFTER))
    assert numbers(tmp_path, BEFORE, after)["edges"] == {"follows": (1, 0, 1)}
    assert numbers(tmp_path, before, AFTER)["edges"] == {"follows": (0, 1, 1)}
    assert numbers(tmp_path, before, after)["edges"] == {"follows": (1, 1, 0)}


def test_a_crawl_that_wrote_no_edges_lost_none(tmp_path: Path) -> None:
    after = crawled(2, [listing("followings", ONE, fetched=5)], [])
    assert numbers(tmp_path, BEFORE, after)["edges"] == {"follows": (0, 0, 2)}


def test_a_node_is_unknown_if_one_of_its_lists_was_not_walked(tmp_path: Path) -> None:
    both = [listing("followings", ONE), listing("followings", THREE)]
    before = crawled(1, both, [follows(1, 2), follows(3, 2), follows(3, 4), user(2), user(4)])
    after = crawled(2, both[:1], [follows(1, 5), user(5)])
    assert numbers(tmp_path, before, after)["nodes"] == {"user": (1, 0, 2)}
    after = crawled(2, [both[0], both[1] | {"fetched": 0}], [follows(1, 5), user(5)])
    assert numbers(tmp_path, before, after)["nodes"] == {"user": (1, 2, 0)}


def test_what_was_asked_for_by_name_is_lost_if_it_is_gone(tmp_path: Path) -> None:
    before = crawled(1, [], [user(1), user(2), user(3), track(7)])
    told = [record("gone", urn=TWO, asked_at=moment(2), how="not_found"), user(1)]
    after = crawled(2, [listing("user_tracks", THREE, "not_found", complete=False)], told)
    assert numbers(tmp_path, before, after)["nodes"] == {"user": (0, 2, 0), "track": (0, 0, 1)}
    again = crawled(3, [], [user(2)])
    assert numbers(tmp_path, after, again)["nodes"]["user"][0] == 1


def test_a_node_that_a_recheck_found_gone_is_gone(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", crawled(1, [], [user(1), user(2)]))
    write(tmp_path / "b.jsonl", crawled(2, [], [record("gone", urn=TWO, asked_at=moment(2), how="not_found")]))
    scrapy("merge", "a.jsonl", "b.jsonl", "-o", "c.jsonl")
    done = scrapy("diff", "a.jsonl", "c.jsonl")
    assert "gone, as the API has told: 1 user" in done.out
    assert "\nuser        0     1        0" in done.out


def test_comments_are_lost_if_the_list_of_their_track_has_them_not(tmp_path: Path) -> None:
    before = crawled(1, [listing("track_comments", TRACK)], [comment_on(7, 1, 10), comment_on(7, 2, 20)])
    after = crawled(2, [listing("track_comments", TRACK)], [comment_on(7, 2, 20), comment_on(7, 3, 20)])
    assert numbers(tmp_path, before, after)["nodes"] == {"comment": (1, 1, 0)}
    part = crawled(2, [listing("track_comments", TRACK, "interrupted")], [comment_on(7, 3, 20)])
    assert numbers(tmp_path, before, part)["nodes"] == {"comment": (1, 0, 2)}


def test_a_data_set_is_compared_with_itself(tmp_path: Path, scrapy: Runner) -> None:
    write(tmp_path / "a.jsonl", BEFORE)
    assert "No edge and no node was gained or lost." in scrapy("diff", "a.jsonl", "a.jsonl").out


def test_an_output_on_two_dates(tmp_path: Path, scrapy: Runner) -> None:
    third = crawled(3, [WHOLE], [follows(1, 5), user(5)])
    three = [[*rows[:-1], rows[-1] | {"counts": {"listing": 1}}] for rows in (BEFORE, AFTER, third)]
    for name, rows in enumerate(three):
        write_folder(tmp_path / f"output/{name}", rows)
    write(tmp_path / "all.jsonl", [row for rows in three for row in rows])
    for output in ("output", "all.jsonl"):
        found = [
            json.loads(scrapy("diff", output, "--from", "2026-01-01", *more, "--json").out)["edges"]["follows"]
            for more in (["--to", "2026-01-02"], [])
        ]
        assert found == [{"gained": 1, "lost": 1, "unknown": 0}, {"gained": 1, "lost": 2, "unknown": 0}]
    scrapy("merge", "output", "-o", "merged.jsonl")
    done = scrapy("diff", "merged.jsonl", "--from", "2026-01-01")
    assert done.code == 2
    assert "name the outputs that it was merged from" in done.err


def test_any_form_that_is_read_can_be_compared(tmp_path: Path, scrapy: Runner) -> None:
    write_folder(tmp_path / "csv", BEFORE, "csv")
    write(tmp_path / "after.jsonl", AFTER)
    scrapy("export", "after.jsonl", "parquet")
    (tmp_path / "after.jsonl").write_bytes((tmp_path / "after.jsonl").read_bytes() + b'{"kind": "edge", "rel')
    expected = {"gained": 1, "lost": 1, "unknown": 0}
    for after in ("after.parquet", "after.jsonl"):
        assert json.loads(scrapy("diff", "csv", after, "--json").out)["edges"]["follows"] == expected
    assert "after.jsonl: its last line was cut off" in scrapy("diff", "csv", "after.jsonl").out


def test_a_stop_leaves_nothing(tmp_path: Path, scrapy: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(diff: Diff, path: Path) -> None:
        assert any(path.name.startswith(".dataset-") for path in temporary.iterdir())
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(Diff, "write_changes", stop)
    for name, rows in (("a", BEFORE), ("b", AFTER)):
        write(tmp_path / f"{name}.jsonl", rows)
    done = scrapy("diff", "a.jsonl", "b.jsonl", "--changes", "c.jsonl")
    assert (done.code, "stopped; nothing was written" in done.err) == (130, True)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.jsonl", "b.jsonl", "temporary"]


WRONG = {
    "one": (["a.jsonl"], "ERROR: diff takes two data sets, the earlier one first, or one with --from DATE; 1 given"),
    "three": (["a.jsonl", "a.jsonl", "a.jsonl"], "3 given"),
    "none": ([], "0 given"),
    "two with a date": (["a.jsonl", "a.jsonl", "--from", "2026-01-01"], "diff --from DATE takes one output"),
    "no date": (["a.jsonl", "--from", "spring"], "spring: no date; write a day like 2026-03-01"),
    "after the last year": (["a.jsonl", "--from", "9999-12-31T23:59:59-12:00"], "-12:00: no date; write a day like"),
    "a date before all": (["a.jsonl", "--from", "2025-12-31"], "nothing was fetched until 2025-12-31 23:59"),
    "only the later date": (["a.jsonl", "--to", "2026-01-01"], "give --from, too"),
    "dates in the wrong order": (["a.jsonl", "--from", "2026-01-02", "--to", "2026-01-01"], "is not later than"),
    "nothing there": (["a.jsonl", "nowhere"], "nowhere: no such file or folder"),
    "the later one first": (["b.jsonl", "a.jsonl"], "name the earlier one first"),
    "two servers": (["a.jsonl", "sandbox.jsonl"], "crawls of different servers cannot be compared"),
    "pseudonyms": (["a.jsonl", "covered.jsonl"], "by different keys, cannot be compared"),
    "no page": (["a.jsonl", "b.jsonl", "--html", "x.txt"], "its name must end in .html"),
    "no changes": (["a.jsonl", "b.jsonl", "--changes", "x.txt"], "its name must end in .jsonl or .csv"),
    "an option": (["a.jsonl", "b.jsonl", "--fast"], "unknown option --fast"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use_is_one_line(tmp_path: Path, scrapy: Runner, case: str) -> None:
    args, message = WRONG[case]
    write(tmp_path / "a.jsonl", BEFORE)
    write(tmp_path / "b.jsonl", AFTER)
    versions = {"sandbox": {"api": "sandbox of 150 users"}, "covered": {"pseudonyms": "0" * 16}}
    for name, version in versions.items():
        write(tmp_path / f"{name}.jsonl", [*AFTER[:-1], AFTER[-1] | {"versions": {"project": "1"} | version}])
    done = scrapy("diff", *args)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert len(done.err.splitlines()) == 1


# Random worlds, as in test_last_seen.


def model(before: Sequence[Walks], after: Sequence[Walks]) -> dict[str, Edges]:
    """The rule, in words of the documentation, edge by edge."""

    def is_told(one: tuple[str, str, str], crawls: Sequence[Walks]) -> bool:
        keys = (("followings", one[1]), ("followers", one[2]))
        return any(
            walks.get((endpoint, int(urn.rpartition(":")[2])), (False,))[0]
            for endpoint, urn in keys
            for walks in crawls
        )

    first, last = expected(before), expected(after)
    return {
        "gained": {one for one in last - first if is_told(one, before)},
        "lost": {one for one in first - last if is_told(one, after)},
        "unknown": {one for one in last - first if not is_told(one, before)}
        | {one for one in first - last if not is_told(one, after)},
    }


@settings(max_examples=6, deadline=None, phases=[Phase.generate])  # a smaller world takes minutes to find
@given(chance=st.randoms(use_true_random=False), counts=st.tuples(st.integers(1, 2), st.integers(1, 2)))
def test_changes_are_what_the_rule_says(
    tmp_path_factory: pytest.TempPathFactory, chance: Random, counts: tuple[int, int]
) -> None:
    pairs = [("follows", f"soundcloud:users:{a}", f"soundcloud:users:{b}") for a in People for b in People if a != b]
    crawls = [random_walks(chance, {one for one in pairs if chance.random() < 0.4}) for _ in range(sum(counts))]
    folder = tmp_path_factory.mktemp("world")
    files = [write(folder / f"{day}.jsonl", rows_of(day, walks, chance)) for day, walks in enumerate(crawls, 1)]
    first = counts[0]
    with compare(Dataset(files[:first], folder), Dataset(files[first:], folder)) as diff:
        diff.write_changes(folder / "changes.jsonl")
        sums = diff.edges["follows"]

    found: dict[str, Edges] = {"gained": set(), "lost": set(), "unknown": set()}
    for line in (folder / "changes.jsonl").read_text().splitlines():
        row = json.loads(line)
        found[row["change"]].add((row["relation"], row["source"], row["target"]))
    assert found == model(crawls[:first], crawls[first:])
    assert sums == {name: len(edges) for name, edges in found.items()}


def crawl_into(folder: Path, spider: str, sandbox: Sandbox, **given: Any) -> Crawl:
    folder.mkdir()
    return crawl(spider, folder, sandbox=sandbox, **given)


def test_a_world_that_changed(tmp_path: Path, scrapy: Runner) -> None:
    words: dict[str, Any] = {"user": "forss", "include": "profile,followings,followers,likes,tracks,comments"}
    with Sandbox(users=100, date="2026-01-01") as sandbox:
        first = crawl_into(tmp_path / "first", "user", sandbox, **words)
        sandbox.go_to("2026-07-01")
        second = crawl_into(tmp_path / "second", "user", sandbox, **words)
    found = json.loads(scrapy("diff", first.folder, second.folder, "--json").out)
    for relation in ("follows", "likes", "posts"):
        before, after = ({one for one in crawl.triples if one[0] == relation} for crawl in (first, second))
        assert found["edges"][relation] == {
            "gained": len(after - before), "lost": len(before - after), "unknown": 0
        }  # fmt: skip
    assert found["edges"]["follows"]["gained"] > 0 < found["edges"]["follows"]["lost"]
    old, new = (crawl.urns("user") for crawl in (first, second))
    assert found["nodes"]["user"] == {"gained": len(new - old), "lost": len(old - new), "unknown": 0}
    assert found["counts"]["track"]["playback_count"]["risen"] > 0


def test_a_graph_of_which_only_some_lists_were_walked_both_times(tmp_path: Path) -> None:
    """Two steps deep, other accounts are walked each time. Another second crawl is stopped on its way."""
    words: dict[str, Any] = {"user": "forss", "depth": 2, "relations": "followings,likes"}
    stop = {"CLOSESPIDER_ITEMCOUNT": 150, "CONCURRENT_REQUESTS": 2}
    with Sandbox(users=80, date="2026-01-01") as sandbox:
        first = crawl_into(tmp_path / "first", "user_graph", sandbox, **words)
        sandbox.go_to("2026-08-01")
        wait_for_next_second()
        second = crawl_into(tmp_path / "second", "user_graph", sandbox, **words)
        stopped = crawl_into(tmp_path / "stopped", "user_graph", sandbox, settings=stop, **words)
    assert (first.code, second.code, stopped.code) == (0, 0, 3)
    for later in (second, stopped):
        check_changes(first, later)


def check_changes(first: Crawl, second: Crawl) -> None:
    """A diff tells what the records and lists of two crawls of a graph tell."""
    with compare(Dataset([first.folder]), Dataset([second.folder])) as diff:
        found = diff.as_json()

    only = {"gained": (second, first), "lost": (first, second)}
    edges = {(side, *edge) for side, (has, has_not) in only.items() for edge in has.triples - has_not.triples}
    sure = {(side, *edge) for side, *edge in edges if _has_whole_list(only[side][1], edge)}
    for relation in ("follows", "likes"):
        of_relation = {edge for edge in edges if edge[1] == relation}
        sides = {side: len({edge for edge in of_relation & sure if edge[0] == side}) for side in only}
        assert found["edges"][relation] == {**sides, "unknown": len(of_relation - sure)}

    for kind in ("user", "track", "playlist"):
        counts = dict.fromkeys(("gained", "lost", "unknown"), 0)
        for side, (has, has_not) in only.items():
            for urn in has.urns(kind) - has_not.urns(kind):
                by = {(side, *edge) for edge in has.triples if edge[2] == urn and _is_walked(has, edge)}
                counts[side if by and by <= sure else "unknown"] += 1
        assert found["nodes"][kind] == counts
    assert found["edges"]["follows"]["unknown"] > 0 < found["nodes"]["track"]["gained"]


_LISTS = {"follows": "followings", "likes": "user_likes"}


def _has_whole_list(crawl: Crawl, edge: Sequence[str]) -> bool:
    relation, source, _ = edge
    return any(row["subject"] == source and row["complete"] for row in crawl.listings(_LISTS[relation]))


def _is_walked(crawl: Crawl, edge: Sequence[str]) -> bool:
    relation, source, _ = edge
    return any(row["subject"] == source for row in crawl.listings(_LISTS[relation]))
