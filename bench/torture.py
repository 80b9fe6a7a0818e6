"""Interrupts crawls of a faulty sandbox again and again, and compares their output with the truth.

    python -m bench.torture                          a few minutes; `make torture`
    python -m bench.torture --seeds 1-3 --kills 5 --users 60

For each seed, a world is crawled twice: once undisturbed, and once with a job directory and with all kinds of faults
that go away. The second crawl is killed so many times by `kill -9`, then a full disk stops it, and then it runs to its
end.

Some kills come at a random moment. Most come at a random kill point (`bench.killpoints`): within a commit, between two
commits, while the crawl starts, and the last kill while it closes. Some are power cuts: a random part of the unsynced
data is lost, torn or old (`bench.disks`). The machine fails, too (`bench.machine`): for a while it has no network, no
port or no file descriptor, or its clock steps.

All records must equal those of the undisturbed crawl: none is missing, doubled, changed or cut. The graphs of both must
equal the sandbox's truth. Each seed has another spider and output format. Exits with 1 for any difference, if a crawl
hangs or logs a traceback, and if there were fewer kills than requested.
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench import disks, interruptions, machine
from bench.compare import against_truth, compare, read
from bench.crawling import HASTE, Crawl, get, log, sandbox, truth_of
from bench.interruptions import Interruption
from bench.plans import FORSS, GRAPH, PLANS, WAYS

# All faults that go away. 404 is left out, because it is a valid answer. Most are shares of the requests, and one block
# lasts for a while. Bare lists get no wrong form: an empty list would be valid.
FAULTS = (
    "500=0.08,502=0.05,503=0.05,504=0.05,reset=0.08,cut=0.08,stale=0.05,html200=0.06,shape@/users/*/*=0.06,type=0.04,redirect=0.05,"
    "401=0.002,timeout=0.001,429text=0.001,429json=0.001,429reset=0.001,429token=0.001,429seconds=0.001,429date=0.001,"
    "403html=0.002,403datadome=0.002,403html@/users/*/likes#40-48,wait=0,hang=5"
)

_HANGS = 300  # seconds that no run may take
_FULL = 2  # runs with a full disk, after the kills


@dataclass
class Outcome:
    """The result of one seed."""

    seed: int
    spider: str
    way: str
    kills: int = 0
    inside: int = 0  # of these, at kill points
    power: int = 0  # of these, power cuts
    back: int = 0  # resumes that went back to an older page
    full: int = 0  # runs that a full disk ended
    machine: Counter[str] = field(default_factory=Counter)  # faults of this machine
    starts: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    records: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def note(self, code: int, interruption: Interruption) -> None:
        """Count how a run ended."""
        self.kills += code == -signal.SIGKILL
        self.inside += code == -signal.SIGKILL and bool(interruption.point)
        self.full += code == 3 and interruption.disk is not None


def torture(seed: int, *, users: int, kills: int, page_size: int, attempts: int) -> Outcome:
    """Run one seed to its end."""
    begun = time.monotonic()
    way = list(WAYS)[seed % len(WAYS)]
    with sandbox(users, seed, "") as calm:
        truth = truth_of(calm)
        spider, arguments = PLANS[seed % len(PLANS)](truth)
        words = ["crawl", spider]
        words += [word for name, value in arguments.items() for word in ("-a", f"{name}={value}")]
        words += [*HASTE, *WAYS[way], "-s", f"SC_PAGE_SIZE={page_size}", "-s", f"SC_ATTEMPTS={attempts}"]
        outcome = Outcome(seed, spider, way)
        with tempfile.TemporaryDirectory(prefix="torture-") as name:
            folder = Path(name)
            with Crawl(words, folder, calm) as crawl:
                calm_code = crawl.process.wait()
            wanted = list(read(folder, outcome.wrong))
            if calm_code:
                outcome.wrong.append(f"exit code {calm_code} of the undisturbed crawl: {log(folder)}")
        if spider == "user_graph":
            outcome.wrong += against_truth(wanted, truth, f"seeds={FORSS}&{GRAPH}")
        requests = sum(get(f"{calm}-/stats")["requests"].values())
    with (
        tempfile.TemporaryDirectory(prefix="torture-") as name,
        sandbox(users, seed, f"{FAULTS},seed={seed}") as rough,
    ):
        folder = Path(name, "crawl")
        folder.mkdir()
        words += ["-s", "JOBDIR=job"]
        code = _until_done(outcome, words, folder, rough, kills, requests)
        outcome.faults = Counter(get(f"{rough}-/stats")["faults"])
        outcome.wrong += [f"exit code {code} at the end"] if code else []
        told = (folder / "log").read_text(errors="replace")
        outcome.machine = Counter(re.findall(f"{machine.SAYS} (\\w+)", told))
        outcome.back = told.count("going back by")
        outcome.wrong += ["a traceback in the log"] * ("Traceback" in told)
        outcome.wrong += [f"only {outcome.kills} of {kills} kills came before it was through"] * (outcome.kills < kills)
        records = list(read(folder, outcome.wrong))
        outcome.records = len(records)
        outcome.wrong += compare(records, wanted)
        if outcome.wrong:
            outcome.wrong.append(log(folder))
    outcome.seconds = time.monotonic() - begun
    return outcome


def _until_done(outcome: Outcome, words: list[str], folder: Path, url: str, kills: int, requests: int) -> int | None:
    """Start the crawl until it finishes. Returns its exit code. `requests`: how many it needs without faults."""
    code = None
    for interruption in _interruptions(outcome, folder, kills, requests):
        outcome.starts += 1
        with Crawl(words, folder, url, interruption) as crawl:
            try:
                crawl.kill()
                code = crawl.process.wait(_HANGS)
            except subprocess.TimeoutExpired:
                outcome.wrong.append(f"start {outcome.starts} hangs")
                break
        outcome.note(code, interruption)
        if interruption.power and interruption.power.exists():
            outcome.power += 1
            _cut_power(folder, interruption.power, outcome.seed * 1000 + outcome.starts)
        if code not in (1, 3, -signal.SIGKILL):
            break
    return code


def _cut_power(folder: Path, picture: Path, seed: int) -> None:
    """Put files into that folder that a power cut may leave. The bench's own log is no file of the crawl."""
    log = folder / "log"
    files = disks.state(pickle.loads(picture.read_bytes()), seed)
    disks.restore(folder, {**files, str(log): log.read_bytes()})
    picture.unlink()


def _interruptions(outcome: Outcome, folder: Path, kills: int, requests: int) -> Iterator[Interruption]:
    """Yields the interruption of each run: first the kills, then full disks, then only faults of the machine."""
    draw = random.Random(outcome.seed)
    most = max(1, requests // (kills + 1))
    while outcome.kills < kills and outcome.starts < 3 * kills + 20:
        kill = interruptions.kill(draw, most, last=outcome.kills == kills - 1)
        kill = interruptions.with_fault(draw, kill, most)
        yield interruptions.with_power_cut(draw, kill, folder.with_name("picture"))
    for _ in range(_FULL):
        full = interruptions.full_disk(draw, max(path.stat().st_size for path in folder.rglob("*")))
        yield interruptions.with_fault(draw, full, most)
    while outcome.starts < 3 * kills + 20:
        yield interruptions.with_fault(draw, Interruption(), most)


_COLUMNS = "{:>6}  {:14}  {:22} {:>5} {:>6} {:>5} {:>4} {:>7} {:>6} {:>8} {:>5} {:>8} {:>7}  {}"


def table(outcomes: list[Outcome]) -> str:
    """A line for each seed, and the sums."""
    names = ("kills", "inside", "power", "full", "machine", "starts", "faults", "kinds", "records", "seconds")
    faults: Counter[str] = sum((one.faults for one in outcomes), Counter())
    broken: Counter[str] = sum((one.machine for one in outcomes), Counter())
    lines = [_COLUMNS.format("seed", "spider", "output", *names, "result")]
    for one in outcomes:
        result = "differs" if one.wrong else "exact"
        lines.append(_COLUMNS.format(one.seed, one.spider, one.way, *_figures([one]), result))
    lines.append(_COLUMNS.format("all", "", "", *_figures(outcomes), ""))
    lines.append(f"  faults: {_counts(faults)}")
    lines.append(f"  back to an older page: {sum(one.back for one in outcomes):,} times")
    lines.append(f"  of this machine: {_counts(broken)}")
    return "\n".join(lines)


def _figures(outcomes: list[Outcome]) -> list[str]:
    kinds = {name for one in outcomes for name in one.faults}
    rows = [
        (
            *(one.kills, one.inside, one.power, one.full, one.machine.total(), one.starts),
            *(one.faults.total(), 0, one.records, round(one.seconds)),
        )
        for one in outcomes
    ]
    sums = [sum(column) for column in zip(*rows, strict=True)]
    sums[7] = len(kinds)
    return [f"{number:,}" for number in sums]


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counter.items()))


def seeds(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.torture", description="Kill crawls, and compare with the truth.")
    add = parser.add_argument
    add("--seeds", type=seeds, default=seeds("0-6"), metavar="A[-B]", help="what worlds, faults, kills are drawn from")
    add("--users", type=int, default=150, help="people in each sandbox")
    add("--kills", type=int, default=8, help="kills a seed")
    add("--page-size", type=int, default=10, help="objects a page: the fewer, the more requests")
    add(
        "--attempts",
        type=int,
        default=8,
        help="SC_ATTEMPTS: for one page, kills while it was asked for alone among them",
    )
    add("--json", type=Path, help="also write what came of it to this file")
    options = vars(parser.parse_args(arguments))
    file, numbers = options.pop("json"), options.pop("seeds")
    outcomes = []
    for seed in numbers:
        outcome = torture(seed, **options)
        outcomes.append(outcome)
        print(f"seed {seed}, {outcome.spider}: {'; '.join(outcome.wrong) or 'exact'}", flush=True)
    print(table(outcomes))
    if file:
        found = {"options": options, "seeds": [vars(outcome) for outcome in outcomes]}
        file.write_text(json.dumps(found, indent=1) + "\n")
    return int(any(outcome.wrong for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
