"""Workers of one crawl, and the data set that they make together."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from sc_spiders.sandbox import Sandbox
from sc_spiders.sandbox.world import World
from tests.crawling import Crawls, odd_lines
from tests.support.patience import PATIENCE

from .server import RedisServer

Graph = tuple[set[str], set[tuple[str, str, str]]]


class Workers:
    """Started with one command each, in one folder."""

    def __init__(self, folder: Path, sandbox: Sandbox, **settings: Any) -> None:
        self.folder = folder
        self._crawls = Crawls(folder)
        self._sandbox = sandbox
        self._settings = settings
        self.running: list[subprocess.Popen[bytes]] = []
        self.ended: list[subprocess.Popen[bytes]] = []

    def start(
        self, *options: str, spider: str = "user_graph", sandbox: Sandbox | None = None, **arguments: str | int
    ) -> subprocess.Popen[bytes]:
        """`sandbox`: which of two sandboxes with the same world that worker asks."""
        if spider == "user_graph":
            arguments = {"user": 183, "depth": 2, **arguments}
        number = len(self.running) + len(self.ended)
        with (self.folder / f"worker-{number}.log").open("wb") as log:
            worker = subprocess.Popen(
                self._crawls.command(spider, "-s", "CONCURRENT_REQUESTS=4", *options, **arguments),
                cwd=self.folder,
                env=self._crawls.environment(sandbox or self._sandbox, **self._settings),
                stdout=log,
                stderr=log,
            )
        self.running.append(worker)
        return worker

    def start_together(self, redis: RedisServer, count: int, *options: str) -> None:
        """So many workers that go on only once each of them has joined, however slow the machine."""
        for number in range(1, count + 1):
            worker = self.start(*options)
            redis.until_joined(number)
            worker.send_signal(signal.SIGSTOP)
        for worker in self.running:
            worker.send_signal(signal.SIGCONT)

    def kill(self, worker: subprocess.Popen[bytes], signal_: int = signal.SIGKILL) -> None:
        worker.send_signal(signal_)
        worker.wait(PATIENCE)
        self.running.remove(worker)
        self.ended.append(worker)

    def wait(self) -> list[int]:
        """The exit codes of all that run, once they have ended by themselves, and with nothing odd in their logs."""
        codes = [worker.wait(PATIENCE) for worker in self.running]
        assert not odd_lines(self.logs(), warnings=False), self.logs()
        self.ended += self.running
        self.running = []
        return codes

    def stop(self) -> None:
        for worker in self.running:
            worker.kill()
            worker.wait(PATIENCE)

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("worker-*.log")))

    def merged(self, *inputs: str) -> list[dict[str, Any]]:
        """What `scrapy merge` makes of the workers' files, or of some of them."""
        done = subprocess.run(
            [*self._crawls.command("x")[:3], "merge", *(inputs or ["output"]), "-o", "all.jsonl"],
            cwd=self.folder,
            env=self._crawls.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        self.told = done.stdout + done.stderr
        with (self.folder / "all.jsonl").open() as file:
            return [json.loads(line) for line in file]


def status(folder: Path, redis: str, *words: str, head: int = 0) -> subprocess.CompletedProcess[str]:
    """`scrapy status`; `head`: as read by somebody who closes the pipe after so many lines."""
    crawls = Crawls(folder)
    process = subprocess.Popen(
        [*crawls.command("x")[:3], "status", *words],
        cwd=folder,
        env=crawls.environment(SC_REDIS_URL=redis),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    if head:
        out = "".join(process.stdout.readline() for _ in range(head))
        process.stdout.close()
        err = process.stderr.read()
        process.stderr.close()
        process.wait(PATIENCE)
    else:
        out, err = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def graph(rows: list[dict[str, Any]]) -> Graph:
    """Users and edges, each once."""
    users = Counter(row["urn"] for row in rows if row["kind"] == "user")
    edges = Counter((row["relation"], row["source"], row["target"]) for row in rows if row["kind"] == "edge")
    assert set((users | Counter({"": 1})).values()) == {1}
    return set(users), set(edges)


def truth(world: World, depth: int = 2) -> Graph:
    nodes, edges = world.graph([183], depth, ["followings", "followers"])
    return set(nodes), {(relation, source, target) for relation, source, target in edges}


def check(workers: Workers, world: World, depth: int = 2) -> list[dict[str, Any]]:
    """Assert that the merged data set is what there is to find, and says so."""
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
