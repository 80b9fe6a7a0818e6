"""A Redis that may evict keys: `scrapy doctor` and each start of a crawl say so, if Redis tells."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis import Redis
from scrapy.settings import Settings

from sc_spiders.config.doctor import machine

from .server import RedisServer
from .workers import Workers

Make = Callable[..., Workers]

ALL = "it may evict any key when it reaches maxmemory (maxmemory-policy allkeys-lru)"
SOME = "it may evict keys that expire when it reaches maxmemory (maxmemory-policy volatile-ttl): no part of a crawl"


@pytest.mark.parametrize(("policy", "said"), [("allkeys-lru", ALL), ("volatile-ttl", SOME), ("noeviction", "")])
@pytest.mark.parametrize("refused", ["", "-info", "-config"])
def test_doctor_tells(policy: str, said: str, refused: str, redis: RedisServer) -> None:
    with Redis(port=redis.port) as client:
        client.config_set("maxmemory-policy", policy)
        if refused:
            client.execute_command("ACL", "SETUSER", "default", refused)
    first, *others = machine.redis(Settings({"SC_REDIS_URL": redis.url}))
    assert first.mark == "ok"
    assert ("version" in first.text) == (refused != "-info")
    assert [one.mark for one in others] == ["note"] * bool(said)
    assert all(one.text.startswith(f"Redis: {said}") for one in others)
    assert all("`CONFIG SET maxmemory-policy noeviction`" in one.advice for one in others)


def test_doctor_tells_if_it_cannot_know(redis: RedisServer) -> None:
    with Redis(port=redis.port) as client:
        client.execute_command("ACL", "SETUSER", "default", "-info", "-config")
    ok, note = machine.redis(Settings({"SC_REDIS_URL": redis.url}))
    assert (ok.mark, note.mark) == ("ok", "note")
    assert note.text == "Redis: it does not tell its maxmemory-policy"


@pytest.mark.parametrize(
    ("policy", "refused", "said"),
    [("allkeys-lru", "", ALL), ("volatile-ttl", "-info", SOME), ("allkeys-lru", "-@admin -info", ""), ("", "", "")],
)
def test_a_crawl_warns_once(policy: str, refused: str, said: str, workers: Make, redis: RedisServer) -> None:
    with Redis(port=redis.port) as client:
        if policy:
            client.config_set("maxmemory-policy", policy)
        client.execute_command("ACL", "SETUSER", "default", *refused.split())
    crawl = workers()
    crawl.start(depth=1)
    assert crawl.wait() == [0], crawl.logs()
    warnings = [line for line in crawl.logs().splitlines() if " WARNING: " in line]
    assert len(warnings) == bool(said)
    assert all(f"{redis.url}: {said}" in line for line in warnings)
