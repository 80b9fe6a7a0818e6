"""`forget` beside a crawl that workers share: it must not write again about those who were taken out."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls

from .server import RedisServer
from .workers import Workers, status

Make = Callable[..., Workers]


def test_an_output_whose_crawl_can_go_on_is_refused(workers: Make, slow: Sandbox, redis: RedisServer) -> None:
    crawl = workers(SC_PAGE_SIZE=10)
    shy = slow.world.followings(183)[0]
    (crawl.folder / "never").write_text(str(shy))
    first = crawl.start()
    redis.until(20)
    crawl.kill(first, signal.SIGTERM)
    before = files_of(crawl.folder)
    command = Crawls(crawl.folder).command

    refused = command("forget", "output", "never", SC_REDIS_URL=redis.url)
    assert refused.code == 2
    assert "in Redis can go on, and would write about them again: let it finish" in refused.printed
    assert len(refused.printed.splitlines()) == 1
    assert files_of(crawl.folder) == before

    crawl.start()
    assert crawl.wait() == [0], crawl.logs()
    assert command("forget", "output", "never", SC_REDIS_URL=redis.url).code == 0
    rows = crawl.merged()
    assert f"soundcloud:users:{shy}" not in json.dumps(rows)
    assert "\ncomplete: " in crawl.told


def test_a_crawl_that_was_removed_from_redis_is_no_obstacle(
    workers: Make, slow: Sandbox, redis: RedisServer, tmp_path: Path
) -> None:
    crawl = workers(SC_PAGE_SIZE=10, SC_CRAWL="mine")
    (crawl.folder / "never").write_text(str(slow.world.followings(183)[0]))
    first = crawl.start()
    redis.until(20)
    crawl.kill(first, signal.SIGTERM)
    command = Crawls(crawl.folder).command
    assert command("forget", "output", "never", SC_REDIS_URL=redis.url).code == 2
    assert status(tmp_path, redis.url, "mine", "--forget").code == 0
    assert command("forget", "output", "never", SC_REDIS_URL=redis.url).code == 0


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted((folder / "output").rglob("*.jsonl"))}
