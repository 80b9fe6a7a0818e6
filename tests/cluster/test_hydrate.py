"""Batches of ids that the user gave, asked for by workers that share a crawl."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.spiders.test_hydrate import MANY, Run, gone, good, urn, urns
from tests.support.answers import http

from .server import RedisServer


def test_halves_of_a_batch_and_single_tracks_are_in_redis(tmp_path: Path, redis: RedisServer) -> None:
    run = Run(tmp_path)
    given: dict[str, Any] = {
        "SC_REDIS_URL": redis.url,
        "FEEDS": {str(tmp_path / "out.jsonl"): {"format": "jsonlines"}},
    }
    left_out = {9, 58}

    def answer(ids: list[int], turn: int) -> bytes:
        if 7 in ids:
            return http(400, {})
        return good([id for id in ids if id not in left_out])

    found = run(MANY, answer, lambda ids, _: http(404, {}), **given)

    assert found.urns("track") == urns(*MANY) - urns(7, *left_out)
    assert gone(found) == {**dict.fromkeys(urns(*left_out), "left_out"), urn("track", 7): "not_found"}
    assert (found.listings("track_batch"), found.code) == ([], 0)
