"""Batches that fail are divided by the worker that asks for them."""

import logging
from pathlib import Path
from typing import Any

import pytest

from tests.spiders.test_batches import COUNT, Run, good, missing, playlist, urns
from tests.support.answers import http
from tests.support.crawl import crawl
from tests.support.server import Server

from .server import RedisServer


def shared(folder: Path, redis: RedisServer) -> dict[str, Any]:
    return {"SC_REDIS_URL": redis.url, "FEEDS": {str(folder / "out.jsonl"): {"format": "jsonlines"}}}


def test_only_what_is_broken_is_missing(tmp_path: Path, redis: RedisServer) -> None:
    run = Run(tmp_path)
    broken = {7, 55}
    found = run(lambda ids, _: http(500, {}) if broken & set(ids) else good(ids), **shared(tmp_path, redis))

    assert missing(found) == sorted(urns(*broken))
    assert found.urns("track") == set(urns(*(set(range(1, COUNT + 1)) - broken)))
    assert (found.listing("playlist")["error"], found.code) == ("track_batch: http_500", 1)


def test_a_server_that_takes_fewer_ids_is_learned(tmp_path: Path, redis: RedisServer) -> None:
    run = Run(tmp_path)
    found = run(lambda ids, _: http(400, {}) if len(ids) > 30 else good(ids), count=400, **shared(tmp_path, redis))

    assert found.urns("track") == set(urns(*range(1, 401)))
    assert sum(len(ids) > 30 for ids in run.asked) < 8
    assert (found.listing("playlist")["complete"], found.code) == (True, 0)


def test_a_good_track_among_many_dead_ones_is_never_lost(tmp_path: Path, redis: RedisServer) -> None:
    run = Run(tmp_path)
    alive = {1, 60, 110}
    found = run(
        lambda ids, _: good(ids) if alive.issuperset(ids) else http(400, {}), count=110, **shared(tmp_path, redis)
    )

    assert found.urns("track") == set(urns(*alive))
    assert missing(found) == sorted(urns(*(set(range(1, 111)) - alive)))


def test_a_playlist_by_its_address_is_not_called_blocked_once_it_has_come(
    tmp_path: Path, redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    refused = http(403, "<html>", "text/html")

    def answer(path: str, turn: int) -> bytes:
        if path == "/resolve":
            return http(200, playlist(1, [1, 2, 3]))
        return good([2, 3]) if path.startswith("/tracks") and server.asked["/resolve"] > 1 else refused

    with Server(answer) as server:
        given = {**server.settings, **shared(tmp_path, redis), "FAULTS_FIRST_WAIT": 0.002}
        runs = [crawl("playlist", tmp_path, settings=given, playlist="forss/sets/one") for _ in range(2)]

    assert [(run.code, "of forss/sets/one: blocked" in run.log) for run in runs] == [(1, True), (0, False)]
