"""What an earlier output has a full record of, no worker of a cluster asks for again (SC_MAX_AGE)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from tests.spiders.test_hydrate import Asked
from tests.support.crawl import calling, crawl
from tests.support.patience import wait_for_next_second

from .server import RedisServer


def test_workers_know_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: Sandbox, redis: RedisServer
) -> None:
    monkeypatch.chdir(tmp_path)
    names = [*slow.world.users[:5], *(f"soundcloud:tracks:{id}" for id in slow.world.tracks(183)[:5])]
    Path("ids.txt").write_text("\n".join(map(str, names)))
    given: dict[str, Any] = {"file": "ids.txt", "kind": "user"}
    first = asyncio.run(calling("hydrate", tmp_path, sandbox=slow, **given))
    assert first.exit_code == 0
    wait_for_next_second()  # the two crawls would have one name for their folders
    asked = Asked(slow)
    settings = {"SC_REDIS_URL": redis.url, "SC_MAX_AGE": "1d", "FEEDS": {"again.jsonl": {"format": "jsonlines"}}}
    again = crawl("hydrate", tmp_path, sandbox=slow, settings=settings, **given)

    assert (asked["/users/{id}"], asked["/tracks"], again.code) == (0, 0, 0)
    assert len(again.records("user")) == len(again.records("track")) == 5
