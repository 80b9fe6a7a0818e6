"""Kills crawls again and again, of a sandbox where everything goes wrong, and compares what they got with the truth.

    python -m bench.torture                          a few minutes; `make torture`
    python -m bench.torture --seeds 1-3 --kills 5 --users 60

For each seed a sandbox with faults of all kinds that pass; crawls of it with a job directory, each killed by `kill -9`
at a random moment, until there were so many kills; then crawls to the end. The output must be the truth, exactly: no
record missing, none twice, no line cut, one listing record a listing, all complete, one crawl record. Each seed writes
its output in another way. Exits with 1 where anything differs.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
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

ROOT = Path(__file__).parents[1]
RELATIONS = "followings,followers,likes,reposts"
FORSS = 183

# All that passes, and is no answer by itself as 404 is. Some as shares, and one block that lasts for a while.
FAULTS = (
    "500=0.08,502=0.05,503=0.05,504=0.05,reset=0.08,cut=0.08,html200=0.06,shape=0.06,type=0.04,redirect=0.05,"
    "401=0.002,timeout=0.001,429text=0.001,429json=0.001,429reset=0.001,429token=0.001,429seconds=0.001,429date=0.001,"
    "403html=0.002,403datadome=0.002,403html@/users/*/likes#40-48,wait=0,hang=5"
)

# How the output is written, by turns.
WAYS: dict[str, tuple[str, ...]] = {
    "jsonl, a file a kind": (),
    "-o FILE.jsonl": ("-o", "all.jsonl"),
    "csv, a file a kind": ("-s", "SC_FORMAT=csv"),
    "-O FILE.jsonl": ("-O", "all.jsonl"),
}

# Small waits and many attempts: kills count as attempts too, and a test need not be polite.
HASTE = (
    *("-s", "FAULTS_FIRST_WAIT=0.02", "-s", "SC_ATTEMPTS=40", "-s", "DOWNLOAD_TIMEOUT=2"),
    *("-s", "CONCURRENT_REQUESTS=32", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=32"),
)


@dataclass
class Outcome:
    """What became of one seed."""

    seed: int
    way: str
    kills: int = 0
    starts: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    records: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


def torture(seed: int, users: int, kills: int, depth: int, page_size: int, longest: float) -> Outcome:
    """One seed, to its end."""
    way = list(WAYS)[seed % len(WAYS)]
    outcome = Outcome(seed, way)
    draw = random.Random(seed)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="torture-") as name, sandbox(users, seed) as url:
        folder = Path(name)
        command = [
            *(sys.executable, "-m", "scrapy", "crawl", "user_graph", "-a", f"user={FORSS}", "-a", f"depth={depth}"),
            *("-a", f"relations={RELATIONS}", "-s", "JOBDIR=job", "-s", f"SC_PAGE_SIZE={page_size}"),
            *HASTE,
            *WAYS[way],
        ]
        code = None
        while code != 0 and outcome.starts < 3 * kills + 20:
            outcome.starts += 1
            patience = draw.uniform(0.3, longest) if outcome.kills < kills else None
            code = run(command, folder, url, patience)
            if code == -signal.SIGKILL:
                outcome.kills += 1
            elif code not in (0, 1):
                break
        outcome.faults = Counter(get(f"{url}-/stats")["faults"])
        truth = get(f"{url}-/truth/graph?seeds={FORSS}&depth={depth}&relations={RELATIONS}")
        outcome.wrong = [f"exit code {code} at the end"] if code else []
        records = list(read(folder, outcome.wrong))
        outcome.records = len(records)
        outcome.wrong += compare(records, truth)
        if outcome.wrong:
            outcome.wrong.append((folder / "log").read_text(errors="replace")[-3000:])
    outcome.seconds = time.monotonic() - begun
    return outcome


def run(command: list[str], folder: Path, url: str, patience: float | None) -> int:
    """One start of the crawl, killed after that many seconds; its exit code."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SC_")}
    addresses = {f"SC_{name}_URL": url.rstrip("/") for name in ("V2", "WEB", "GRAPHQL")}
    local = {
        "SC_PUBLIC_URL": f"{url}public",
        "SC_TOKEN_URL": f"{url}oauth/token",
        "SC_AUTHORIZE_URL": f"{url}authorize",
    }
    project = {"PYTHONPATH": str(ROOT), "SCRAPY_SETTINGS_MODULE": "sc_spiders.settings"}
    with (folder / "log").open("ab") as log:
        crawl = subprocess.Popen(
            command, cwd=folder, env={**clean, **addresses, **local, **project}, stdout=log, stderr=log
        )
        try:
            return crawl.wait(patience)
        except subprocess.TimeoutExpired:
            crawl.kill()
            return crawl.wait()


@contextmanager
def sandbox(users: int, seed: int) -> Iterator[str]:
    """A sandbox that outlives the crawls; its address."""
    faults = f"{FAULTS},seed={seed}"
    options = ("--users", str(users), "--seed", str(seed), "--faults", faults)
    command = [sys.executable, "-m", "sc_spiders.sandbox", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def get(url: str) -> Any:
    with urlopen(url) as answer:
        return json.load(answer)


def read(folder: Path, wrong: list[str]) -> Iterator[dict[str, Any]]:
    """All records, in whatever way they were written; lines that cannot be read are wrong."""
    for path in sorted([*folder.glob("all.*"), *folder.glob("output/*/*/*")]):
        if path.suffix == ".csv":
            with path.open(newline="") as file:
                yield from csv.DictReader(file, strict=True)
            continue
        for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
            try:
                if line:
                    yield json.loads(line)
            except ValueError:
                wrong.append(f"{path.name}, line {number} is cut: {line[:60]!r}")
    if len(list(folder.glob("output/*/*"))) > 1:
        wrong.append("there is more than one output folder")


def compare(records: list[dict[str, Any]], truth: dict[str, Any]) -> list[str]:
    """What differs from the truth, a line each."""
    nodes = Counter(record["urn"] for record in records if record["kind"] in ("user", "track", "playlist"))
    partial = {record["urn"] for record in records if str(record.get("partial")).lower() == "true"}
    edges = Counter((r["relation"], r["source"], r["target"]) for r in records if r["kind"] == "edge")
    listings = Counter((r["endpoint"], r["subject"]) for r in records if r["kind"] == "listing")
    complete = [str(r["complete"]).lower() for r in records if r["kind"] == "listing"]
    crawls = sum(record["kind"] == "crawl" for record in records)
    wrong = []
    for name, got, want in (("nodes", nodes, truth["nodes"]), ("edges", edges, map(tuple, truth["edges"]))):
        expected = set(want)
        if missing := expected - got.keys():
            wrong.append(f"{len(missing)} {name} are missing, {sorted(missing)[0]} for one")
        if added := got.keys() - expected:
            wrong.append(f"{len(added)} {name} are there and should not be, {sorted(added)[0]} for one")
    # A node may come once more where it came in a partial form first.
    twice: list[object] = [urn for urn, count in nodes.items() if count > 1 + (urn in partial)]
    twice += [edge for edge, count in edges.items() if count > 1]
    twice += [listing for listing, count in listings.items() if count > 1]
    if twice:
        wrong.append(f"{len(twice)} records are there twice, {twice[0]} for one")
    if complete.count("true") != len(complete):
        wrong.append(f"{len(complete) - complete.count('true')} of {len(complete)} listings are not complete")
    if crawls != 1:
        wrong.append(f"{crawls} crawl records")
    if any(record["kind"] == "rejected" or "reasons" in record for record in records):
        wrong.append("something was rejected")
    return wrong


def table(outcomes: list[Outcome]) -> str:
    lines = ["  seed  output                 kills  starts   faults  kinds  records  seconds  result"]
    for one in outcomes:
        lines.append(
            f"{one.seed:6}  {one.way:22} {one.kills:5} {one.starts:7} {one.faults.total():8,} {len(one.faults):6} "
            f"{one.records:8,} {one.seconds:8.0f}  {'differs' if one.wrong else 'exact'}"
        )
    faults: Counter[str] = sum((one.faults for one in outcomes), Counter())
    lines.append(
        f"   all  {'':22} {sum(one.kills for one in outcomes):5} {sum(one.starts for one in outcomes):7} "
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
    add("--seeds", type=seeds, default=[1, 2, 3, 4], metavar="A[-B]", help="numbers to draw worlds, faults, kills from")
    add("--users", type=int, default=150, help="people in each sandbox")
    add("--kills", type=int, default=10, help="kills a seed")
    add("--depth", type=int, default=2)
    add("--page-size", type=int, default=10, help="objects a page: the fewer, the more requests")
    add("--longest", type=float, default=4.0, metavar="S", help="longest time before a kill, in seconds")
    options = vars(parser.parse_args(arguments))
    outcomes = []
    for seed in options.pop("seeds"):
        outcome = torture(seed, **options)
        outcomes.append(outcome)
        print(f"seed {seed}: {'; '.join(outcome.wrong) or 'exact'}", flush=True)
    print(table(outcomes))
    return int(any(outcome.wrong for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
