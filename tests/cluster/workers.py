"""Workers of one crawl, and the data set that they make together."""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path
from typing import Any

from bench.process import Inside, Process
from sc_spiders.sandbox import Sandbox
from sc_spiders.sandbox.world import World
from tests.support.crawl import Crawls, odd_lines

from .server import RedisServer

POPULATION, LISTINGS = 40, 76
"""Of the sandboxes, and of a crawl two steps deep: enough to kill workers in the midst of it."""

Graph = tuple[set[str], set[tuple[str, str, str]]]


class Workers:
    """Workers that run the same command in one folder."""

    def __init__(self, folder: Path, sandbox: Sandbox, **settings: Any) -> None:
        self.folder = folder
        self._crawls = Crawls(folder)
        self._sandbox = sandbox
        self._settings = settings
        self.running: list[Process] = []
        self.all: list[Process] = []

    def start(
        self,
        *options: str,
        spider: str = "user_graph",
        sandbox: Sandbox | None = None,
        inside: Inside | None = None,
        **arguments: Any,
    ) -> Process:
        """Start a worker. `sandbox`: the index of one of two sandboxes with the same world."""
        if spider == "user_graph":
            arguments = {"user": 183, "depth": 2, **arguments}
        worker = self._crawls.start(
            *(spider, "-s", "CONCURRENT_REQUESTS=4", "-s", "FAULTS_FIRST_WAIT=0.1", *options),
            sandbox=sandbox or self._sandbox,
            settings=self._settings,
            inside=inside,
            **arguments,
        )
        self.running.append(worker)
        self.all.append(worker)
        return worker

    def start_together(self, redis: RedisServer, count: int, *options: str) -> None:
        """Start so many workers. They go on only after all of them have joined."""
        for number in range(1, count + 1):
            worker = self.start(*options)
            redis.until_joined(number)
            worker.send(signal.SIGSTOP)
        for worker in self.running:
            worker.send(signal.SIGCONT)

    def kill(self, worker: Process, signal_: int = signal.SIGKILL) -> None:
        if worker.code is None:
            worker.send(signal_)
        worker.wait()
        self.running.remove(worker)

    def wait(self) -> list[int]:
        """Wait until all workers end by themselves. Returns their exit codes. Their logs must have no odd lines."""
        codes = [worker.wait() for worker in self.running]
        assert not odd_lines(self.logs(), warnings=False), self.logs()
        self.running = []
        return codes

    def stop(self) -> None:
        for worker in self.running:
            worker.kill()

    def logs(self) -> str:
        return "\n".join(worker.printed for worker in self.all)

    def merged(self, *inputs: str) -> list[dict[str, Any]]:
        """The output of `scrapy merge` for the workers' files, or for some of them."""
        process = self._crawls.command("merge", *(inputs or ["output"]), "-o", "all.jsonl")
        self.told = process.printed
        assert process.code == 0, self.told
        with (self.folder / "all.jsonl").open() as file:
            return [json.loads(line) for line in file]


def status(folder: Path, redis: str, *words: str) -> Process:
    """`scrapy status`."""
    return Crawls(folder).command("status", *words, SC_REDIS_URL=redis)


def graph(rows: list[dict[str, Any]]) -> Graph:
    """Users and edges without doubles."""
    users = Counter(row["urn"] for row in rows if row["kind"] == "user")
    edges = Counter((row["relation"], row["source"], row["target"]) for row in rows if row["kind"] == "edge")
    assert set((users | Counter({"": 1})).values()) == {1}
    return set(users), set(edges)


def truth(world: World, depth: int = 2) -> Graph:
    nodes, edges = world.graph([183], depth, ["followings", "followers"])
    return set(nodes), {(relation, source, target) for relation, source, target in edges}


def check(workers: Workers, world: World, depth: int = 2) -> list[dict[str, Any]]:
    """Assert that the merged data set is the whole graph, and that its crawl record says so."""
    rows = workers.merged()
    users, edges = graph(rows)
    true_users, true_edges = truth(world, depth)
    assert users ^ true_users == set()
    assert edges ^ true_edges == set()
    listings = [row for row in rows if row["kind"] == "listing"]
    assert all(listing["complete"] for listing in listings), [one for one in listings if not one["complete"]]
    for listing in listings:
        relation = getattr(world, listing["endpoint"])
        assert listing["fetched"] == len(relation(int(listing["subject"].rpartition(":")[2]))), listing
    assert "NOT complete" not in workers.told, workers.told
    return rows
