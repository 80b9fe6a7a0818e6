"""Runs crawls of a sandbox as processes, for benches that interrupt them."""

from __future__ import annotations

import json
import os
import random
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from bench.compare import Truth
from bench.interruptions import Interruption
from bench.plans import TOKEN
from bench.process import Process
from sc_spiders.sandbox.__main__ import main as serve

ROOT = Path(__file__).parents[1]

# Short waits, since a test need not be polite.
HASTE = (
    *("-s", "FAULTS_FIRST_WAIT=0.02", "-s", "DOWNLOAD_TIMEOUT=2"),
    *("-s", "CONCURRENT_REQUESTS=32", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=32"),
)
_UNDISTURBED = Interruption()


class Crawl:
    """A crawl with its own process and folder, which may be interrupted."""

    def __init__(self, words: list[str], folder: Path, url: str, interruption: Interruption = _UNDISTURBED) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SC_")}
        addresses = {f"SC_{name}_URL": url.rstrip("/") for name in ("V2", "WEB")}
        further = {
            "SC_GRAPHQL_URL": f"{url}graphql",
            "SC_PUBLIC_URL": f"{url}public",
            "SC_TOKEN_URL": f"{url}oauth/token",
            "SC_AUTHORIZE_URL": f"{url}authorize",
            "SC_OAUTH_TOKEN": TOKEN,
        }
        project = {"PYTHONPATH": str(ROOT), "SCRAPY_SETTINGS_MODULE": "sc_spiders.settings"}
        disk = interruption.disk
        self._url = url
        self._interruption = interruption
        self._log = folder / "log"
        environment = {**clean, **addresses, **further, **project, **interruption.environment}
        limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (disk, disk)) if disk else None
        self.process = Process(words, folder, environment, limit)

    def __enter__(self) -> Crawl:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        with self._log.open("a") as log:
            log.write(self.process.printed)

    def kill(self) -> None:
        """Kill the process at the drawn moment, unless it kills itself."""
        kill = self._interruption
        if not kill.pages:
            return
        enough, until = self._asked() + kill.pages, time.monotonic() + kill.seconds
        while self.process.code is None and time.monotonic() < until and self._asked() < enough:
            time.sleep(0.002)
        time.sleep(random.uniform(0, 0.02))
        self.process.kill()

    def _asked(self) -> int:
        return int(get(f"{self._url}-/stats")["total"])


@contextmanager
def sandbox(users: int, seed: int, faults: str) -> Iterator[str]:
    """Runs a sandbox that outlives the crawls. Yields its address."""
    options = ["--users", str(users), "--seed", str(seed)]
    if faults:
        options += ["--faults", faults, "--latency", "30"]
    server = Process([], ROOT, dict(os.environ), main=partial(serve, options))
    try:
        while not server.out.endswith("\n"):
            assert server.code is None, server.printed
            time.sleep(0.002)
        yield server.out.strip()
    finally:
        server.kill()


def truth_of(url: str) -> Truth:
    return lambda path: get(f"{url}-/truth/{path}")


def get(url: str) -> Any:
    with urlopen(url) as answer:
        return json.load(answer)


def log(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")[-3000:]
