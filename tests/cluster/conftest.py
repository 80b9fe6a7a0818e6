"""Fixtures: a Redis, and sandboxes with the latency of a network."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox

from .server import RedisServer
from .workers import POPULATION, Workers


@pytest.fixture(scope="session")
def slow() -> Iterator[Sandbox]:
    """A sandbox of some users with a latency of 20 ms."""
    with Sandbox(users=POPULATION, seed=1, latency=20) as sandbox:
        yield sandbox


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(folder).start()
    yield server
    server.stop()


@pytest.fixture
def workers(tmp_path: Path, slow: Sandbox, redis: RedisServer) -> Iterator[Callable[..., Workers]]:
    """Makes the workers of a crawl. The first argument is their folder's name. No log may contain a traceback."""
    made: list[Workers] = []

    def make(name: str = "crawl", sandbox: Sandbox = slow, **settings: Any) -> Workers:
        folder = tmp_path / name
        folder.mkdir()
        made.append(Workers(folder, sandbox, **{"SC_REDIS_URL": redis.url, "SC_LEASE": 3, **settings}))
        return made[-1]

    yield make
    for one in made:
        one.stop()
    for one in made:
        assert "Traceback" not in one.logs()
