"""Kills crawls again and again, of a sandbox where everything goes wrong, and compares what they got with the truth.

    python -m bench.torture                          a few minutes; `make torture`
    python -m bench.torture --seeds 1-3 --kills 5 --users 60

For each seed a world; one crawl of it, undisturbed; and the same crawl with a job directory, of the same world with
faults of all kinds that pass, killed by `kill -9` so many times, then stopped by a full disk, and then to its end. Some
of the kills come at a random moment of its way, most at a random point within: in the midst of a commit, between two,
while it starts, and the last while it closes (`bench.killpoints`). All its records must be those of the undisturbed
one: none missing, none twice, no field another, no line cut. Of the graph both must be the truth that the sandbox knows
of itself. Each seed has another spider and writes in another way. Exits with 1 where anything differs, where a crawl
hangs or logs a traceback, and where there were fewer kills than asked for.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from bench import killpoints
from bench.compare import Truth, against_truth, compare, read
from bench.plans import FORSS, GRAPH, PLANS, TOKEN, WAYS

ROOT = Path(__file__).parents[1]

# All that passes, and is no answer by itself as 404 is. Some as shares, and one block that lasts for a while. No other
# shape where a bare list is right: an empty one is as good as any.
FAULTS = (
    "500=0.08,502=0.05,503=0.05,504=0.05,reset=0.08,cut=0.08,html200=0.06,shape@/users/*/*=0.06,type=0.04,redirect=0.05,"
    "401=0.002,timeout=0.001,429text=0.001,429json=0.001,429reset=0.001,429token=0.001,429seconds=0.001,429date=0.001,"
    "403html=0.002,403datadome=0.002,403html@/users/*/likes#40-48,wait=0,hang=5"
)

# Small waits: a test need not be polite.
HASTE = (
    *("-s", "FAULTS_FIRST_WAIT=0.02", "-s", "DOWNLOAD_TIMEOUT=2"),
    *("-s", "CONCURRENT_REQUESTS=32", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=32"),
)
_STARTING = 1.5  # seconds that a process takes to its first requests, about
_HANGS = 300  # seconds that no run may take
_FULL = 2  # runs on a disk that is full, behind the kills


@dataclass
class Outcome:
    """What became of one seed."""

    seed: int
    spider: str
    way: str
    kills: int = 0
    inside: int = 0  # of these, at a point within
    full: int = 0  # ends for a full disk
    starts: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    records: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


def torture(seed: int, *, users: int, kills: int, page_size: int, attempts: int) -> Outcome:
    """One seed, to its end."""
    begun = time.monotonic()
    way = list(WAYS)[seed % len(WAYS)]
    with sandbox(users, seed, "") as calm:
        truth = truth_of(calm)
        spider, arguments = PLANS[seed % len(PLANS)](truth)
        command = [sys.executable, "-m", "scrapy", "crawl", spider]
        command += [word for name, value in arguments.items() for word in ("-a", f"{name}={value}")]
        command += [*HASTE, *WAYS[way], "-s", f"SC_PAGE_SIZE={page_size}", "-s", f"SC_ATTEMPTS={attempts}"]
        outcome = Outcome(seed, spider, way)
        with tempfile.TemporaryDirectory(prefix="torture-") as name:
            folder = Path(name)
            with Crawl(command, folder, calm) as crawl:
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
        folder = Path(name)
        command += ["-s", "JOBDIR=job"]
        code = _until_done(outcome, command, folder, rough, kills, requests)
        outcome.faults = Counter(get(f"{rough}-/stats")["faults"])
        outcome.wrong += [f"exit code {code} at the end"] if code else []
        outcome.wrong += ["a traceback in the log"] * ("Traceback" in (folder / "log").read_text(errors="replace"))
        outcome.wrong += [f"only {outcome.kills} of {kills} kills came before it was through"] * (outcome.kills < kills)
        records = list(read(folder, outcome.wrong))
        outcome.records = len(records)
        outcome.wrong += compare(records, wanted)
        if outcome.wrong:
            outcome.wrong.append(log(folder))
    outcome.seconds = time.monotonic() - begun
    return outcome


def _until_done(outcome: Outcome, command: list[str], folder: Path, url: str, kills: int, requests: int) -> int | None:
    """Start that crawl again and again; its exit code at the end. `requests`: what it takes undisturbed."""
    draw = random.Random(outcome.seed)
    code = None
    full = 0
    while code != 0 and outcome.starts < 3 * kills + 20:
        outcome.starts += 1
        kill, disk = None, None
        if outcome.kills < kills:
            kill = drawn(draw, max(1, requests // (kills + 1)), last=outcome.kills == kills - 1)
        elif full < _FULL:
            full += 1
            disk = max(path.stat().st_size for path in folder.rglob("*")) + draw.randint(0, 50_000)
        with Crawl(command, folder, url, kill, disk) as crawl:
            try:
                crawl.kill()
                code = crawl.process.wait(_HANGS)
            except subprocess.TimeoutExpired:
                outcome.wrong.append(f"start {outcome.starts} hangs")
                break
        outcome.kills += code == -signal.SIGKILL
        outcome.inside += code == -signal.SIGKILL and bool(kill and kill.point)
        outcome.full += code == 3 and disk is not None
        if code not in (0, 1, 3, -signal.SIGKILL):
            break
    return code


@dataclass(frozen=True)
class Kill:
    """By which page a crawl is killed, or after how many seconds; or at which point within."""

    pages: int = 0
    seconds: float = math.inf
    point: str = ""


def drawn(draw: random.Random, most: int, *, last: bool) -> Kill:
    """How a run is killed.

    All kills together come before a crawl can be through: it takes more requests than `most` for each of them, and is
    killed before it has asked for more, or acknowledged more. Only the last may let it close: what is under way then
    comes to its end.
    """
    chance = draw.random()
    if last:
        return Kill(point=f"{_point(draw, 'close')}:{draw.randint(1, most)}")
    if chance < 0.2:
        return Kill(point=_point(draw, "commit", most))
    if chance < 0.5:
        return Kill(point=f"commit:{killpoints.SURE['commit'] * most}:{draw.randint(1, 2)}")
    if chance < 0.6:
        return Kill(point=_point(draw, "start"))
    if chance < 0.7:
        return Kill(1, draw.uniform(0, _STARTING))
    return Kill(draw.randint(1, most))


def _point(draw: random.Random, group: str, pages: int = 1) -> str:
    return f"{group}:{draw.randint(1, killpoints.SURE[group] * pages)}"


class Crawl:
    """A crawl in a process and a folder of its own. `disk`: the bytes that a file of it may have."""

    def __init__(
        self, command: list[str], folder: Path, url: str, kill: Kill | None = None, disk: int | None = None
    ) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SC_")}
        addresses = {f"SC_{name}_URL": url.rstrip("/") for name in ("V2", "WEB", "SHORT_LINK")}
        further = {
            "SC_GRAPHQL_URL": f"{url}graphql",
            "SC_PUBLIC_URL": f"{url}public",
            "SC_TOKEN_URL": f"{url}oauth/token",
            "SC_AUTHORIZE_URL": f"{url}authorize",
            "SC_OAUTH_TOKEN": TOKEN,
        }
        project = {"PYTHONPATH": str(ROOT), "SCRAPY_SETTINGS_MODULE": "sc_spiders.settings"}
        if kill and kill.point:
            project |= {"SCRAPY_SETTINGS_MODULE": "bench.killed", killpoints.VARIABLE: kill.point}
        self._url = url
        self._kill = kill
        self._log = (folder / "log").open("ab")
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**clean, **addresses, **further, **project},
            stdout=self._log,
            stderr=self._log,
            preexec_fn=None if disk is None else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (disk, disk)),
        )

    def __enter__(self) -> Crawl:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._log.close()

    def kill(self) -> None:
        """Do as was drawn, where it is not done within."""
        kill = self._kill
        if not kill or not kill.pages:
            return
        enough, until = self._asked() + kill.pages, time.monotonic() + kill.seconds
        while self.process.poll() is None and time.monotonic() < until and self._asked() < enough:
            time.sleep(0.002)
        time.sleep(random.uniform(0, 0.02))
        self.process.kill()

    def _asked(self) -> int:
        return int(get(f"{self._url}-/stats")["total"])


@contextmanager
def sandbox(users: int, seed: int, faults: str) -> Iterator[str]:
    """A sandbox that outlives the crawls; its address."""
    options = ("--users", str(users), "--seed", str(seed), "--faults", faults, "--latency", "30" if faults else "0")
    command = [sys.executable, "-m", "sc_spiders.sandbox", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def truth_of(url: str) -> Truth:
    return lambda path: get(f"{url}-/truth/{path}")


def get(url: str) -> Any:
    with urlopen(url) as answer:
        return json.load(answer)


def log(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")[-3000:]


def table(outcomes: list[Outcome]) -> str:
    lines = [
        f"  seed  {'spider':14}  {'output':22} kills  inside  full  starts   faults  kinds  records  seconds  result",
    ]
    for one in outcomes:
        lines.append(
            f"{one.seed:6}  {one.spider:14}  {one.way:22} {one.kills:5} {one.inside:7} {one.full:5} {one.starts:7} "
            f"{one.faults.total():8,} "
            f"{len(one.faults):6} {one.records:8,} {one.seconds:8.0f}  {'differs' if one.wrong else 'exact'}"
        )
    faults: Counter[str] = sum((one.faults for one in outcomes), Counter())
    lines.append(
        f"   all  {'':14}  {'':22} {sum(one.kills for one in outcomes):5} {sum(one.inside for one in outcomes):7} "
        f"{sum(one.full for one in outcomes):5} {sum(one.starts for one in outcomes):7} "
        f"{faults.total():8,} {len(faults):6} {sum(one.records for one in outcomes):8,} "
        f"{sum(one.seconds for one in outcomes):8.0f}"
    )
    lines.append("  faults: " + ", ".join(f"{count:,} {name}" for name, count in sorted(faults.items())))
    return "\n".join(lines)


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
