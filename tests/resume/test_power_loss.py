"""The machine stops during a crawl: unsynced data is lost, torn or old. The same command resumes it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench import disks, powerloss
from bench.compare import read
from tests.support.crawl import Crawls
from tests.support.server import Server

RECORDED = ("-s", "SCHEDULER=bench.powerloss.RecordingScheduler")
WAYS = {
    "one file": ("-o", "all.jsonl"),
    "csv, a file a kind": ("-s", "SC_FORMAT=csv"),
}
STATES = 8  # states of each kind; `python -m bench.powerloss` tries more


@dataclass
class Recorded:
    """A crawl with pictures of its files."""

    crawls: Crawls
    options: tuple[str, ...]
    server: Server
    pictures: list[disks.Picture]
    truth: list[dict[str, Any]]

    def goes_on(self, files: dict[str, bytes]) -> str:
        """Run the same command on these files. Its output must be complete. Returns its log."""
        disks.restore(self.crawls.folder, files)
        settings = self.server.settings
        crawl = self.crawls.run("user_graph", *self.options, settings=settings, warned=True, user="1,2,3,4")
        assert "Traceback" not in crawl.log
        assert crawl.code == 0, crawl.log
        assert powerloss.wrong(self.crawls.folder, self.truth) == [], crawl.log
        return crawl.log


@pytest.fixture(scope="module", params=WAYS, ids=str)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    crawls = Crawls(tmp_path_factory.mktemp("crawl"))
    pictures = tmp_path_factory.mktemp("pictures")
    options = ("-s", "JOBDIR=job", *WAYS[request.param])
    with Server() as server:
        settings = {**server.settings, powerloss.PICTURES: str(pictures)}
        crawl = crawls.run("user_graph", *options, *RECORDED, settings=settings, user="1,2,3,4")
        assert crawl.code == 0, crawl.log
        wrong: list[str] = []
        truth = list(read(crawls.folder, wrong))
        assert not wrong
        yield Recorded(crawls, options, server, powerloss.load(pictures), truth)


@pytest.mark.parametrize("seed", range(STATES))
def test_it_goes_on_to_the_truth(written: Recorded, seed: int) -> None:
    picture = random.Random(seed).choice(written.pictures)
    written.goes_on(disks.state(picture, seed))


def test_it_says_how_far_it_went_back(written: Recorded) -> None:
    """The whole store was on the disk, but only the synced part of the files."""
    picture = next(
        one
        for one in reversed(written.pictures)
        if one.moment == powerloss.COMMITTED and len(output(one.written)) > len(output(one.durable)) > 0
    )
    job = {name: content for name, content in picture.written.items() if "/job/" in name}
    files = {**picture.durable, **job}
    lost = len(output(picture.written)) - len(output(files))

    log = written.goes_on(files)

    assert f"going back by {lost:,} bytes of output to the newest pages that are whole" in log


def output(files: dict[str, bytes]) -> bytes:
    return b"".join(content for name, content in sorted(files.items()) if "/job/" not in name)


@pytest.mark.parametrize("name", ["output", "seen.log"])
def test_what_was_synced_and_is_damaged_is_refused_in_a_line(written: Recorded, name: str) -> None:
    """This is no power cut: the missing record exists nowhere else."""
    picture = [one for one in written.pictures if one.moment == powerloss.COMMITTED][-1]
    (path, *_) = (one for one in picture.durable if ("/job/" not in one if name == "output" else one.endswith(name)))
    disks.restore(written.crawls.folder, {**picture.written, path: picture.durable[path][:-1]})

    crawl = written.crawls.run("user_graph", *written.options, settings=written.server.settings, user="1,2,3,4")

    assert crawl.code == 2
    (line,) = crawl.errors
    assert "begin again with another JOBDIR" in line
    assert Path(path).read_bytes() == picture.durable[path][:-1]
