"""Faults of Redis: it comes back with older data or empty, refuses, or holds data that is not ours."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from sc_spiders.frontier.redis.store import FORMAT
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls

from .server import RedisServer
from .workers import LISTINGS, POPULATION, Workers, check, status

Make = Callable[..., Workers]


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that writes to the disk only at SAVE."""
    (tmp_path / "forgetful").mkdir()
    server = RedisServer(tmp_path / "forgetful", "--appendonly", "no").start()
    yield server
    server.stop()


def test_a_redis_that_comes_back_with_an_older_state(workers: Make, slow: Sandbox, forgetful: RedisServer) -> None:
    crawl = workers(SC_REDIS_URL=forgetful.url, SC_RATE=75)
    for _ in range(2):
        crawl.start()
    forgetful.until(1)  # some streams do not exist yet
    with Redis(port=forgetful.port) as redis:
        redis.save()
    forgetful.until(50)
    forgetful.kill()
    forgetful.start()
    assert crawl.wait() == [0, 0], crawl.logs()
    check(crawl, slow.world)


def test_a_crawl_that_is_gone_is_begun_again_by_the_same_command(workers: Make, redis: RedisServer) -> None:
    crawl = workers(SC_RATE=50)
    crawl.start()
    redis.until(10)
    with Redis(port=redis.port) as client:
        client.flushall()
    assert crawl.wait() == [3], crawl.logs()
    assert "ERROR: The crawl is not in Redis any more" in crawl.logs()
    assert "shutdown (exit code 3): the same command begins it again" in crawl.logs()


def test_pages_that_come_after_redis_was_given_up_keep_nobody_waiting(workers: Make, redis: RedisServer) -> None:
    with Sandbox(users=POPULATION, seed=1, latency=2000) as slow:
        crawl = workers(sandbox=slow, SC_LEASE=60)
        worker = crawl.start(user="183,184,185", depth=1)
        redis.until(3)
        time.sleep(0.5)  # the next pages are requested, and come in 1.5 s
        redis.stop()
        worker.send(signal.SIGTERM)
        assert worker.wait(20) == 3, crawl.logs()


def test_a_password_that_is_changed_in_the_middle_ends_the_worker_in_one_line(
    workers: Make, redis: RedisServer
) -> None:
    with Redis(port=redis.port) as client:
        client.config_set("requirepass", "hunter2-the-first")
    crawl = workers(SC_REDIS_URL=redis.url.replace("//", "//:hunter2-the-first@"), SC_RATE=50)
    crawl.start()
    with Redis(port=redis.port, password="hunter2-the-first") as client:
        while not any(int(client.hget(key, "pages") or 0) for key in client.scan_iter("sc_spiders:*:totals")):
            time.sleep(0.05)
        client.config_set("requirepass", "hunter2-the-second")
        client.client_kill_filter(_type="normal", skipme=True)
    assert crawl.wait() == [3], crawl.logs()
    (line,) = (line for line in crawl.logs().splitlines() if " ERROR: " in line)
    assert "does not let us in" in line
    assert "start the same command again" in line
    assert "hunter2" not in crawl.logs()


@pytest.mark.parametrize(
    ("number", "acl", "message"),
    [
        ("99", "", "DB index is out of range"),
        ("0", "ACL SETUSER default -evalsha", "does not let us in"),
        ("0", "SET sc_spiders:{mine}:meta x", "WRONGTYPE"),
    ],
)
def test_what_redis_refuses_is_one_line(number: str, acl: str, message: str, workers: Make, redis: RedisServer) -> None:
    if acl:
        with Redis(port=redis.port) as client:
            client.execute_command(*acl.split())
    crawl = workers(SC_REDIS_URL=redis.url.removesuffix("0") + number, SC_CRAWL="mine")
    crawl.start()
    assert crawl.wait() == [2], crawl.logs()
    (line,) = (line for line in crawl.logs().splitlines() if " ERROR: " in line or " WARNING: " in line)
    assert message in line


def test_a_crawl_that_somebody_else_wrote_is_refused_in_one_line(workers: Make, redis: RedisServer) -> None:
    crawl = workers(SC_CRAWL="mine")
    crawl.start(depth=1)
    assert crawl.wait() == [0], crawl.logs()
    poor = {
        "started_at": "../../../../tmp/elsewhere",  # would lead out of the output folder
        "finished": "done",
        "identity": "{",
        "seeds": "many",
        "written": "[]",
    }
    for field, value in poor.items():
        with Redis(port=redis.port) as client:
            good = client.hget("sc_spiders:{mine}:meta", field)
            client.hset("sc_spiders:{mine}:meta", field, value)
            other = workers(field, SC_CRAWL="mine")
            other.start(depth=1)
            assert other.wait() == [2], other.logs()
            client.hset("sc_spiders:{mine}:meta", field, good or "")
        (line,) = other.logs().splitlines()
        assert "is damaged, or somebody else writes there" in line
        assert not list(other.folder.iterdir())


def test_listings_that_nobody_of_us_wrote_end_the_worker_in_one_line(workers: Make, redis: RedisServer) -> None:
    crawl = workers(SC_RATE=20, SC_CRAWL="mine")
    crawl.start(max_users=20)
    redis.until(5)
    with Redis(port=redis.port) as client:
        listing = json.dumps({"endpoint": "followers", "subject": None, "url": "@evil.example/"})
        client.xadd("sc_spiders:{mine}:lists:1:followers", {"t": "", "i": listing, "a": ""})
    assert crawl.wait() == [3], crawl.logs()
    assert "was not written by this project" in crawl.logs()
    assert "evil.example" not in crawl.logs()


def test_garbage_for_credentials_is_one_line(workers: Make, redis: RedisServer) -> None:
    for garbage in ("garbage", '{"a": {"renew_at": "soon"}}'):
        with Redis(port=redis.port) as client:
            client.set("sc_spiders:credentials", garbage)
        crawl = workers(f"crawl-{len(garbage)}")
        crawl.start(depth=1)
        assert crawl.wait() == [4], crawl.logs()
        (line,) = (line for line in crawl.logs().splitlines() if " ERROR: " in line)
        assert "the value of sc_spiders:credentials in Redis is not from this project" in line


def test_status_tells_of_the_others_beside_one_that_is_damaged(workers: Make, redis: RedisServer) -> None:
    crawl = workers(SC_CRAWL="mine")
    crawl.start(depth=1)
    assert crawl.wait() == [0], crawl.logs()
    with Redis(port=redis.port) as client:
        client.hset("sc_spiders:{a-poor-one}:meta", "format", FORMAT)
        client.sadd("sc_spiders:{a-poor-one}:parts", "sc_spiders:{a-poor-one}:meta")
        client.set("sc_spiders:{another}:meta", "x")
        client.hset("sc_spiders:{older}:meta", mapping={"format": "1"})
    told = status(crawl.folder, redis.url)
    assert told.code == 2
    assert "mine: finished" in told.out
    assert len(told.err.splitlines()) == 3
    assert f"its format is '1', this version has {FORMAT}" in told.err
    removed = status(crawl.folder, redis.url, "a-poor-one", "another", "older", "--forget").out
    assert removed.count(" keys removed") == 3
    assert status(crawl.folder, redis.url).code == 0
    assert "--seconds takes a number from 0" in status(crawl.folder, redis.url, "--seconds", "-1").err


def test_whoever_reads_the_status_may_have_seen_enough(tmp_path: Path, redis: RedisServer) -> None:
    with Redis(port=redis.port) as client:
        meta = {
            "format": FORMAT, "identity": json.dumps({"spider": "s", "arguments": {}, "api": "v2"}), "started_at": "x",
        }  # fmt: skip
        for number in range(200):
            client.hset(f"sc_spiders:{{{number:050}}}:meta", mapping=meta)
            client.sadd(f"sc_spiders:{{{number:050}}}:parts", f"sc_spiders:{{{number:050}}}:meta")
    crawls = Crawls(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-m", "scrapy", "status", "--seconds", "0"],
        cwd=tmp_path,
        env=crawls.environment(SC_REDIS_URL=redis.url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        head = [process.stdout.readline() for _ in range(2)]
        process.stdout.close()
        assert process.stderr.read() == ""
    assert all(head)


def test_a_finished_crawl_is_told_as_that_by_whoever_leaves_late(workers: Make, redis: RedisServer) -> None:
    crawl = workers(SC_RATE=30, SC_LEASE=1)
    late = crawl.start()
    crawl.start()
    redis.until(30)
    late.send(signal.SIGSTOP)
    assert crawl.running[1].wait(60) == 0, crawl.logs()
    late.send(signal.SIGTERM)
    late.send(signal.SIGCONT)
    assert crawl.wait() == [0, 0], crawl.logs()
    crawl.merged()
    assert f"\ncomplete: {LISTINGS} of {LISTINGS} listings are complete" in crawl.told
