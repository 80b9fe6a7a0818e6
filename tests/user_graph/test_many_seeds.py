"""Long lists of seeds: each seed is looked up once, in order, or reported as never requested."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_spiders.base_spiders.targets import Target, target, targets
from sc_spiders.errors import ArgumentError
from sc_spiders.frontier import planting
from sc_spiders.frontier.base import Ack, CrawlSpec
from sc_spiders.frontier.job import JobFrontier
from sc_spiders.pages.listing import UNASKED, Listing
from sc_spiders.pages.seeds import Seeds, Words
from sc_spiders.records import Drift
from tests.support.answers import http
from tests.support.crawl import Crawls
from tests.support.server import Server

MANY = 1_010  # more than one batch of seeds
NAMES = [f"nobody-{number}" for number in range(MANY)]
IDENTITY = {"spider": "user_graph", "arguments": {}, "api": "v2"}


# Reading a list

WORDS = st.one_of(
    st.integers(1, 30).map(str),
    st.sampled_from(
        [
            "a",
            "b-c",
            "_d",
            "soundcloud:users:7",
            "https://soundcloud.com/a/",
            "m.soundcloud.com/b-c",
            "7 ",
            "http://www.soundcloud.com/b-c",
            "https://m.soundcloud.com/7",
            "https://soundcloud.com/_d?si=1",
        ]
    ),
)


@given(st.lists(WORDS, min_size=1), st.data())
def test_words_are_what_a_list_of_their_targets_would_be(words: list[str], data: st.DataObject) -> None:
    model: dict[Any, Target] = {}
    for word in words:
        named = target("user", word.strip())
        model.setdefault(named.id or named.url, named)
    expected = list(model.values())

    found = targets("user")(",".join(words))

    assert list(found) == expected
    assert len(found) == len(expected)
    for _ in range(5):
        start = data.draw(st.integers(0, len(expected)))
        stop = data.draw(st.integers(0, len(expected)))
        assert found[start:stop] == expected[start:stop]
    at = data.draw(st.integers(-len(expected), len(expected) - 1))
    assert found[at] == expected[at]
    assert found.digest == targets("user")(",".join(words)).digest
    assert found.digest != targets("user")(",".join([*words, "somebody-else"])).digest


@given(st.integers(0, 12), st.integers(0, 40), st.integers(0, 40))
def test_seeds_that_are_looked_up_in_two_ways_stay_in_order(count: int, start: int, stop: int) -> None:
    words: Words[str] = Words(map(str, range(count)), str, str)
    ways = [lambda word: Listing("resolve", None, f"/r/{word}"), lambda word: Listing("oembed", None, f"/o/{word}")]
    expected = [f"/{way}/{word}" for word in range(count) for way in "ro"]

    seeds = Seeds(words, *ways)

    assert [seed.url for seed in seeds] == expected
    assert [seed.url for seed in seeds[start:stop]] == expected[start:stop]
    assert len(seeds) == len(expected)


def test_addresses_are_read_as_quickly_as_ids() -> None:
    def work(form: str) -> float:
        given = ",".join(form.format(number) for number in range(1, 20_000))
        began = time.thread_time()
        targets("user")(given)
        return time.thread_time() - began

    for form in ("https://soundcloud.com/u{}", "https://m.soundcloud.com/u{}?si=a1b2c3&utm_source=clipboard"):
        assert any(work(form) < 2 * work("{}") for _ in range(3)), form


def test_a_line_without_end_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "seeds").write_text("forss\n" + "x" * 50_000_000)
    with pytest.raises(ArgumentError, match=r"^longer than 10,000 characters$"):
        targets("user")(f"@{tmp_path / 'seeds'}")


# With a job directory


def seeds(count: int = MANY) -> list[Listing]:
    return [Listing("resolve", None, f"/resolve?url={n}", seed=f"nobody-{n}", level=-1) for n in range(count)]


def test_a_job_takes_each_seed_once_however_often_it_is_stopped(tmp_path: Path) -> None:
    asked: list[str] = []

    async def run(frontier: JobFrontier, most: int) -> None:
        await frontier.open(CrawlSpec(IDENTITY, seeds=seeds(3_500)))
        if frontier.status.finished:
            frontier.abandon()
            return
        frontier.begin({})
        for _ in range(most):
            if found := await frontier.lease(1, may_try=True):
                asked.append(found[0].seed or "")
                await frontier.acknowledge(Ack(found[0].end("end")))
        frontier.close(await frontier.finish("finished"), {}, {})

    for number in range(40):
        frontier = JobFrontier(tmp_path / "job", 0, Drift("v2"), lambda error: pytest.fail(str(error)))
        asyncio.run(run(frontier, 7 * number + 40))
        if frontier.status.finished:
            break

    assert frontier.status.finished == "finished"
    assert asked == [seed.seed for seed in seeds(3_500)]


# Whole crawls


def nobody(path: str, number: int) -> bytes:
    return http(404, {})


def in_small_batches() -> None:
    """Add seeds to the store twenty at a time."""
    planting.BATCH, planting.FEW = 20, 10


@pytest.mark.parametrize("kept", [True, False], ids=["with a job directory", "without"])
def test_seeds_that_were_not_asked_for_are_told_by_their_number(crawls: Crawls, kept: bool) -> None:
    names = NAMES[:110]
    (crawls.folder / "names").write_text("\n".join(names))
    job = ("-s", "JOBDIR=job") if kept else ("-o", "all.jsonl")
    with Server(nobody) as server:
        run = partial(crawls.run, "user_graph", *job, settings=server.settings, user="@names", inside=in_small_batches)
        first = run("-s", "CLOSESPIDER_PAGECOUNT=30")
        told = {row["subject"]: row["ended"] for row in first.records("listing")}
        assert first.code == 3
        assert (
            f"not got: {first.last['counts'].get(UNASKED, 0) + list(told.values()).count('interrupted'):,} "
            in first.log
        )
        assert len(told) + first.last["counts"].get(UNASKED, 0) == len(names)
        if not kept:
            assert set(told) == set(names)
            return
        assert len(told) < 90
        whole = run()

    assert whole.code == 1
    assert {row["subject"]: row["ended"] for row in whole.records("listing")} == dict.fromkeys(names, "not_found")
    assert len(whole.records("listing")) == len(names)
    assert UNASKED not in whole.last["counts"]


def test_a_list_that_has_changed_is_another_job(crawls: Crawls) -> None:
    (crawls.folder / "names").write_text("1\n2\n")
    job = ("-s", "JOBDIR=job")
    with Server() as server:
        assert crawls.run("user_graph", *job, settings=server.settings, user="@names").code == 0
        (crawls.folder / "names").write_text("# the same\n1\n\n2\n1\n")
        same = crawls.run("user_graph", *job, settings=server.settings, user="@names")
        (crawls.folder / "names").write_text("1\n2\n3\n")
        other = crawls.run("user_graph", *job, settings=server.settings, user="@names")

    assert "This job has ended already" in same.log
    assert other.code == 2
    assert "was begun with other seeds" in other.log
