"""Measures the speed of several workers, and the cost of sharing a crawl: `python -m bench.cluster`.

- pages a second with 1, 2 and 4 workers of 4 requests at a time, the API 50 ms away
- the same with Redis 2 ms away, through a proxy that delays each byte by 1 ms
- CPU a page of a worker, and of a single process with and without a job directory

For rates, pages are small (10 objects), so that latency is the limit and not this machine's cores. For CPU, pages have
200 objects. Rates count only the time in which all workers run. Rounds are interleaved; results are medians.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis

from bench.crawls import ROOT, Bench, lists, server
from bench.figures import HERE, Figure, at_least, environment, tell
from tests.cluster.server import RedisServer

LATENCY = 50  # milliseconds
WORKERS = (1, 2, 4)
AT_A_TIME = 4
SMALL, PAGE = 10, 200  # objects a page
AWAY = 0.001  # seconds in each direction
PREFIX = "sc_spiders:{bench}:"


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    with tempfile.TemporaryDirectory() as folder:
        redis = RedisServer(Path(folder)).start()
        try:
            yield redis
        finally:
            redis.stop()


@contextmanager
def proxy(port: int, delay: float) -> Iterator[int]:
    """Runs a proxy to that port, which delays each direction by `delay` seconds. Yields the proxy's port."""
    ready: list[int] = []
    begun = threading.Event()
    loop = asyncio.new_event_loop()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):  # a killed worker closes its connection
            while data := await reader.read(1 << 16):
                loop.call_later(delay, writer.write, data)
        loop.call_later(delay, writer.close)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    async def serve() -> None:
        listener = await asyncio.start_server(connected, "127.0.0.1", 0)
        ready.append(listener.sockets[0].getsockname()[1])
        begun.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()

    threading.Thread(target=run, daemon=True).start()
    begun.wait()
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)


def pace(bench: Bench, redis: RedisServer, port: int, workers: int, seconds: float) -> float:
    """Pages a second of this many workers, measured while all of them run."""
    environment = {
        **bench.environment,
        "SC_REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "SC_CRAWL": "bench",
        "PYTHONPATH": str(ROOT),
    }
    command = bench.ours(
        "user_graph", "user", lists(40 * workers, 10**4), "-a", "relations=followers",
        "-s", f"CONCURRENT_REQUESTS={AT_A_TIME}",
    )  # fmt: skip
    processes = []
    with tempfile.TemporaryDirectory() as folder, Redis(port=redis.port) as client:
        client.flushall()
        with (Path(folder) / "log").open("wb") as log:
            for _ in range(workers):
                processes.append(subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log))
        try:
            _wait(lambda: client.hlen(PREFIX + "info") == workers and _pages(client) > 100 * workers, folder)
            begun, first = time.perf_counter(), _pages(client)
            time.sleep(seconds)
            return (_pages(client) - first) / (time.perf_counter() - begun)
        finally:
            for process in processes:
                process.kill()
                process.wait()


def _pages(client: Redis) -> int:
    return int(client.hget(PREFIX + "totals", "pages") or 0)


def _wait(ready: Callable[[], bool], folder: str) -> None:
    end = time.monotonic() + 120
    while not ready():
        if time.monotonic() > end:
            raise RuntimeError((Path(folder) / "log").read_text()[-2000:])
        time.sleep(0.05)


def cpu(bench: Bench, pages: int, redis: RedisServer | None, *options: str) -> float:
    """CPU milliseconds a page of one process, without start-up."""
    if redis:
        with Redis(port=redis.port) as client:
            client.flushall()
        bench.environment["SC_REDIS_URL"] = redis.url
    else:
        bench.environment.pop("SC_REDIS_URL", None)
    few = bench.run(bench.ours("user_graph", "user", lists(16, 1), "-a", "relations=followers", *options))
    many = bench.run(bench.ours("user_graph", "user", lists(16, pages + 1), "-a", "relations=followers", *options))
    return (many.cpu - few.cpu) / (16 * pages) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8, help="of each measurement (default: 8)")
    parser.add_argument("--pages", type=int, default=20, help="of each of 16 lists, for CPU (default: 20)")
    parser.add_argument("--json", type=Path, default=HERE / "cluster.json")
    options = parser.parse_args()

    rates: dict[str, list[float]] = {}
    costs: dict[str, list[float]] = {}
    with redis_server() as redis, proxy(redis.port, AWAY) as far:
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            with server(LATENCY, rows=SMALL) as bench:
                for workers in WORKERS:
                    rate = pace(bench, redis, redis.port, workers, options.seconds)
                    rates.setdefault(f"{workers} workers", []).append(rate)
                for workers in (1, WORKERS[-1]):
                    rate = pace(bench, redis, far, workers, options.seconds)
                    rates.setdefault(f"{workers} workers, Redis 2 ms away", []).append(rate)
            with server(0, rows=PAGE) as bench:
                costs.setdefault("single process", []).append(cpu(bench, options.pages, None))
                costs.setdefault("single process, JOBDIR", []).append(
                    cpu(bench, options.pages, None, "-s", "JOBDIR=job")
                )
                costs.setdefault("worker", []).append(cpu(bench, options.pages, redis))
    tell(
        options.json,
        environment("scrapy", "redis"),
        list(figures(rates, costs)),
        rounds=options.rounds,
        rates=rates,
        costs=costs,
    )


def figures(rates: dict[str, list[float]], costs: dict[str, list[float]]) -> Iterator[Figure]:
    """Ratios with their bounds, then the values behind them."""
    pages = {name: statistics.median(values) for name, values in rates.items()}
    used = {name: statistics.median(values) for name, values in costs.items()}
    yield at_least(
        "pages a second of 4 workers at 50 ms, relative to 1 worker", pages["4 workers"] / pages["1 workers"], 3.5
    )
    yield Figure("the same of 2 workers", pages["2 workers"] / pages["1 workers"])
    for workers in (1, WORKERS[-1]):
        near, far = pages[f"{workers} workers"], pages[f"{workers} workers, Redis 2 ms away"]
        yield at_least(f"Redis 2 ms away, relative to Redis nearby: {workers} workers", far / near, 0.8)
    yield Figure("CPU a page of a worker, relative to a single process", used["worker"] / used["single process"])
    yield Figure("the same, relative to a single process with JOBDIR", used["worker"] / used["single process, JOBDIR"])
    for name, value in pages.items():
        yield Figure(f"pages a second, {name}", value)
    for name, value in used.items():
        yield Figure(f"CPU ms a page of {PAGE} objects, {name}", value)


if __name__ == "__main__":
    main()
