"""Simulates power cuts: records the writes and syncs of a crawl, and resumes it from what the disk may then hold.

    python -m bench.powerloss --states 100           a few minutes

`RecordingScheduler` takes pictures of a crawl's files: before and after a page's commit, between the sync of the files
and the sync of the commits, during a checkpoint, at the beginning and at the end. A picture has all written bytes
(`written`) and the bytes that are surely on the disk (`durable`): those that the last `fsync` of a file found, if an
`fsync` of its folder found its name. SQLite's files are recorded at each checkpoint.
`bench.disks.state` makes a possible state after a power cut of a picture: each file keeps a random part of what was
not synced, cut short, with blocks of 4 KiB lost or old, in any order. From each state, the crawl must get every record.
"""

from __future__ import annotations

import argparse
import os
import pickle
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self, cast

from scrapy.crawler import Crawler

from bench.compare import compare, read
from bench.crawling import HASTE, Crawl, log, sandbox, truth_of
from bench.disks import Disk, Picture, restore, state
from bench.plans import PLANS, WAYS
from bench.points import around, listen
from sc_spiders.frontier.job import JobFrontier
from sc_spiders.frontier.scheduler import Scheduler

PICTURES = "POWERLOSS"  # environment variable: the folder of the pictures
_PICTURES = 60  # of a crawl, roughly; later pictures are rarer
COMMITTED = "commit.after"
TAKEN = around("begin", "commit", "checkpoint", "close")
_SYNCS = 0.3  # after this share of the commits comes a sync; other syncs come once a second


class RecordingScheduler(Scheduler):
    """Takes pictures, and syncs after random commits."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        scheduler = super().from_crawler(crawler)
        recorder = _Recorder(Path.cwd(), Path(os.environ[PICTURES]), cast("JobFrontier", scheduler.frontier))
        recorder.disk.watch()
        recorder.disk.watch_stores()
        listen(recorder.note)
        return scheduler


class _Recorder:
    def __init__(self, folder: Path, pictures: Path, frontier: JobFrontier) -> None:
        self.disk = Disk(folder)
        self.pictures = pictures
        self.frontier = frontier
        self.moments = self.taken = 0
        self.draw = random.Random(str(pictures))
        self._before: dict[str, bytes] = {}  # contents of all files before a checkpoint

    def note(self, point: str, listing: Any) -> None:
        if point == "checkpoint.after":
            self._take_within_checkpoint()
        if point in TAKEN:
            self._take(point)
        if point == "checkpoint.before":
            self._before = self.disk.written()
        elif point == COMMITTED and self.draw.random() < _SYNCS:
            self.frontier.sync()

    def _take_within_checkpoint(self) -> None:
        half = {path: content for path, content in self._before.items() if path.endswith("frontier.sqlite")}
        self._take("checkpoint.within", half)

    def _take(self, moment: str, before: dict[str, bytes] | None = None) -> None:
        """Takes a picture. `before`: the files on the disk before this moment."""
        self.moments += 1
        if self.draw.random() > _PICTURES / self.moments:
            return
        picture = Picture(moment, self.disk.written(), {**self.disk.durable(), **(before or {})})
        (self.pictures / f"{self.taken:03}-{moment}").write_bytes(pickle.dumps(picture))
        self.taken += 1


def load(pictures: Path) -> list[Picture]:
    """All pictures, in the order in which they were taken."""
    return [pickle.loads(path.read_bytes()) for path in sorted(pictures.iterdir())]


def wrong(folder: Path, want: list[dict[str, Any]]) -> list[str]:
    """One line for each difference of the output in that folder from the truth."""
    found: list[str] = []
    records = list(read(folder, found))
    return found + list(compare(records, want))


def crash(seed: int, states: int) -> Iterator[str]:
    """Resumes a crawl from `states` states after power cuts. Yields one line for each fault."""
    way = list(WAYS)[seed % len(WAYS)]
    with tempfile.TemporaryDirectory(prefix="powerloss-") as name, sandbox(20, seed, "") as url:
        folder, pictures = Path(name, "crawl"), Path(name, "pictures")
        folder.mkdir()
        pictures.mkdir()
        spider, arguments = PLANS[seed % len(PLANS)](truth_of(url))
        words = ["crawl", spider, *HASTE, *WAYS[way], "-s", "JOBDIR=job"]
        for key, value in arguments.items():
            words += ["-a", f"{key}={value}"]
        words += ["-s", "SC_PAGE_SIZE=10"]
        os.environ[PICTURES] = str(pictures)
        with Crawl([*words, "-s", "SCHEDULER=bench.powerloss.RecordingScheduler"], folder, url) as crawl:
            code = crawl.process.wait()
        found: list[str] = []
        want = list(read(folder, found))
        taken = load(pictures)
        if code or found or not taken:
            yield f"the recorded crawl ended with {code}: {log(folder)}"
            return
        back = 0
        for number in range(states):
            picture = random.Random(number).choice(taken)
            restore(folder, state(picture, number))
            with Crawl(words, folder, url) as crawl:
                code = crawl.process.wait()
            told = log(folder)
            back += "going back" in told
            differs = wrong(folder, want) + ["a traceback in the log"] * ("Traceback" in told)
            if code or differs:
                yield f"state {number}, {picture.moment}: exit code {code}, {'; '.join(differs[:3])}\n{told}"
        print(
            f"seed {seed}, {spider}, {way}: {states} states, {len(taken)} pictures, {back} times back to an older page"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--states", type=int, default=20, help="of each seed")
    parser.add_argument("--seeds", type=int, default=7, help="worlds, each with another spider")
    options = parser.parse_args()
    told: list[str] = []
    for seed in range(options.seeds):
        told += crash(seed, options.states)
    print("\n".join(told) or "all exact")
    return int(bool(told))


if __name__ == "__main__":
    sys.exit(main())
