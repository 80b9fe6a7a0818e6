"""Who may work on a crawl, what is said where not, and what `scrapy status` tells."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sc_spiders.arguments import ArgumentError
from sc_spiders.redisdb import connect
from sc_spiders.sandbox import Sandbox

from ..crawling import Crawls
from .server import RedisServer
from .workers import Workers

Make = Callable[..., Workers]


def status(folder: Path, redis: str, *words: str) -> subprocess.CompletedProcess[str]:
    crawls = Crawls(folder)
    return subprocess.run(
        [*crawls.command("x")[:3], "status", *words],
        cwd=folder,
        env=crawls.environment(SC_REDIS_URL=redis),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_name_belongs_to_one_crawl_and_a_finished_one_does_nothing_again(workers: Make, slow: Sandbox) -> None:
    crawl = workers(SC_CRAWL="mine")
    crawl.start(depth=1)
    assert crawl.wait() == [0], crawl.logs()
    asked = slow.stats.requests["/users/{id}/followers"]

    crawl.start(depth=1)
    other = workers("other", SC_CRAWL="mine")
    other.start(depth=1, relations="likes")
    assert crawl.wait() == [0], crawl.logs()
    assert slow.stats.requests["/users/{id}/followers"] == asked
    assert "has ended already" in crawl.logs()
    assert len(list(crawl.folder.glob("output/*/*/*"))) == 1

    assert other.wait() == [2]
    assert "the crawl 'mine' at redis://127.0.0.1" in other.logs()
    assert "its arguments is" in other.logs()
    assert "another SC_CRAWL" in other.logs()
    assert not (other.folder / "output").exists()


def test_what_was_blocked_is_tried_again_by_the_same_command(workers: Make, redis: RedisServer, tmp_path: Path) -> None:
    with Sandbox(users=300, seed=1, faults="403html@/users/*/followers#1-3") as sandbox:
        crawl = Workers(tmp_path, sandbox, redis.url, SC_LEASE=3)
        crawl.start(depth=1)
        assert crawl.wait() == [1], crawl.logs()
        crawl.start(depth=1)
        assert crawl.wait() == [0], crawl.logs()
        listings = {row["endpoint"]: row["complete"] for row in crawl.merged() if row["kind"] == "listing"}
        assert listings == {"followers": True, "followings": True}


def test_the_password_is_needed_and_not_told(tmp_path: Path, slow: Sandbox) -> None:
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis", "--requirepass", "right-password").start()
    try:
        for password, code in (("wrong-password", 2), ("right-password", 0)):
            folder = tmp_path / password
            folder.mkdir()
            crawl = Workers(folder, slow, server.url.replace("//", f"//:{password}@"))
            crawl.start("--loglevel", "DEBUG", depth=1)
            assert crawl.wait() == [code], crawl.logs()
            assert "password@" not in crawl.logs()
            assert "Traceback" not in crawl.logs()
    finally:
        server.stop()


@pytest.mark.parametrize("url", ["localhost:6379", "redis://127.0.0.1:x/0", "http://127.0.0.1"])
def test_a_bad_address_is_refused(url: str) -> None:
    with pytest.raises(ArgumentError, match="SC_REDIS_URL is no address of a Redis"):
        connect(url)


def test_status_tells_of_a_running_and_of_a_finished_crawl(workers: Make, redis: RedisServer) -> None:
    crawl = workers(SC_CRAWL="mine", SC_RATE=40, SC_PAGE_SIZE=50)
    crawl.start()
    crawl.start()

    def told() -> dict[str, Any]:
        done = status(crawl.folder, redis.url, "--json")
        return dict(json.loads(done.stdout)) if done.stdout.startswith("{") else {}

    end = time.monotonic() + 60
    while not (running := told()).get("pages") or len(running["workers"]) < 2:
        assert time.monotonic() < end, crawl.logs()
    assert (running["name"], running["state"]) == ("mine", "running")
    assert 0 < running["pages_a_second"] <= 60
    assert running["listings"]["queued"] > 0
    assert running["listings"]["leased"] > 0
    refused = status(crawl.folder, redis.url, "mine", "--forget")
    assert "workers are at work on 'mine'" in refused.stderr

    for worker in list(crawl.running):
        crawl.kill(worker, signal.SIGTERM)
    assert "mine: stopped" in status(crawl.folder, redis.url).stdout
    assert "keys removed" in status(crawl.folder, redis.url, "mine", "--forget").stdout
    assert "there is no crawl 'mine'" in status(crawl.folder, redis.url, "mine").stderr


def test_a_fault_of_ours_while_joining_ends_the_worker_as_failed(crawls: Crawls, redis: RedisServer) -> None:
    (crawls.folder / "broken.py").write_text(
        "from sc_spiders.spiders.user import UserSpider\n"
        "class Broken(UserSpider):\n"
        "    def seeds(self): raise KeyError('seeds')\n"
    )
    crawl = crawls.run("user", "-s", "SPIDER_MODULES=broken", settings={"SC_REDIS_URL": redis.url}, user="forss")

    assert crawl.code == 1
    assert "user: the crawl could not be begun; this is a fault of ours" in crawl.log


def test_an_update_by_workers_goes_by_what_workers_got(workers: Make, slow: Sandbox) -> None:
    crawl = workers()
    for day in ("monday", "tuesday"):
        crawl.start("-s", f"SC_CRAWL={day}", user="forss", depth=1, relations="likes", since="last")
        assert crawl.wait() == [0], crawl.logs()

    (first, second) = sorted((crawl.folder / "output/user_graph").iterdir())
    assert [*first.rglob("edge.jsonl")]
    assert not [*second.rglob("edge.jsonl")]
    (listing,) = [row for row in crawl.merged() if row["kind"] == "listing"]
    assert listing["complete"]
