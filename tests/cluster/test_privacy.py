"""Pseudonyms, and people nothing is written about, in a crawl that several workers share."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from sc_spiders.sandbox import Sandbox
from tests.privacy.test_pseudonyms import text_of, told
from tests.privacy.world import named_in, of_user
from tests.support.crawl import crawl

from .server import RedisServer
from .workers import Workers, graph, status, truth

Make = Callable[..., Workers]
KEY = "0123456789abcdef" * 4


def left_by(crawl: Workers) -> str:
    """The files that the workers have written, and their logs."""
    files = [path for path in sorted((crawl.folder / "output").rglob("*")) if path.is_file()]
    return "\n".join([*map(text_of, files), crawl.logs()])


def test_workers_write_the_same_pseudonyms(workers: Make, redis: RedisServer, slow: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    crawl = workers(SC_PSEUDONYMS=tmp_path / "key", SC_RATE=80)
    for _ in range(2):
        crawl.start()
    assert crawl.wait() == [0, 0], crawl.logs()

    users, edges = graph(crawl.merged())
    true_users, true_edges = truth(slow.world)
    assert (len(users), len(edges)) == (len(true_users), len(true_edges))
    assert {end for _, *ends in edges for end in ends} <= users
    assert told(named_in(slow.world), left_by(crawl)) == set()
    shown = status(tmp_path, redis.url).printed
    assert "depth=2" in shown
    assert "user=[left out]" in shown


@pytest.mark.parametrize("kind", ["id", "address"])
def test_no_worker_writes_about_somebody_on_the_list(workers: Make, slow: Sandbox, tmp_path: Path, kind: str) -> None:
    world = slow.world
    names = Counter(world.user(user)["username"] for user in world.users)
    alone = [user for user in world.followings(183) if names[world.user(user)["username"]] == 1]
    shy = max(alone, key=lambda user: len(world.followers(user)))
    line = str(shy) if kind == "id" else f"https://soundcloud.com/{world.user(shy)['permalink']}"
    (tmp_path / "never").write_text(line)
    crawl = workers(SC_NEVER=tmp_path / "never", SC_RATE=80)
    for _ in range(2):
        crawl.start()
    assert crawl.wait() == [0, 0], crawl.logs()

    users, edges = graph(crawl.merged())
    urn = f"soundcloud:users:{shy}"
    true_users, true_edges = truth(world)
    assert users <= true_users - {urn}
    assert edges <= {edge for edge in true_edges if urn not in edge}
    assert {edge for edge in true_edges if "soundcloud:users:183" in edge and urn not in edge} <= edges
    assert told(of_user(world, shy), left_by(crawl)) == set()


@pytest.mark.parametrize("shared", [False, True])
def test_lists_that_are_not_complete_have_the_pseudonyms_of_their_records(
    tmp_path: Path, redis: RedisServer, caplog: pytest.LogCaptureFixture, shared: bool
) -> None:
    """In the last lines of the log, and in Redis, whose names `status` shows."""
    caplog.set_level(logging.INFO)
    (tmp_path / "key").write_text(KEY)
    settings = {
        "FEEDS": {str(tmp_path / "out.jsonl"): {"format": "jsonlines"}},
        "SC_PSEUDONYMS": tmp_path / "key",
        "SC_ATTEMPTS": 1,
    }
    if shared:
        settings["SC_REDIS_URL"] = redis.url
    with Sandbox(users=30, seed=3, faults="500@/users/*/followers#1+") as sandbox:
        given = {"relations": "followers", "user": ",".join(map(str, sandbox.world.users[:3]))}
        found = crawl("user_graph", tmp_path, sandbox=sandbox, settings=settings, **given)
        names = named_in(sandbox.world)
    with Redis(port=redis.port) as client:
        in_redis = [line.decode() for key in client.scan_iter("*:named") for line in client.lrange(key, 0, -1)]

    written = {record["subject"].rpartition(":")[2] for record in found.records("listing")}
    assert (found.code, len(written)) == (1, 3)
    for lines in (found.log.splitlines(), in_redis)[: 1 + shared]:
        assert {line.split()[-3].rstrip(":") for line in lines if line.endswith("error (http_500)")} == written
        assert told(names, "\n".join(lines)) == set()
