"""Compares the whole product with other clients and a bare Scrapy: `make bench`, or `python -m bench.crawls`.

Rounds are interleaved, and results are medians: trust the ratios. The server is a separate process that serves from
memory (bench/server.py). CPU is user and system time of the client's process. A second, short run of each client
measures the cost of starting up, which is subtracted.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from bench.figures import HERE, Figure, at_least, at_most, environment, tell

ROOT = Path(__file__).parents[1]
ROWS = 200
MARKS = (10_000, 100_000, 1_000_000, 10_000_000)  # users that a crawl knows when the cost of a page is measured


@dataclass
class Run:
    """Resources of one process. CPU and wall in seconds, memory in MiB."""

    cpu: float
    wall: float
    memory: float


class Bench:
    """Runs clients against one server."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SC_")},
            "PYTHONPATH": str(ROOT),
            "SCRAPY_SETTINGS_MODULE": "sc_spiders.settings",
            "SC_V2_URL": address,
            "SC_WEB_URL": address,
        }

    def ours(self, spider: str, argument: str, ids: list[int], *options: str) -> list[str]:
        seeds = f"{argument}={','.join(map(str, ids))}"
        return [sys.executable, "-m", "scrapy", "crawl", spider, "-a", seeds, *options]

    def other(self, name: str, list_: str, ids: list[int]) -> list[str]:
        return [sys.executable, "-m", "bench.others", name, self.address, list_, *map(str, ids)]

    def run(self, command: list[str]) -> Run:
        """Runs a client. Raises RuntimeError if it fails."""
        folder = tempfile.mkdtemp()
        with tempfile.TemporaryFile() as log:
            begun = time.perf_counter()
            process = subprocess.Popen(command, cwd=folder, env=self.environment, stdout=log, stderr=log)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - begun
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                log.seek(0)
                raise RuntimeError(f"{' '.join(command)[:200]} failed:\n{log.read()[-2000:].decode(errors='replace')}")
        shutil.rmtree(folder)
        return Run(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def lists(count: int, pages: int) -> list[int]:
    """Ids of `count` lists with `pages` pages each (see bench/server.py)."""
    return [number * 10**6 + pages for number in range(1, count + 1)]


@contextmanager
def server(latency: float = 0, rows: int = ROWS) -> Iterator[Bench]:
    """Runs a server. `latency`: milliseconds before each answer. `rows`: of a page."""
    command = [sys.executable, "-m", "bench.server", "--latency", str(latency), "--rows", str(rows)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield Bench(process.stdout.readline().strip())
        finally:
            process.terminate()


def contenders(bench: Bench) -> dict[str, Callable[[list[int]], list[str]]]:
    """The command of each client, for the ids of its lists.

    With `-O`, a crawl of ours cannot be resumed, as those of the others. A default crawl can: it has a job directory.
    """
    graph = ("user_graph", "user")
    followers = ("-a", "relations=followers")
    one_file = (*followers, "-O", "all.jsonl")
    tracks = ("-a", "include=tracks", "-O", "tracks.csv")
    return {
        "users: sc_spiders": lambda ids: bench.ours(*graph, ids, *one_file),
        "users: sc_spiders, JOBDIR": lambda ids: bench.ours(*graph, ids, *one_file, "-s", "JOBDIR=job"),
        "users: sc_spiders, default": lambda ids: bench.ours(*graph, ids, *followers),
        "users: sc_spiders, a pipeline": lambda ids: bench.ours(*graph, ids, *one_file, *A_PIPELINE),
        "users: bare Scrapy": lambda ids: bench.other("bare_scrapy", "followers", ids),
        "users: soundcloud-v2": lambda ids: bench.other("soundcloud_v2", "followers", ids),
        "tracks: sc_spiders, CSV": lambda ids: bench.ours("user", "user", ids, *tracks),
        "tracks: soundcloud-v2": lambda ids: bench.other("soundcloud_v2", "tracks", ids),
        "comments: sc_spiders, CSV": lambda ids: bench.ours("track_comments", "track", ids, "-O", "comments.csv"),
        "comments: soundcloud-v2": lambda ids: bench.other("soundcloud_v2", "comments", ids),
    }


def cpu_table(bench: Bench, rounds: int, pages: int) -> dict[str, dict[str, float]]:
    """Medians of CPU milliseconds for 1000 API objects, by client and kind of list."""
    clients = contenders(bench)
    count = 16
    costs: dict[str, list[float]] = {name: [] for name in clients}
    rates: dict[str, list[float]] = {name: [] for name in clients}
    for _ in range(rounds):
        for name, command in clients.items():
            few = bench.run(command(lists(count, 1)))
            many = bench.run(command(lists(count, pages + 1)))
            objects = count * pages * ROWS
            costs[name].append((many.cpu - few.cpu) / objects * 1e6)
            rates[name].append(objects / max(many.wall - few.wall, 1e-9))
            print(f"  {name}: {costs[name][-1]:.1f} ms", file=sys.stderr)
    return {
        name: {"cpu_ms_per_1000": statistics.median(costs[name]), "objects_per_s": statistics.median(rates[name])}
        for name in clients
    }


def asked(bench: Bench, pages: int) -> dict[str, int]:
    """Requests for 16 lists of `pages` pages each, and the least number possible: client id, seeds, pages."""
    with urlopen(f"{bench.address}/asked") as answer:
        before = json.load(answer)
    bench.run(bench.ours("user_graph", "user", lists(16, pages), "-a", "relations=followers"))
    with urlopen(f"{bench.address}/asked") as answer:
        return {"asked": json.load(answer) - before - 1, "least": 1 + 16 + 16 * pages}


def latency_table(rounds: int, pages: int) -> dict[str, float]:
    """Medians of API objects a second at 50 ms latency: ours with 16 requests at a time, soundcloud-v2 unchanged."""
    counts = {"users: sc_spiders": 16, "users: sc_spiders, default": 16, "users: soundcloud-v2": 1}
    rates: dict[str, list[float]] = {name: [] for name in counts}
    with server(latency=50) as bench:
        clients = contenders(bench)
        for _ in range(rounds):
            for name, count in counts.items():
                few = bench.run(clients[name](lists(count, 1)))
                many = bench.run(clients[name](lists(count, pages)))
                rates[name].append(count * (pages - 1) * ROWS / (many.wall - few.wall))
    return {name: statistics.median(values) for name, values in rates.items()}


def growth_table(bench: Bench, users: int, rounds: int) -> dict[str, Any]:
    """CPU a page by the number of users that are known already, and the memory at the end. With JOBDIR."""
    marks = [mark for mark in MARKS if mark <= users]
    costs: dict[int, list[float]] = {mark: [] for mark in marks}
    memory = []
    for _ in range(rounds):
        with tempfile.NamedTemporaryFile() as probe:
            options = ("-s", "JOBDIR=job", "-s", f"PROBE={probe.name}")
            pages = users // ROWS // 16 + 1
            command = bench.ours("user_graph", "user", lists(16, pages), "-a", "relations=followers", *options)
            used = bench.run([*command, "-s", "ADDONS=" + json.dumps(ADDONS)])
            memory.append(used.memory)
            lines = [line.split() for line in Path(probe.name).read_text().splitlines()]
        points = [(int(count), float(cpu)) for count, cpu in lines]
        for mark in marks:
            costs[mark].append(_cost_before(points, mark))
    return {
        "cpu_ms_per_page": {mark: statistics.median(values) for mark, values in costs.items()},
        "memory_mib": statistics.median(memory),
    }


def _cost_before(points: list[tuple[int, float]], mark: int) -> float:
    """CPU milliseconds a page between `mark` / 2 and `mark` users. `points`: users so far, CPU seconds so far."""
    near = [point for point in points if 0.5 * mark <= point[0] <= mark]
    (first, begun), (last, ended) = near[0], near[-1]
    return (ended - begun) / ((last - first) / ROWS) * 1000


A_PIPELINE = ("-s", 'ITEM_PIPELINES={"bench.probe.Nothing": 1}')
ADDONS = {"sc_spiders.Addon": 0, "bench.probe.AddProbe": 200}


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares the whole product with other clients.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", type=int, default=20, help="of each of 16 lists, in a round")
    parser.add_argument("--users", type=int, default=1_000_000, help="distinct users of the longest crawl")
    parser.add_argument("--json", type=Path, default=HERE / "crawls.json")
    options = parser.parse_args()
    if options.users < MARKS[1]:
        parser.error(f"--users: at least {MARKS[1]}, since the cost a page is compared with that at {MARKS[0]}")
    with server() as bench:
        cpu = cpu_table(bench, options.rounds, options.pages)
        growth = growth_table(bench, options.users, 3)
        requests = asked(bench, options.pages)
    latency = latency_table(options.rounds, options.pages)
    tell(
        options.json,
        environment("scrapy", "orjson", "jsonschema-rs", "soundcloud-v2"),
        list(figures(cpu, latency, growth, requests)),
        rounds=options.rounds,
        cpu=cpu,
        latency=latency,
        growth=growth,
        requests=requests,
    )


def figures(
    cpu: dict[str, dict[str, float]], latency: dict[str, float], growth: dict[str, Any], requests: dict[str, int]
) -> Iterator[Figure]:
    """The figures, each with its bound."""

    def ratio(one: str, other: str) -> float:
        return cpu[one]["cpu_ms_per_1000"] / cpu[other]["cpu_ms_per_1000"]

    yield at_most(
        "CPU, users to JSON Lines, relative to soundcloud-v2", ratio("users: sc_spiders", "users: soundcloud-v2"), 0.25
    )
    yield at_most(
        "CPU, users to JSON Lines, relative to a bare Scrapy", ratio("users: sc_spiders", "users: bare Scrapy"), 2
    )
    for what, name in (("with JOBDIR", "JOBDIR"), ("of a default crawl, which can be resumed", "default")):
        share = ratio(f"users: sc_spiders, {name}", "users: sc_spiders")
        yield at_most(f"CPU {what}, relative to one that cannot be resumed", share, 1.25)
    rate = latency["users: sc_spiders"] / latency["users: soundcloud-v2"]
    yield at_least("objects a second at 50 ms, 16 at a time, relative to soundcloud-v2", rate, 12)
    rate = latency["users: sc_spiders, default"] / latency["users: sc_spiders"]
    yield at_least("the same of a default crawl, relative to one that cannot be resumed", rate, 0.95)
    for kind in ("tracks", "comments"):
        share = ratio(f"{kind}: sc_spiders, CSV", f"{kind}: soundcloud-v2")
        yield at_most(f"CPU, {kind} to CSV, relative to soundcloud-v2", share, 0.25)
    costs = growth["cpu_ms_per_page"]
    first, *_, last = sorted(costs)
    yield at_most(f"CPU a page at {last:,} users, relative to {first:,} users", costs[last] / costs[first], 1.15)
    most = 600 if last > 1_000_000 else 200
    yield at_most(f"memory at {last:,} distinct users, JOBDIR set, MiB", growth["memory_mib"], most)
    yield at_most("requests, relative to the least number possible", requests["asked"] / requests["least"], 1)
    price = ratio("users: sc_spiders, a pipeline", "users: sc_spiders")
    yield Figure("CPU with one item pipeline, relative to CPU without", price)


if __name__ == "__main__":
    main()
